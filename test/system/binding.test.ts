/** Another Worker uses the service by way of a service binding. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import { callService } from "./support/calling.ts";
import { newChannelId, numbers } from "./support/channels.ts";
import { connect, everyWay, holds, leaveAll } from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ bound: true });
});
afterEach(leaveAll);
afterAll(() => server.kill());

function call(method: string, ...args: unknown[]): Promise<unknown> {
  return callService(server, method, args);
}

it("creates, describes, lists and deletes channels", async () => {
  const id = newChannelId("binding");
  const config = { "message-retention": 3 };
  expect(await call("getChannelInfo", id)).toEqual({ value: null });
  expect(await call("createChannel", id, config)).toMatchObject({
    value: { success: true, info: { config, seq: 0 } },
  });
  expect(await call("createChannel", id, config)).toMatchObject({
    value: { success: true },
  });
  expect(await call("createChannel", id)).toEqual({
    value: { success: false, reason: "channel-exists" },
  });
  expect(await call("getChannelInfo", id)).toMatchObject({
    value: { config, "subscriber-count": 0, "pending-rpc-requests": 0 },
  });
  await eventually("it is listed", async () => {
    const listed = await call("listChannels", { prefix: id });
    return holds(listed, { value: { channels: { [id]: {} }, cursor: null } });
  });
  for (const n of numbers(1, 3)) await call("createChannel", `${id}-${n}`);
  const page = { prefix: `${id}-`, limit: 2 };
  const listed = await eventually("a page is full", async () => {
    const answer = await call("listChannels", page);
    return holds(answer, { value: { cursor: `${id}-2` } }) && answer;
  });
  const { channels } = Object(Object(listed).value);
  expect(Object.keys(channels)).toEqual([`${id}-1`, `${id}-2`]);

  expect(await call("deleteChannel", id)).toEqual({ value: { success: true } });
  expect(await call("deleteChannel", id)).toEqual({
    value: { success: false, reason: "channel-not-found" },
  });
});

it("publishes and broadcasts", async () => {
  const id = newChannelId("binding");
  const missing = { success: false, reason: "channel-not-found" };
  expect(await call("publish", id, 1)).toMatchObject({ value: missing });
  await call("createChannel", id);
  expect(await call("publish", id, { text: "hello" })).toEqual({
    value: {
      type: "publish-result",
      "channel-id": id,
      success: true,
      "message-id": "msg-1",
      seq: 1,
      "delivered-to": 0,
    },
  });
  const own = { messageId: "own", userId: "alice" };
  expect(await call("publish", id, null, own)).toMatchObject({
    value: { "message-id": "own", seq: 2 },
  });
  expect(await call("publish", id, null, own)).toMatchObject({
    value: { "message-id": "own", seq: 2, duplicate: true },
  });
  const ephemeral = await call("publish", id, 3, { ephemeral: true });
  expect(ephemeral).toMatchObject({ value: { success: true } });
  expect(Object(ephemeral).value).not.toHaveProperty("seq");
  expect(await call("broadcastToChannel", id, [4])).toMatchObject({
    value: { success: true, seq: 3, "delivered-to": 0 },
  });
  const long = "x".repeat(60_000);
  expect(await call("publish", id, long)).toMatchObject({
    value: { success: false, reason: "payload-too-large" },
  });
});

it("asks, and says why there is no answer", async () => {
  const id = newChannelId("binding");
  expect(await call("sendRpcRequest", id, 1)).toMatchObject({
    value: { ok: false, reason: "channel-not-found" },
  });
  await call("createChannel", id);
  expect(await call("sendRpcRequest", id, 1)).toMatchObject({
    value: { ok: false, reason: "no-subscribers" },
  });
  const services = await Promise.all(
    everyWay(id).map((way) => connect(server, way)),
  );
  for (const each of services) await each.subscribes(id);
  const published = await call("publish", id, { text: "hello" });
  expect(published).toMatchObject({ value: { "delivered-to": 4 } });

  const [service] = services;
  for (const error of [false, true]) {
    const asked = call("sendRpcRequest", id, { n: 1 }, { timeoutMs: 5_000 });
    const request = await service?.receives({ type: "rpc-request" });
    expect(request).toMatchObject({ data: { n: 1 }, "sender-conn-id": null });
    service?.sends({ ...request, type: "rpc-response", data: 2, error });
    expect(await asked).toMatchObject({
      value: {
        ok: true,
        answer: { type: "rpc-response", data: 2, error, final: true },
      },
    });
  }
  const options = { timeoutMs: 50, deliverTo: "one" };
  expect(await call("sendRpcRequest", id, 1, options)).toMatchObject({
    value: { ok: false, reason: "timeout" },
  });
  const cut = call("sendRpcRequest", id, "cut");
  await service?.receives({ type: "rpc-request", data: "cut" });
  await call("deleteChannel", id);
  expect(await cut).toMatchObject({
    value: { ok: false, reason: "channel-deleted" },
  });
  for (const each of services) await each.receives({ type: "channel-deleted" });
});

it("reads statistics and health", async () => {
  expect(await call("getServerStats")).toMatchObject({
    value: {
      "total-messages": expect.any(Number),
      "channel-stats": { "total-channels": expect.any(Number) },
    },
  });
  expect(await call("getHealth")).toMatchObject({
    value: { status: "healthy", "system-health": { healthy: true } },
  });
});

it("rejects arguments that cannot be right", async () => {
  const id = newChannelId("binding");
  const wrong: [message: string, method: string, ...args: unknown[]][] = [
    ["channelId", "createChannel", "$reserved"],
    ["channelId", "createChannel", ""],
    ["channelId", "deleteChannel", 5],
    ["channelId", "getChannelInfo", "x".repeat(201)],
    ["channelId", "publish", "..", 1],
    ["channelId", "broadcastToChannel", null, 1],
    ["channelId", "sendRpcRequest", "\u0000", 1],
    ["max-subscribers", "createChannel", id, { "max-subscribers": 0 }],
    ["unknown", "createChannel", id, { unknown: 1 }],
    ["data", "publish", id],
    ["data", "sendRpcRequest", id],
    ["messageId", "publish", id, 1, { messageId: "msg-1" }],
    ["ephemeral", "publish", id, 1, { ephemeral: "yes" }],
    ["timeoutMs", "sendRpcRequest", id, 1, { timeoutMs: 0 }],
    ["deliverTo", "sendRpcRequest", id, 1, { deliverTo: "some" }],
    ["limit", "listChannels", { limit: 0 }],
    ["prefix", "listChannels", { prefix: 5 }],
  ];
  for (const [message, method, ...args] of wrong) {
    expect([method, ...args, await call(method, ...args)]).toMatchObject([
      method,
      ...args,
      {
        error: { name: "TypeError", message: expect.stringContaining(message) },
      },
    ]);
  }
  expect(await call("getChannelInfo", id)).toEqual({ value: null });
});
