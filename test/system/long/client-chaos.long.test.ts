/** The client keeps its promises behind a bad network, for long. */
import { afterAll, beforeAll, expect, it } from "vitest";

import { endureChaos } from "../../client/support/chaos.ts";
import { expectKept } from "../../client/support/chaos-verdict.ts";
import { FAULTS } from "../support/chaos-proxy.ts";
import { seedOfRun } from "../support/random.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true, vars: { HEARTBEAT_MS: 500 } });
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("loses, repeats and reorders nothing in a minute of breaks", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const clients = 20;
  const run = await endureChaos(server, { seed, clients, ms: 60_000 });
  console.log(JSON.stringify(Object.fromEntries(run.happened)));
  expectKept(run);
  for (const fault of FAULTS)
    expect(run.happened.get(fault)).toBeGreaterThan(0);
});
