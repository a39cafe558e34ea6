/** Many readers and writers behind a network that does all that networks do. */
import { afterAll, beforeAll, expect, it } from "vitest";

import { endureChaos } from "../load/chaos.ts";
import { numbers } from "../support/channels.ts";
import { FAULTS } from "../support/chaos-proxy.ts";
import { seedOfRun } from "../support/random.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true });
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("hands 20 clients 10,000 messages, each once and in order", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const clients = 20;
  const messages = 10_000;
  const run = await endureChaos(server, { seed, clients, messages });
  const happened = FAULTS.map((each) => [each, run.happened.get(each) ?? 0]);
  console.log(
    `${JSON.stringify(Object.fromEntries(happened))}: ${run.losses} connections ` +
      `lost, ${run.recovered} messages recovered, ${run.resent} resent`,
  );
  expect(run.acknowledged).toEqual(run.stored);
  expect(new Set(run.stored).size).toBe(messages);
  expect(run.read).toEqual(numbers(1, clients).map(() => messages));
  // All of it was tried, and meant something.
  for (const [, times] of happened) expect(times).toBeGreaterThan(0);
  expect(run.recovered).toBeGreaterThan(0);
  expect(run.resent).toBeGreaterThan(0);
});
