/** `npm run serve`: the service without wrangler. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

import { createChannel, pathOf, storedMessages } from "./support/channels.ts";
import { connect, everyWay, leaveAll } from "./support/client.ts";
import {
  freePort,
  newDataDir,
  type Server,
  type ServerOptions,
  startServer,
} from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let dataDir: string;
const servers: Server[] = [];
beforeEach(async () => {
  dataDir = await newDataDir();
});
afterEach(async () => {
  await leaveAll();
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  await rm(dataDir, { recursive: true, force: true });
});

async function serve(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer({ dataDir, served: true, ...options });
  servers.push(server);
  return server;
}

/** Runs the command where it should end by itself. */
async function serveInVain(
  ...flags: string[]
): Promise<{ code: number | null; said: string }> {
  const main = resolve(import.meta.dirname, "../../serve/main.ts");
  const child = execFile(process.execPath, [main, ...flags]);
  let said = "";
  child.stdout?.on("data", (text) => {
    said += text;
  });
  child.stderr?.on("data", (text) => {
    said += text;
  });
  await once(child, "close");
  return { code: child.exitCode, said };
}

async function workerdPid(): Promise<number> {
  return Number(await readFile(join(dataDir, "workerd.pid"), "utf8"));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("serves every way in, and keeps what it stored when it is stopped", async () => {
  const first = await serve();
  const channelId = await createChannel(first, "served");
  for (const way of everyWay(channelId)) {
    const client = await connect(first, way);
    await client.subscribes(channelId);
    await client.publishes(channelId, way);
  }
  expect(first.log()).toContain(`listening on ${first.url}`);
  expect(first.complaints()).toEqual([]);
  const pid = await workerdPid();
  await first.stop();
  expect(isAlive(pid)).toBe(false);

  const second = await serve();
  const stored = await storedMessages(second, channelId);
  expect(stored.map(({ data }) => data)).toEqual(
    JSON.parse(JSON.stringify(everyWay(channelId))),
  );
});

it("takes its settings from the environment", async () => {
  const server = await serve({ vars: { AUTO_CREATE: "false" } });
  const client = await connect(server);
  const subscribe = { type: "subscribe", "channel-id": "nobody-created-it" };
  const answer = await client.asks(subscribe, "subscription-result");
  expect(answer).toMatchObject({ success: false, reason: "channel-not-found" });

  await server.kill();
  const closed = await serve({ closed: true });
  expect((await closed.fetch("/stats")).status).toBe(503);
  expect(closed.log()).toContain("there is no key for tokens");
});

it("refuses a data directory that another process uses", async () => {
  const server = await serve();
  const { code, said } = await serveInVain("--port", "0", "--data", dataDir);
  expect(code).toBe(1);
  expect(said).toContain(`the data directory ${dataDir} is in use`);
  expect(said).not.toMatch(/\n\s+at /);
  // Nothing of that harmed the one that runs.
  expect((await server.fetch("/health")).status).toBe(200);
});

it("refuses a port that is taken and flags that it does not know", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  const flags = ["--port", String(port), "--data", dataDir];
  const taken = await serveInVain(...flags).finally(() => other.close());
  expect(taken).toMatchObject({ code: 1 });
  expect(taken.said).toContain("the address is in use");
  for (const wrong of [["--port", "many"], ["--prot", "1"], ["here"]]) {
    const { code, said } = await serveInVain(...wrong);
    expect(code).toBe(1);
    expect(said).toContain("npm run serve --");
    expect(said).not.toMatch(/\n\s+at /);
  }
});

it("takes over from one that was killed, and ends what that left behind", async () => {
  const first = await serve();
  const channelId = await createChannel(first, "orphaned");
  const pid = await workerdPid();
  // Only the process that started workerd, as an impatient user would.
  const status = await readFile(`/proc/${pid}/stat`, "utf8");
  process.kill(Number(status.split(" ")[3]), "SIGKILL");
  const second = await serve();
  expect(second.log()).toContain(`ended process ${pid}`);
  await eventually("the one left behind is gone", () => !isAlive(pid));
  expect((await second.fetch(pathOf(channelId))).status).toBe(200);
});

it("says so when workerd ends by itself", async () => {
  const server = await serve();
  process.kill(await workerdPid(), "SIGKILL");
  await eventually("it says so", () =>
    server.log().includes("workerd ended by itself (SIGKILL)"),
  );
});
