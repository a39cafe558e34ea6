/** Clients whose TCP connection ends without a close frame. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { channelBecomes, createChannel } from "./support/channels.ts";
import { connect, everyWay, holds, leaveAll } from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: { REPORT_INTERVAL_MS: 200 } });
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

describe.each(KINDS)("a client that vanishes (%s)", (_, way) => {
  const asking = (channelId: string) => ({
    type: "rpc-request",
    "channel-id": channelId,
    data: "question",
    "timeout-ms": 300_000,
  });

  it("leaves its channels", async () => {
    const channelId = await createChannel(server, "vanish");
    const stays = await connect(server);
    await stays.subscribes(channelId);
    const goes = await connect(server, everyWay(channelId)[way]);
    await goes.subscribes(channelId);
    await channelBecomes(server, channelId, { "subscriber-count": 2 });
    goes.vanishes();
    await channelBecomes(server, channelId, { "subscriber-count": 1 });
    const { "delivered-to": deliveredTo } = await stays.publishes(channelId, 1);
    expect(deliveredTo).toBe(1);
  });

  it("cancels what it had asked", async () => {
    const channelId = await createChannel(server, "vanish");
    const services = [
      await connect(server),
      await connect(server, { channel: channelId }),
    ];
    for (const each of services) await each.subscribes(channelId);
    const goes = await connect(server, everyWay(channelId)[way]);
    const { "request-id": requestId } = await goes.asks(
      asking(channelId),
      "rpc-request-result",
    );
    for (const each of services) {
      await each.receives({ type: "rpc-request", "request-id": requestId });
    }
    goes.vanishes();
    for (const each of services) {
      await each.receives({ type: "rpc-cancel", "request-id": requestId });
      const late = { type: "rpc-response", "request-id": requestId, data: 1 };
      expect(await each.asks(late, "rpc-response-result")).toMatchObject({
        success: false,
        reason: "request-not-found",
      });
    }
    await channelBecomes(server, channelId, { "pending-rpc-requests": 0 });
  });

  it("ends the requests that only it was asked", async () => {
    const channelId = await createChannel(server, "vanish");
    const goes = await connect(server, everyWay(channelId)[way]);
    await goes.subscribes(channelId);
    const requesters = [
      await connect(server, { batch: true }),
      await connect(server, { channel: channelId }),
    ];
    const requestIds: (string | null)[] = [];
    for (const each of requesters) {
      const result = await each.asks(asking(channelId), "rpc-request-result");
      expect(result.delivery.subscribers).toEqual([goes.connId]);
      requestIds.push(result["request-id"]);
    }
    for (const id of requestIds) {
      await goes.receives({ type: "rpc-request", "request-id": id });
    }
    goes.vanishes();
    for (const [i, each] of requesters.entries()) {
      const answer = await each.receives({
        type: "rpc-response",
        "request-id": requestIds[i],
      });
      expect(answer).toMatchObject({
        error: true,
        final: true,
        data: null,
        reason: "responders-gone",
        "responder-conn-id": null,
      });
    }
  });

  it("leaves a request open as long as another can answer", async () => {
    const channelId = await createChannel(server, "vanish");
    const goes = await connect(server, everyWay(channelId)[way]);
    const stays = await connect(server, everyWay(channelId)[3 - way]);
    for (const each of [goes, stays]) await each.subscribes(channelId);
    const requester = await connect(server);
    const { "request-id": requestId, delivery } = await requester.asks(
      asking(channelId),
      "rpc-request-result",
    );
    expect(delivery["delivered-to"]).toBe(2);
    goes.vanishes();
    await channelBecomes(server, channelId, { "subscriber-count": 1 });
    const data = { answer: 42 };
    stays.sends({ type: "rpc-response", "request-id": requestId, data });
    const answer = await requester.receives({ type: "rpc-response" });
    expect(answer).toMatchObject({ data, error: false, final: true });
  });
});

it("is no longer counted, wherever it was connected", async () => {
  const channelId = await createChannel(server, "vanish");
  const ways = [...everyWay(channelId), ...everyWay(channelId)];
  const clients = await Promise.all(ways.map((way) => connect(server, way)));
  const counted = (connections: number) =>
    eventually(`${connections} are counted`, async () => {
      const { body } = await server.fetch("/health");
      return holds(body, { connections });
    });
  await counted(8);
  for (const client of clients) client.vanishes();
  await counted(0);
});
