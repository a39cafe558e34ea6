import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { CLIENT_REASONS, SERVER_REASONS } from "../../interface/reasons.ts";
import { SETS } from "../../interface/reasons-page.ts";
import * as sets from "../../src/protocol/reasons.ts";

const read = (path: string) =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const protocol = read("docs/protocol.md");
const page = read("docs/reasons.md");

/** The names in the first column of the table under a heading. */
function tableOf(heading: string, column = 1): string[] {
  const [, rest = ""] = protocol.split(`\n### ${heading}\n`);
  const [section = ""] = rest.split("\n#");
  return section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .flatMap((line) => [
      ...(line.split("|")[column] ?? "").matchAll(/`([^`]+)`/g),
    ])
    .map(([, reason = ""]) => reason);
}

/** Where protocol.md §8 has the reasons of a frame. */
const HEADINGS: Readonly<Record<string, string>> = {
  "rpc-request-result": "`rpc-request-result` (in `delivery`)",
  "rpc-response": "Final `rpc-response` of the server",
};

describe("docs/reasons.md", () => {
  test.each(Object.entries(SETS))(
    "agrees with protocol.md on %s",
    (frame, reasons) => {
      const heading = HEADINGS[frame] ?? `\`${frame}\``;
      expect(tableOf(heading).sort()).toEqual([...reasons].sort());
    },
  );

  test("agrees with protocol.md on HTTP", () => {
    const reasons = Object.keys(sets.HTTP_REASONS);
    expect(tableOf("HTTP errors", 2).sort()).toEqual(reasons.sort());
  });

  test("agrees with protocol.md on close codes", () => {
    const [, rest = ""] = protocol.split("\n### Close codes\n");
    const [section = ""] = rest.split("\n###");
    const codes = section
      .match(/^\| [\d, ]+/gm)
      ?.join(" ")
      .match(/\d+/g);
    // Nobody sends 1006: it stands for a link that broke.
    const sent = (codes ?? []).filter((code) => code !== "1006");
    expect(sent.sort()).toEqual(
      Object.values(sets.CLOSE_CODES).map(String).sort(),
    );
  });

  test("leaves no set of reasons out", () => {
    const all = Object.entries(sets).filter(([name]) =>
      name.endsWith("_REASONS"),
    );
    const listed: unknown[] = [...Object.values(SETS), sets.HTTP_REASONS];
    for (const [name, set] of all) expect(listed, name).toContain(set);
    const reasons = all.flatMap(([, set]) =>
      Array.isArray(set) ? set : Object.keys(set),
    );
    expect(Object.keys(SERVER_REASONS).sort()).toEqual(
      [...new Set(reasons)].sort(),
    );
  });

  test("has a heading for each", () => {
    const names = [
      ...Object.keys(SERVER_REASONS),
      ...Object.keys(CLIENT_REASONS),
      ...Object.values(sets.CLOSE_CODES).map(String),
    ];
    const headings = [...page.matchAll(/^### `(.+)`$/gm)].map(
      ([, name]) => name,
    );
    expect(headings.sort()).toEqual(names.sort());
  });

  test("knows the reasons that the client gives by itself", () => {
    const folder = new URL("../../src/client/", import.meta.url);
    const source = readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(new URL(name, folder), "utf8"))
      .join("\n");
    const given = [
      ...source.matchAll(/(?:failure|super)\(\s*"([a-z-]+)"/g),
    ].map(([, reason = ""]) => reason);
    for (const reason of given) {
      expect(
        Object.hasOwn(CLIENT_REASONS, reason) ||
          Object.hasOwn(SERVER_REASONS, reason),
        reason,
      ).toBe(true);
    }
    for (const reason of Object.keys(CLIENT_REASONS)) {
      expect(source).toMatch(new RegExp(`(failure|super)\\([^)]*"${reason}"`));
    }
  });
});
