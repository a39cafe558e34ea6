/** Nothing is lost, repeated or out of order behind a bad network. */
import { afterAll, beforeAll, expect, it } from "vitest";

import { endureChaos } from "./load/chaos.ts";
import { numbers } from "./support/channels.ts";
import { seedOfRun } from "./support/random.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true });
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("hands everybody everything once, however often connections break", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const clients = 8;
  const messages = 1_000;
  const run = await endureChaos(server, { seed, clients, messages });
  expect(run.stored).toHaveLength(messages);
  expect(run.acknowledged).toEqual(run.stored);
  expect(run.read).toEqual(numbers(1, clients).map(() => messages));
  expect(run.losses).toBeGreaterThan(0);
});
