/** Readers of events that come back: after crashes, recycling, in browsers. */
import { spawn, spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { CHROMIUM, openBrowser, tellIfMissing } from "./support/browser.ts";
import { createChannel, numbers, pathOf } from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { ReturningReader, stopReading } from "./support/events.ts";
import { ReliableWriter } from "./support/reliable.ts";
import {
  newDataDir,
  type Server,
  type ServerOptions,
  startServer,
} from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

/** Nothing but what is published may push an event out. */
const HEARTBEAT_MS = 600_000;
/** How often a server is killed. */
const KILLS = 2;
const READERS = 5;
/** Messages published between two of these. */
const STRIDE = 200;

tellIfMissing("An EventSource");

let dataDir: string;
let options: ServerOptions;
let server: Server;
let proxied: Server;
let browser: Browser | undefined;
beforeAll(async () => {
  dataDir = await newDataDir();
  options = { served: true, dataDir, vars: { HEARTBEAT_MS } };
  [server, proxied] = await Promise.all([
    startServer(options),
    startServer({ vars: { HEARTBEAT_MS, SESSION_MAX_MESSAGES: 50 } }),
  ]);
  if (CHROMIUM !== undefined) browser = await openBrowser();
});
afterEach(() => {
  stopReading();
  return leaveAll();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server.kill(), proxied.kill()]);
  await rm(dataDir, { recursive: true, force: true });
  expect([...server.complaints(), ...proxied.complaints()]).toEqual([]);
});

/** Kills the server with all its processes, and starts another one. */
async function crashes(): Promise<void> {
  const { port } = server;
  await server.kill();
  expect(server.complaints()).toEqual([]);
  server = await startServer({ ...options, port });
}

/** Publishes messages whose data are their numbers. */
class Numbered {
  readonly #channelId: string;
  readonly #writer: ReliableWriter;
  published = 0;

  constructor(to: Server, channelId: string) {
    this.#channelId = channelId;
    this.#writer = new ReliableWriter({ address: to, way: {}, window: 1 });
  }

  async publishes(count: number): Promise<void> {
    for (const n of numbers(this.published + 1, this.published + count)) {
      const channelId = this.#channelId;
      const { seq } = await this.#writer.publishes({
        channelId,
        id: `n${n}`,
        data: n,
      });
      expect(seq).toBe(n);
      this.published = n;
    }
  }

  leaves(): Promise<void> {
    return this.#writer.leaves();
  }
}

it("readers miss nothing and see nothing twice, though the server is killed", async () => {
  const channelId = await createChannel(server, "killed");
  const readers = numbers(1, READERS).map(
    () => new ReturningReader(server, channelId),
  );
  const writer = new Numbered(server, channelId);
  await writer.publishes(STRIDE);
  for (const _ of numbers(1, KILLS)) {
    const { published } = writer;
    const publishing = writer.publishes(2 * STRIDE);
    await eventually("it goes on", () => writer.published > published + STRIDE);
    await crashes();
    await publishing;
  }
  const { published } = writer;
  for (const each of readers) await each.readsUpTo(published);
  for (const each of readers) {
    expect(each.seqs).toEqual(numbers(1, published));
    expect(each.others).toEqual([]);
    expect(each.returns).toBeGreaterThanOrEqual(KILLS);
    await each.leaves();
  }
  await writer.leaves();
});

it("readers come back to a session that was recycled", async () => {
  const channelId = await createChannel(proxied, "recycled");
  const reader = new ReturningReader(proxied, channelId);
  const client = await connect(proxied, { channel: channelId });
  for (const n of numbers(1, 200)) await client.publishes(channelId, n);
  await reader.readsUpTo(200);
  expect(reader.seqs).toEqual(numbers(1, 200));
  expect(reader.others).toEqual([]);
  expect(reader.returns).toBeGreaterThanOrEqual(3);
  await reader.leaves();
});

const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) {
  console.warn("There is no curl on this machine: it is not tested.");
}

describe.skipIf(!hasCurl)("curl", () => {
  it.each([
    ["npm run serve", () => server],
    ["npm start", () => proxied],
  ])("sees events as they happen (%s)", async (_, its) => {
    const channelId = await createChannel(its(), "curl");
    const path = pathOf(channelId);
    const args = ["--silent", "--no-buffer", "--compressed"];
    const curl = spawn("curl", [...args, `${its().url}${path}/events`]);
    let seen = "";
    curl.stdout.on("data", (text) => {
      seen += text;
    });
    await eventually("the stream begins", () => /^id: .+:0$/m.test(seen));
    for (const data of [1, 2]) {
      await its().sends("POST", `${path}/messages`, { data });
      const id = new RegExp(`^id: .+:${data}\ndata: {.+}\n\n`, "m");
      await eventually(`event ${data}`, () => id.test(seen));
    }
    curl.kill();
  });
});

const SeenSchema = v.object({
  seqs: v.array(v.number()),
  gaps: v.number(),
  ends: v.array(v.string()),
  /** As `EventSource` has it: 2 is closed for good. */
  readyState: v.number(),
});

/** What a page does; it knows of nothing but what the standard says. */
const READING = `(path) => {
  const seen = { seqs: [], gaps: 0, ends: [] };
  const source = new EventSource(path);
  source.onmessage = ({ data }) => seen.seqs.push(JSON.parse(data).seq);
  source.addEventListener("gap", () => seen.gaps++);
  source.addEventListener("end", ({ data }) => seen.ends.push(data));
  globalThis.seen = () => ({ ...seen, readyState: source.readyState });
}`;

describe.skipIf(CHROMIUM === undefined)("an EventSource of a browser", () => {
  /** A page of the service's own host that reads a channel. */
  async function reads(channelId: string): Promise<Page> {
    const page = await browser?.newPage();
    if (page === undefined) throw new Error("no browser");
    await page.goto(`${server.url}/health`);
    const path = JSON.stringify(`${pathOf(channelId)}/events`);
    await page.evaluate(`(${READING})(${path})`);
    return page;
  }

  async function seenBy(page: Page) {
    return v.parse(SeenSchema, await page.evaluate("seen()"));
  }

  it("resumes when the server was killed, without loss or repetition", async () => {
    const channelId = await createChannel(server, "browser");
    const page = await reads(channelId);
    const writer = new Numbered(server, channelId);
    await writer.publishes(10);
    await eventually(
      "ten",
      async () => (await seenBy(page)).seqs.length === 10,
    );
    const publishing = crashes();
    await writer.publishes(50);
    await publishing;
    await eventually(
      "all",
      async () => (await seenBy(page)).seqs.at(-1) === 60,
    );
    const { seqs, gaps, ends } = await seenBy(page);
    expect({ seqs, gaps, ends }).toEqual({
      seqs: numbers(1, 60),
      gaps: 0,
      ends: [],
    });
    await page.close();
    await writer.leaves();
  });

  it("misses nothing though no message had come before", async () => {
    const config = { "message-retention": 0 };
    const channelId = await createChannel(server, "browser", config);
    const page = await reads(channelId);
    await eventually("open", async () => (await seenBy(page)).readyState === 1);
    const returns = crashes();
    const writer = new Numbered(server, channelId);
    await writer.publishes(3);
    await returns;
    await eventually(
      "three",
      async () => (await seenBy(page)).seqs.length === 3,
    );
    await page.close();
    await writer.leaves();
  });

  it("stays away when all is over", async () => {
    const channelId = await createChannel(server, "browser");
    const page = await reads(channelId);
    await eventually("open", async () => (await seenBy(page)).readyState === 1);
    await server.fetch(pathOf(channelId), { method: "DELETE" });
    const over = await eventually("closed for good", async () => {
      const seen = await seenBy(page);
      return seen.readyState === 2 && seen;
    });
    expect(over.ends).toEqual(['{"reason":"channel-deleted"}']);
    expect((await server.fetch(pathOf(channelId))).status).toBe(404);
    await page.close();
  });
});
