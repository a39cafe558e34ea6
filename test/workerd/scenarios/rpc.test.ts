import { expect } from "vitest";

import { coverage, scenario } from "../support/scenario.ts";
import type { World } from "../support/world.ts";

async function services(world: World, ...names: string[]) {
  const clients = [];
  for (const name of names) {
    const client = await world.client(name);
    await world.sends(client, { type: "subscribe" });
    client.skips();
    clients.push(client);
  }
  return clients;
}

scenario(
  "a request is answered once, by whoever answers first",
  async (world) => {
    const [first, second] = await services(world, "first", "second");
    const asker = await world.client("asker");
    if (!first || !second) throw new Error("no services");
    await world.sends(asker, {
      type: "rpc-request",
      data: { q: 1 },
      "timeout-ms": 60_000,
      ref: "r",
    });
    const result = asker.receives({
      type: "rpc-request-result",
      ref: "r",
      "channel-id": world.channelId,
      delivery: {
        success: true,
        "delivered-to": 2,
        subscribers: [first.connId, second.connId],
      },
    });
    const id = result["request-id"] ?? "";
    expect(id).toMatch(/^req-\d+-.+@/);
    for (const service of [first, second]) {
      service.receives({
        type: "rpc-request",
        "request-id": id,
        "channel-id": world.channelId,
        data: { q: 1 },
        "sender-conn-id": asker.connId,
        "sender-user-id": null,
        "timeout-ms": 60_000,
      });
    }
    await world.sends(second, {
      type: "rpc-response",
      "request-id": id,
      data: "half",
      final: false,
    });
    second.receives({
      type: "rpc-response-result",
      "request-id": id,
      success: true,
    });
    asker.receives({
      type: "rpc-response",
      "request-id": id,
      data: "half",
      final: false,
      error: false,
    });
    await world.sends(first, {
      type: "rpc-response",
      "request-id": id,
      data: "whole",
      ref: 3,
    });
    first.receives({
      type: "rpc-response-result",
      "request-id": id,
      success: true,
      ref: 3,
    });
    asker.receives({
      type: "rpc-response",
      "request-id": id,
      "channel-id": world.channelId,
      data: "whole",
      error: false,
      final: true,
      "responder-conn-id": first.connId,
    });
    await world.sends(second, {
      type: "rpc-response",
      "request-id": id,
      data: "late",
    });
    second.receives({
      type: "rpc-response-result",
      success: false,
      reason: "request-not-found",
    });
    for (const client of [first, second, asker]) client.receivesNothing();
  },
);

scenario(
  "an answer with an error is an answer; only those asked may give one",
  async (world) => {
    const [service, asker] = await services(world, "service", "asker");
    const stranger = await world.client("stranger");
    if (!service || !asker) throw new Error("no services");
    await world.sends(asker, { type: "rpc-request", data: null });
    const { "request-id": id } = service.receives({
      type: "rpc-request",
      data: null,
      "timeout-ms": 30_000,
    });
    asker.receives({
      type: "rpc-request-result",
      delivery: { "delivered-to": 1, subscribers: [service.connId] },
    });
    for (const client of [stranger, asker]) {
      await world.sends(client, {
        type: "rpc-response",
        "request-id": id,
        data: 1,
      });
      client.receives({
        type: "rpc-response-result",
        success: false,
        reason: "not-a-recipient",
      });
    }
    await world.sends(service, {
      type: "rpc-response",
      "request-id": id,
      data: "no",
      "error?": true,
    });
    service.receives({ type: "rpc-response-result", success: true });
    asker.receives({
      type: "rpc-response",
      data: "no",
      error: true,
      final: true,
    });
    asker.receivesNothing();
  },
);

scenario(
  "`one` asks in turn those with the fewest open requests",
  async (world) => {
    const clients = await services(world, "a", "b", "c");
    const asker = await world.client("asker");
    const order: string[] = [];
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      await world.sends(asker, {
        type: "rpc-request",
        data: i,
        "deliver-to": "one",
      });
      const result = asker.receives({
        type: "rpc-request-result",
        delivery: { success: true, "delivered-to": 1 },
      });
      const [asked] = result.delivery.subscribers ?? [];
      order.push(clients.find(({ connId }) => connId === asked)?.name ?? "?");
      ids.push(result["request-id"] ?? "");
    }
    expect(order).toEqual(["a", "b", "c", "a", "b"]);
    const [a] = clients;
    await world.sends(a ?? asker, {
      type: "rpc-response",
      "request-id": ids[0],
      data: 0,
    });
    await world.sends(a ?? asker, {
      type: "rpc-response",
      "request-id": ids[3],
      data: 0,
    });
    asker.skips();
    await world.sends(asker, {
      type: "rpc-request",
      data: 9,
      "deliver-to": "one",
    });
    asker.receives({
      type: "rpc-request-result",
      delivery: { subscribers: [a?.connId] },
    });
  },
  // After a crash the order is that of coming back.
  { disturbances: ["none", "evict"] },
);

scenario(
  "without anybody to ask the requester knows at once",
  async (world) => {
    const asker = await world.client("asker");
    await world.sends(asker, { type: "rpc-request", data: 1 });
    const refused = { type: "rpc-request-result", "request-id": null } as const;
    asker.receives({
      ...refused,
      delivery: { success: false, reason: "channel-not-found" },
    });
    await world.sends(asker, { type: "subscribe" });
    asker.skips();
    await world.sends(asker, { type: "rpc-request", data: 1 });
    asker.receives({
      ...refused,
      delivery: { success: false, reason: "no-subscribers" },
    });
    await services(world, "service");
    await world.object.configure(["admin"], { "max-pending-rpc": 1 });
    await world.sends(asker, { type: "rpc-request", data: 1 });
    asker.receives({ type: "rpc-request-result", delivery: { success: true } });
    await world.sends(asker, { type: "rpc-request", data: 2 });
    asker.receives({
      ...refused,
      delivery: { success: false, reason: "too-many-requests" },
    });
    asker.receivesNothing();
  },
);

scenario("a deadline ends a request", async (world) => {
  const [service] = await services(world, "service");
  const asker = await world.client("asker");
  await world.sends(asker, { type: "rpc-request", data: 1, "timeout-ms": 1 });
  await asker.until(() =>
    asker.received.some(({ type }) => type === "rpc-response"),
  );
  await world.alarm();
  const { "request-id": id } = asker.receives({ type: "rpc-request-result" });
  asker.receives({
    type: "rpc-response",
    "request-id": id,
    data: null,
    error: true,
    final: true,
    reason: "timeout",
    "responder-conn-id": null,
  });
  await world.sends(service ?? asker, {
    type: "rpc-response",
    "request-id": id,
    data: 1,
  });
  service?.receives({ type: "rpc-request" });
  service?.receives({
    type: "rpc-response-result",
    success: false,
    reason: "request-not-found",
  });
  asker.receivesNothing();
});

scenario(
  "a channel's own timeout counts where a request names none",
  async (world) => {
    const [service] = await services(world, "service");
    const asker = await world.client("asker");
    await world.object.configure(["admin"], { "rpc-timeout-ms": 1 });
    await world.sends(asker, { type: "rpc-request", data: 1 });
    await asker.until(() =>
      asker.received.some(({ type }) => type === "rpc-response"),
    );
    await world.alarm();
    service?.receives({ type: "rpc-request", "timeout-ms": 1 });
    asker.receives({ type: "rpc-request-result" });
    asker.receives({ type: "rpc-response", reason: "timeout" });
  },
);

scenario(
  "cancelling tells the services and ends the request",
  async (world) => {
    const [service] = await services(world, "service");
    const asker = await world.client("asker");
    if (!service) throw new Error("no service");
    await world.sends(asker, { type: "rpc-request", data: 1 });
    const { "request-id": id } = asker.receives({ type: "rpc-request-result" });
    service.receives({ type: "rpc-request" });
    await world.sends(service, { type: "rpc-cancel", "request-id": id });
    service.receives({
      type: "rpc-cancel-result",
      success: false,
      reason: "not-the-requester",
    });
    await world.sends(asker, {
      type: "rpc-cancel",
      "request-id": id,
      ref: "c",
    });
    asker.receives({
      type: "rpc-cancel-result",
      ref: "c",
      "request-id": id,
      success: true,
    });
    asker.receives({
      type: "rpc-response",
      reason: "cancelled",
      data: null,
      error: true,
      final: true,
    });
    service.receives({ type: "rpc-cancel", "request-id": id });
    await world.sends(asker, { type: "rpc-cancel", "request-id": id });
    asker.receives({
      type: "rpc-cancel-result",
      success: false,
      reason: "request-not-found",
    });
  },
);

scenario("a requester that leaves cancels what it had open", async (world) => {
  const [service] = await services(world, "service");
  const asker = await world.client("asker");
  await world.sends(asker, { type: "subscribe" });
  await world.sends(asker, { type: "rpc-request", data: 1 });
  await world.leaves(asker);
  const { "request-id": id } = service?.receives({ type: "rpc-request" }) ?? {};
  service?.receives({ type: "rpc-cancel", "request-id": id });
});

scenario(
  "when all that were asked are gone the request ends",
  async (world) => {
    const [first, second] = await services(world, "first", "second");
    const asker = await world.client("asker");
    if (!first || !second) throw new Error("no services");
    await world.sends(asker, { type: "rpc-request", data: 1 });
    asker.receives({
      type: "rpc-request-result",
      delivery: { "delivered-to": 2 },
    });
    await world.leaves(first);
    asker.receivesNothing();
    await world.leaves(second);
    asker.receives({
      type: "rpc-response",
      reason: "responders-gone",
      error: true,
      data: null,
      final: true,
    });
  },
  // After a crash the one that left first is waited for, like all others.
  { disturbances: ["none", "evict"] },
);

scenario(
  "a service that merely unsubscribed may still answer",
  async (world) => {
    const [service] = await services(world, "service");
    const asker = await world.client("asker");
    if (!service) throw new Error("no service");
    await world.sends(asker, { type: "rpc-request", data: 1 });
    const { "request-id": id } = service.receives({ type: "rpc-request" });
    await world.sends(service, { type: "unsubscribe" });
    await world.sends(service, {
      type: "rpc-response",
      "request-id": id,
      data: "still",
    });
    service.receives({ type: "unsubscription-result", success: true });
    service.receives({ type: "rpc-response-result", success: true });
    asker.receives({ type: "rpc-request-result" });
    asker.receives({ type: "rpc-response", data: "still", final: true });
  },
);

scenario("deleting the channel ends its requests", async (world) => {
  const [service] = await services(world, "service");
  const asker = await world.client("asker");
  await world.sends(asker, { type: "rpc-request", data: 1 });
  await world.object.remove(["admin"]);
  await world.settle();
  asker.receives({ type: "rpc-request-result" });
  asker.receives({
    type: "rpc-response",
    reason: "channel-deleted",
    final: true,
    error: true,
  });
  service?.receives({ type: "rpc-request" });
  service?.receives({ type: "channel-deleted" });
});

coverage("rpc");
