/** Whatever one client sends, it is answered, and its neighbours never notice. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createChannel, numbers } from "./support/channels.ts";
import { connect, everyWay, Listener, leaveAll } from "./support/client.ts";
import { Attacker, hostileInputs } from "./support/hostile.ts";
import { Neighbours } from "./support/neighbours.ts";
import { seedOfRun } from "./support/random.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

const KINDS = [
  ["session", 0],
  ["session, batch", 1],
  ["direct", 2],
  ["direct, batch", 3],
] as const;

describe.each(KINDS)("bad input (%s)", (_, way) => {
  it("is answered or closes the socket, and harms nobody else", async () => {
    const channelId = await createChannel(server, "hostile");
    const neighbours = await Neighbours.meet(server, channelId);
    const attacker = new Attacker(server, everyWay(channelId)[way] ?? {});
    const attack = fc.assert(
      fc.asyncProperty(hostileInputs(channelId), (input) =>
        attacker.sends(input),
      ),
      { numRuns: 120, seed: seedOfRun(), endOnFailure: true },
    );
    await Promise.all([
      attack.finally(() => neighbours.stop()),
      neighbours.chat(),
    ]);
    neighbours.expectPeace();
  });

  it("closes with 1008 after a hundred refusals in a row", async () => {
    const channelId = await createChannel(server, "hostile");
    const neighbour = await connect(server);
    await neighbour.subscribes(channelId);
    const client = await connect(server, everyWay(channelId)[way]);
    for (const n of numbers(1, 99)) client.sendsRaw(`no json ${n}`);
    await client.isAnswered();
    // One that is not refused has the counting start over.
    for (const n of numbers(1, 99)) client.sendsRaw(`no json ${n}`);
    await client.isAnswered();
    for (const n of numbers(1, 100)) client.sendsRaw(`no json ${n}`);
    const { reason } = await client.isClosed(1008);
    expect(reason).not.toBe("");
    const refused = client.unread.filter(({ type }) => type === "error");
    expect(refused).toHaveLength(298);
    await neighbour.publishes(channelId, "still here");
    await neighbour.receives({ type: "channel-message", data: "still here" });
  });

  it("that is data a little too long is a refused publish and no more", async () => {
    const channelId = await createChannel(server, "hostile");
    const client = await connect(server, everyWay(channelId)[way]);
    const listener = new Listener(client, channelId);
    await client.subscribes(channelId);
    const frame = { type: "publish", "channel-id": channelId };
    const refused = { success: false, reason: "payload-too-large" };
    for (const data of ["x".repeat(59_999), "é".repeat(30_000)]) {
      expect(
        await client.asks({ ...frame, data }, "publish-result"),
      ).toMatchObject(refused);
    }
    await client.publishes(channelId, "x".repeat(59_998));
    await listener.hears(1);
    expect(listener.messages[0]?.data).toHaveLength(59_998);
  });
});
