/** What users rely on, in a page of a real browser. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { NAMES } from "../client/behaviour/index.ts";
import { bundle, type Host, startHost } from "../client/support/hosts.ts";

const { CHROMIUM = "/usr/bin/chromium" } = process.env;
const isThere = existsSync(CHROMIUM);
if (!isThere) {
  console.log(
    `There is no Chromium at ${CHROMIUM}: the client is not tested in a ` +
      "browser. Install one, or name another with CHROMIUM=…",
  );
}

describe.skipIf(!isThere)("in Chromium", () => {
  let host: Host;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    host = await startHost(await bundle("page.ts", "iife"));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      // As root, in a container, there is no sandbox.
      args: ["--no-sandbox"],
    });
    page = await browser.newPage();
    await page.goto(host.page);
  });
  afterAll(async () => {
    await browser.close();
    await host.stop();
    expect(host.server.complaints()).toEqual([]);
  });

  it.each(NAMES)("the client %s", async (name) => {
    const said = await page.evaluate(
      ([name, place]) => Reflect.get(globalThis, "behaves")(name, place),
      [name, host.place] as const,
    );
    expect(said).toBeUndefined();
  });

  it("the client is not let in from other origins", async () => {
    const other = host.page.replace("127.0.0.1", "localhost");
    await page.goto(other);
    const [name = ""] = NAMES;
    const said = await page.evaluate(
      ([name, place]) => Reflect.get(globalThis, "behaves")(name, place),
      [name, host.place] as const,
    );
    expect(said).toContain("origin");
  });
});
