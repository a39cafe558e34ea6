/** The examples, as their README says to run them. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from "vitest";

import { CHROMIUM, openBrowser, tellIfMissing } from "./support/browser.ts";
import { endPrograms, runProgram } from "./support/program.ts";
import { newDataDir, type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

let dataDir: string;
let server: Server;
beforeAll(async () => {
  dataDir = await newDataDir();
  server = await startServer({ dataDir, served: true });
});
afterEach(endPrograms);
afterAll(async () => {
  await server?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

/** What happens to the service while everybody uses it. */
async function crashAndRestart(meanwhile = async () => {}): Promise<void> {
  const { port } = server;
  await server.kill();
  await meanwhile();
  server = await startServer({ dataDir, served: true, port });
}

describe("the RPC service", () => {
  const cwd = resolve(EXAMPLES, "rpc-service");
  const readme = readFileSync(resolve(cwd, "README.md"), "utf8");

  function run(...args: string[]) {
    const SENTE_URL = `${server.url.replace("http", "ws")}/ws`;
    return runProgram(args, { cwd, env: { SENTE_URL } });
  }

  async function start() {
    const service = run("service.ts");
    await service.says('answering on "rates"');
    return service;
  }

  async function ask(...words: string[]) {
    const program = run("ask.ts", ...words);
    return { code: await program.ended, said: program.said() };
  }

  it("answers as its README shows", async () => {
    await start();
    const shown = /```text\n([\s\S]*?)```/.exec(readme)?.[1];
    const commands = [...readme.matchAll(/^node ask\.ts (.*)$/gm)];
    let said = "";
    for (const [, words = ""] of commands) {
      said += (await ask(...words.split(" "))).said;
    }
    expect(commands).not.toHaveLength(0);
    expect(said).toBe(shown);
  });

  it("stops what nobody waits for any more", async () => {
    const service = await start();
    const watcher = run("ask.ts", "watch", "EUR", "JPY", "100000");
    await watcher.says('{"rate":160}');
    watcher.signal("SIGINT");
    expect(await watcher.ended).toBe(1);
    expect(watcher.said()).toContain("cancelled");
    await service.says("nobody watches EUR/JPY any more");
  });

  it("answers on after the server crashed", async () => {
    const service = await start();
    await crashAndRestart();
    const answer = await eventually("it answers", async () => {
      const { code, said } = await ask("convert", "100", "EUR", "USD");
      return code === 0 && said;
    });
    expect(answer).toBe('{"amount":125,"currency":"USD"}\n');
    expect(service.said()).toContain("waiting: ");
  });

  it("ends when told to, and callers know at once", async () => {
    expect((await ask("list")).said).toContain("Is the service running?");
    const service = await start();
    service.signal("SIGTERM");
    expect(await service.ended).toBe(0);
    const { code, said } = await ask("list");
    expect({ code, said }).toMatchObject({
      code: 1,
      said: expect.stringContaining("Is the service running?"),
    });
    expect((await ask("sell")).code).toBe(2);
  });

  it("answers whatever it is asked", async () => {
    await start();
    for (const data of [null, "list", {}, { action: "sell" }]) {
      const { status, body } = await server.sends(
        "POST",
        "/channels/rates/rpc",
        { data },
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({ error: true, data: {} });
    }
  });
});

tellIfMissing("The chat page");
describe.skipIf(CHROMIUM === undefined)("the chat page", () => {
  let browser: Browser;
  let vite: ViteDevServer;
  let context: BrowserContext;
  let page: string;
  let rooms = 0;
  const pathOfRoom = () => `/channels/chat-room%20${rooms}`;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    rooms += 1;
    const root = resolve(EXAMPLES, "chat");
    const client = resolve(EXAMPLES, "../src/client/index.ts");
    vite = await createServer({
      root,
      cacheDir: resolve(dataDir, "vite"),
      logLevel: "silent",
      resolve: { alias: { "sente-lite/client": client } },
      server: {
        host: "127.0.0.1",
        port: 0,
        proxy: { "/ws": { target: server.url, ws: true } },
      },
    });
    await vite.listen();
    const [url = ""] = vite.resolvedUrls?.local ?? [];
    page = url;
    context = await browser.newContext({ reducedMotion: "reduce" });
  });
  afterEach(async () => {
    await context?.close();
    await vite?.close();
  });

  /** Comes in by the keyboard alone; every test has a room of its own. */
  async function enter(name: string): Promise<Page> {
    const tab = await context.newPage();
    await tab.goto(page);
    await tab.keyboard.type(name);
    await tab.keyboard.press("Tab");
    await tab.keyboard.type(`room ${rooms}`);
    await tab.keyboard.press("Enter");
    await tab.getByText("You are in.").waitFor();
    return tab;
  }

  async function say(tab: Page, text: string): Promise<void> {
    await tab.keyboard.type(text);
    await tab.keyboard.press("Enter");
  }

  /** The messages, in order; `*` marks one's own. */
  function messages(tab: Page): Promise<string[]> {
    return tab
      .locator("#messages .message")
      .evaluateAll((items) =>
        items.map(
          (item) =>
            `${item.querySelector(".who")?.textContent}: ` +
            item.querySelector(".text")?.textContent,
        ),
      );
  }

  async function hears(tab: Page, ...expected: string[]): Promise<void> {
    await expect
      .poll(() => messages(tab), { timeout: 20_000 })
      .toEqual(expected);
  }

  it("is where two people talk", async () => {
    const ada = await enter("Ada");
    const bob = await enter("Bob");
    await say(ada, "hello");
    await hears(bob, "Ada: hello");
    await say(bob, "<b>hi</b> <img src=x onerror=alert(1)>");
    await hears(
      ada,
      "You: hello",
      "Bob: <b>hi</b> <img src=x onerror=alert(1)>",
    );
    expect(await ada.locator("#messages img").count()).toBe(0);
    const eve = await enter("Eve");
    await hears(
      eve,
      "Ada: hello",
      "Bob: <b>hi</b> <img src=x onerror=alert(1)>",
    );
    const last = eve.locator("#messages li").last();
    expect(await last.textContent(), "the retained ones come first").toBe(
      "You are in.",
    );
    await ada.reload();
    await ada.keyboard.press("Enter");
    await hears(
      ada,
      "You: hello",
      "Bob: <b>hi</b> <img src=x onerror=alert(1)>",
    );
  });

  it("leaves out what is no line of a chat", async () => {
    const ada = await enter("Ada");
    const bad = [null, "x", { name: "Eve" }, { name: "", text: "x" }];
    for (const data of [...bad, { name: "Eve", text: "at last" }]) {
      await server.sends("POST", `${pathOfRoom()}/messages`, { data });
    }
    await hears(ada, "Eve: at last");
  });

  it("goes on where it was after a crash, and sends what waited", async () => {
    const ada = await enter("Ada");
    const bob = await enter("Bob");
    await say(ada, "before");
    await hears(bob, "Ada: before");
    await crashAndRestart(async () => {
      await ada.locator('#badge[data-state="waiting"]').waitFor();
      await say(ada, "one");
      await say(ada, "two");
      const waiting = ada.locator("#outbox .fate");
      await expect
        .poll(() => waiting.allTextContents())
        .toEqual(["sending…", "sending…"]);
    });
    await hears(ada, "You: before", "You: one", "You: two");
    await hears(bob, "Ada: before", "Ada: one", "Ada: two");
    await ada.locator('#badge[data-state="connected"]').waitFor();
    expect(await ada.locator("#outbox li").count()).toBe(0);
    expect(await ada.getByText("may be missing").count()).toBe(0);
  });

  it("tells of a gap", async () => {
    const ada = await enter("Ada");
    await say(ada, "before");
    await hears(ada, "You: before");
    await crashAndRestart(async () => {
      await rm(dataDir, { recursive: true, force: true });
    });
    await ada.getByText("Messages may be missing here").waitFor();
    await say(ada, "after");
    await hears(ada, "You: before", "You: after");
  });

  it("says kindly what went wrong, and tries again if told to", async () => {
    const ada = await enter("Ada");
    await server.fetch(pathOfRoom(), { method: "DELETE" });
    await ada.getByText("The room was closed.").waitFor();
    await say(ada, "anybody?");
    await ada.getByText("Not sent.").waitFor();
    await server.sends("PUT", pathOfRoom(), {});
    await ada.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => ada.locator(".fate").count()).toBe(0);
    const { body } = await server.fetch(`${pathOfRoom()}/messages`);
    expect(body).toMatchObject({
      messages: [{ data: { name: "Ada", text: "anybody?" } }],
    });
  });
});
