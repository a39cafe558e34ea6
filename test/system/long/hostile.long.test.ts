/** Far more bad input than the ordinary run sends. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import { createChannel } from "../support/channels.ts";
import { everyWay, leaveAll } from "../support/client.ts";
import { Attacker, hostileInputs } from "../support/hostile.ts";
import { Neighbours } from "../support/neighbours.ts";
import { seedOfRun } from "../support/random.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it.each([
  ["session", 0],
  ["session, batch", 1],
  ["direct", 2],
  ["direct, batch", 3],
] as const)("is answered and harms nobody (%s)", async (_, way) => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const channelId = await createChannel(server, "hostile");
  const neighbours = await Neighbours.meet(server, channelId);
  const attacker = new Attacker(server, everyWay(channelId)[way] ?? {});
  const attack = fc.assert(
    fc.asyncProperty(hostileInputs(channelId), (input) =>
      attacker.sends(input),
    ),
    { numRuns: 2_500, seed, endOnFailure: true },
  );
  await Promise.all([
    attack.finally(() => neighbours.stop()),
    neighbours.chat(),
  ]);
  neighbours.expectPeace();
});
