/** Whatever one client sends, it is answered, and its neighbours never notice. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { KINDS, MODES, Target } from "./support/assault.ts";
import { createChannel, numbers } from "./support/channels.ts";
import { connect, everyWay, Listener, leaveAll } from "./support/client.ts";
import { seedOfRun } from "./support/random.ts";
import { type Server, startServer } from "./support/server.ts";

/** Of each kind, which makes 2,000. */
const RUNS = 200;

describe.each(MODES)("bad input (AUTH=%s)", (mode) => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start(mode);
  });
  afterAll(async () => {
    await target.server.kill();
    expect(target.server.complaints()).toEqual([]);
  });

  it.each(KINDS[mode])("harms nobody (%s)", async (kind) => {
    const seed = seedOfRun();
    console.log(`SEED=${seed}`);
    await target.endures(kind, { runs: RUNS, seed });
  });
});

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

const WAYS = [
  ["session", 0],
  ["session, batch", 1],
  ["direct", 2],
  ["direct, batch", 3],
] as const;

describe.each(WAYS)("bad input (%s)", (_, way) => {
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
