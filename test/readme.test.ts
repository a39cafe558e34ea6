import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { NUMBER_SETTINGS, OTHER_SETTINGS } from "../src/config.ts";
import { CHANNEL_CONFIG } from "../src/protocol/channel-config.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const number = (value: number) => value.toLocaleString("en-US");

describe("the README's tables", () => {
  test.each(Object.entries(NUMBER_SETTINGS))("say what %s is", (name, it) => {
    const range = `${number(it.min)} to ${number(it.max)}`;
    const row = `| \`${name}\` | ${number(it.default)} | ${range} | ${it.meaning} |`;
    expect(readme).toContain(row);
  });

  test.each(Object.entries(OTHER_SETTINGS))("say what %s is", (name, it) => {
    const standard = it.default === "" ? "" : `\`${it.default}\` `;
    const row = `| \`${name}\` | ${standard}| ${it.values} | ${it.meaning} |`;
    expect(readme).toContain(row);
  });

  test.each(Object.entries(CHANNEL_CONFIG))("say what %s is", (name, it) => {
    const range =
      it.max === Number.MAX_SAFE_INTEGER
        ? `${number(it.min)} upwards`
        : `${number(it.min)} to ${number(it.max)}`;
    const row = `| \`${name}\` | ${number(it.default)} | ${range} | ${it.meaning} |`;
    expect(readme).toContain(row);
  });
});
