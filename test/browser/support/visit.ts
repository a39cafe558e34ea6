/**
 * The dashboard in a real browser: what it shows, and what must never happen
 * while it is looked at.
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
} from "playwright-core";
import * as v from "valibot";

const SHOTS = resolve(import.meta.dirname, "../shots");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A tab with the dashboard in it. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in it: exceptions, refusals of its policy. */
  readonly problems: readonly string[];
  /** Goes to a view, by what stands behind `#`. */
  go(hash: string): Promise<void>;
  /** A picture to look at, in test/browser/shots/. */
  shoot(name: string): Promise<void>;
  /** What axe-core finds. */
  barriers(): Promise<string[]>;
}

/** What the browser says by itself of answers that are refusals. */
const EXPECTED = /Failed to load resource|WebSocket connection to/;

/** Opens the dashboard of a service in a tab of its own. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1_280, height: 860 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error" || EXPECTED.test(message.text())) return;
    problems.push(message.text());
  });
  page.on("request", (request) => {
    const target = request.url();
    if (target.startsWith(url) || target.startsWith("data:")) return;
    problems.push(`it asked another host: ${target}`);
  });
  return {
    page,
    context,
    problems,
    go: async (hash) => {
      await page.goto(`${url}/${hash}`);
    },
    shoot: async (name) => {
      await mkdir(SHOTS, { recursive: true });
      await page.screenshot({ path: join(SHOTS, `${name}.png`) });
    },
    barriers: () => barriersOf(page),
  };
}

const ViolationsSchema = v.array(
  v.object({
    id: v.string(),
    help: v.string(),
    nodes: v.array(v.object({ html: v.string() })),
  }),
);

async function barriersOf(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy stands, and is tried with it.
  await page.evaluate(await readFile(AXE, "utf8"));
  const found: unknown = await page.evaluate(
    "axe.run().then(({ violations }) => violations)",
  );
  return v
    .parse(ViolationsSchema, found)
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`);
}

/** Whether the page is wider than what it is shown in. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate(
    () => document.documentElement.scrollWidth > window.innerWidth,
  );
}
