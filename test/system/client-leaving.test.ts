/** A program that has closed its clients ends by itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

import { ChaosProxy, FAULTS } from "./support/chaos-proxy.ts";
import { seedOfRun } from "./support/random.ts";
import { type Server, startServer } from "./support/server.ts";
import { inTime } from "./support/waiting.ts";

const PROGRAM = fileURLToPath(
  new URL("../client/support/leaver.ts", import.meta.url),
);
/** How long a closed client may keep its program, in ms. */
const ENDS_MS = 5_000;

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true, vars: { HEARTBEAT_MS: 500 } });
});
afterAll(async () => {
  await server.kill();
});

/** Runs the program. @returns how long it lived on after all was closed. */
async function run(url: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, url, String(ms)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    const closed = Promise.race([once(child.stdout, "data"), exited]);
    const [said] = await inTime("it closes all", closed, 40_000);
    expect(String(said)).toContain("closed");
    const begin = performance.now();
    expect(await inTime("it ends", exited, ENDS_MS * 2)).toEqual([0, null]);
    return performance.now() - begin;
  } finally {
    child.kill("SIGKILL");
  }
}

it("at once where all was well", async () => {
  expect(await run(server.url, 1_000)).toBeLessThan(ENDS_MS);
});

it("soon after a network that broke all the time", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const proxy = await ChaosProxy.start({
    seed,
    port: server.port,
    // Node never lets go of a socket whose peer is silent.
    faults: FAULTS.filter((fault) => fault !== "silence"),
    withinBytes: 20_000,
  });
  try {
    expect(await run(proxy.url, 5_000)).toBeLessThan(ENDS_MS);
  } finally {
    await proxy.stop();
  }
});

it("at once where there is no server", async () => {
  expect(await run("ws://127.0.0.1:9", 1_000)).toBeLessThan(ENDS_MS);
});
