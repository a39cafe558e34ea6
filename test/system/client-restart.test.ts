/** The client keeps its promises while the server is killed and comes back. */
import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";

import { plays } from "../client/support/chaos.ts";
import { expectKept } from "../client/support/chaos-verdict.ts";
import { seedOfRun } from "./support/random.ts";
import {
  freePort,
  newDataDir,
  type Server,
  startServer,
} from "./support/server.ts";

const KILLS = 2;

let server: Server;
let dataDir: string;
let port: number;

async function start(): Promise<void> {
  const vars = { HEARTBEAT_MS: 500 };
  server = await startServer({ served: true, vars, dataDir, port });
}

beforeAll(async () => {
  dataDir = await newDataDir();
  port = await freePort();
  await start();
});
afterAll(async () => {
  await server.kill();
  await rm(dataDir, { recursive: true });
});

it("loses, repeats and reorders nothing where the server is killed", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const outcome = await plays({
    seed,
    clients: 10,
    url: server.url,
    server: () => server,
    during: async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(1_000);
        await server.kill();
        await start();
      }
      await pause(1_000);
    },
  });
  expectKept(outcome);
  const losses = outcome.members.map((each) => each.losses);
  expect(Math.min(...losses)).toBeGreaterThanOrEqual(KILLS);
});
