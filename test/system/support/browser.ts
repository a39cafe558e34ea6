/**
 * A real browser, where there is one.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where Chromium is: where `CHROMIUM` says (empty: nowhere), or on the path. */
export const CHROMIUM: string | undefined =
  process.env.CHROMIUM === undefined
    ? onPath()
    : process.env.CHROMIUM || undefined;

function onPath(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((directory) => NAMES.map((name) => join(directory, name)))
    .find((path) => existsSync(path));
}

/** Says on the console what is not tested where there is none. */
export function tellIfMissing(what: string): void {
  if (CHROMIUM !== undefined) return;
  console.warn(
    `${what} is not tested: there is no Chromium here. ` +
      "Install one, or say where it is: CHROMIUM=/path npm test",
  );
}

/** Starts it. */
export async function openBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("there is no Chromium");
  return chromium.launch({
    executablePath: CHROMIUM,
    // Whoever runs tests as root, in a container, has no sandbox.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}
