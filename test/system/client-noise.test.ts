/** The client keeps its promises whatever else the server says. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";

import { ProtocolError, SenteError } from "../../src/client/index.ts";
import { plays } from "../client/support/chaos.ts";
import { expectKept } from "../client/support/chaos-verdict.ts";
import { NoisyServer } from "../client/support/noise.ts";
import { random, seedOfRun } from "./support/random.ts";
import { type Server, startServer } from "./support/server.ts";

const RUN_MS = 8_000;

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true, vars: { HEARTBEAT_MS: 500 } });
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("loses, repeats and reorders nothing among nonsense", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const noisy = await NoisyServer.start(server.url, random(seed));
  const outcome = await plays({
    seed,
    clients: 10,
    url: noisy.url,
    server: () => server,
    ways: {
      mayFail: (error) =>
        error instanceof ProtocolError ||
        (error instanceof SenteError && error.reason === "internal-error"),
    },
    during: async () => {
      await pause(RUN_MS);
      noisy.calms();
    },
  });
  await noisy.stop();
  expectKept(outcome);
  expect(noisy.noises).toBeGreaterThan(100);
});
