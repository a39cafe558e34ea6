import { expect } from "vitest";

import { coverage, scenario } from "../support/scenario.ts";

scenario(
  "subscribing creates, counts and hands over what is retained",
  async (world) => {
    const [alice, bob] = [
      await world.client("alice"),
      await world.client("bob"),
    ];
    await world.sends(alice, { type: "subscribe", ref: "first" });
    alice.receives({
      type: "subscription-result",
      ref: "first",
      "channel-id": world.channelId,
      success: true,
      "subscriber-count": 1,
      "retained-messages": [],
      seq: 0,
    });
    for (let i = 1; i <= 12; i++)
      await world.sends(alice, { type: "publish", data: i });
    alice.skips();
    await world.sends(bob, { type: "subscribe" });
    const result = bob.receives({
      type: "subscription-result",
      "subscriber-count": 2,
      seq: 12,
    });
    expect(result["retained-messages"]?.map(({ seq }) => seq)).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(result.recovered).toBeUndefined();
    await world.sends(bob, { type: "subscribe", "retained-limit": 2 });
    const again = bob.receives({
      type: "subscription-result",
      "subscriber-count": 2,
    });
    expect(again["retained-messages"]?.map(({ data }) => data)).toEqual([
      11, 12,
    ]);
  },
);

scenario(
  "a position recovers exactly what was missed, or says that it cannot",
  async (world) => {
    const [alice, bob] = [
      await world.client("alice"),
      await world.client("bob"),
    ];
    await world.sends(alice, { type: "subscribe" });
    const { epoch } = alice.receives({ type: "subscription-result" });
    for (let i = 1; i <= 5; i++)
      await world.sends(alice, { type: "publish", data: i });
    const ask = async (since: object, more = {}) => {
      await world.sends(bob, { type: "subscribe", since, ...more });
      const result = bob.receives({
        type: "subscription-result",
        success: true,
      });
      await world.sends(bob, { type: "unsubscribe" });
      bob.receives({ type: "unsubscription-result", success: true });
      return [
        result.recovered,
        result["retained-messages"]?.map(({ seq }) => seq),
      ];
    };
    expect(await ask({ epoch, seq: 2 })).toEqual([true, [3, 4, 5]]);
    expect(await ask({ epoch, seq: 5 })).toEqual([true, []]);
    expect(await ask({ epoch, seq: 0 }, { "retained-limit": 1 })).toEqual([
      true,
      [1, 2, 3, 4, 5],
    ]);
    expect(await ask({ epoch, seq: 6 }, { "retained-limit": 1 })).toEqual([
      false,
      [5],
    ]);
    expect(await ask({ epoch: "another", seq: 2 })).toEqual([
      false,
      [1, 2, 3, 4, 5],
    ]);
  },
);

scenario(
  "publishing delivers to all, the publisher before its result",
  async (world) => {
    const [alice, bob] = [
      await world.client("alice"),
      await world.client("bob"),
    ];
    await world.sends(alice, { type: "subscribe" });
    await world.sends(bob, { type: "subscribe" });
    alice.skips();
    bob.skips();
    await world.sends(alice, { type: "publish", data: { text: "hi" }, ref: 7 });
    const message = {
      data: { text: "hi" },
      "message-id": "msg-1",
      seq: 1,
      "sender-conn-id": alice.connId,
      "sender-user-id": null,
    };
    const copy = alice.receives({ type: "channel-message", ...message });
    expect(copy["broadcast-time"]).toBe(copy["published-at"]);
    alice.receives({
      type: "publish-result",
      ref: 7,
      success: true,
      "message-id": "msg-1",
      seq: 1,
      "delivered-to": 2,
    });
    bob.receives({ type: "channel-message", ...message });
    await world.sends(alice, {
      type: "publish",
      data: null,
      "exclude-sender": true,
    });
    alice.receives({ type: "publish-result", seq: 2, "delivered-to": 1 });
    bob.receives({ type: "channel-message", data: null, seq: 2 });
    await world.sends(alice, {
      type: "publish",
      data: [],
      "exclude-sender?": true,
    });
    alice.receives({ type: "publish-result", seq: 3, "delivered-to": 1 });
    bob.receives({ type: "channel-message", data: [], seq: 3 });
    alice.receivesNothing();
  },
);

scenario(
  "an ephemeral message is delivered and never stored",
  async (world) => {
    const [alice, bob] = [
      await world.client("alice"),
      await world.client("bob"),
    ];
    await world.sends(alice, { type: "subscribe" });
    alice.skips();
    await world.sends(bob, { type: "publish", data: 1, ephemeral: true });
    const copy = alice.receives({ type: "channel-message", data: 1 });
    expect(copy["message-id"]).toMatch(/^eph-/);
    expect(copy.seq).toBeUndefined();
    const result = bob.receives({
      type: "publish-result",
      success: true,
      "delivered-to": 1,
    });
    expect(result.seq).toBeUndefined();
    await world.sends(bob, { type: "subscribe" });
    bob.receives({
      type: "subscription-result",
      seq: 0,
      "retained-messages": [],
    });
  },
);

scenario("a repeated message-id is not published again", async (world) => {
  const alice = await world.client("alice");
  await world.sends(alice, { type: "subscribe" });
  alice.skips();
  const publish = { type: "publish", data: "once", "message-id": "mine" };
  await world.sends(alice, publish);
  alice.receives({ type: "channel-message", "message-id": "mine", seq: 1 });
  alice.receives({
    type: "publish-result",
    "message-id": "mine",
    seq: 1,
    "delivered-to": 1,
  });
  await world.sends(alice, publish);
  const result = alice.receives({
    type: "publish-result",
    success: true,
    "message-id": "mine",
    seq: 1,
    duplicate: true,
  });
  expect(result["delivered-to"]).toBeUndefined();
  alice.receivesNothing();
});

scenario("refusals name their reason", async (world) => {
  const alice = await world.client("alice");
  await world.sends(alice, { type: "publish", data: 1 });
  alice.receives({
    type: "publish-result",
    success: false,
    reason: "channel-not-found",
  });
  await world.sends(alice, { type: "unsubscribe" });
  alice.receives({
    type: "unsubscription-result",
    success: false,
    reason: "channel-not-found",
  });
  await world.object.put(["admin"], { "max-subscribers": 1 });
  await world.sends(alice, { type: "unsubscribe" });
  alice.receives({
    type: "unsubscription-result",
    success: false,
    reason: "not-subscribed",
  });
  await world.sends(alice, { type: "subscribe" });
  alice.receives({ type: "subscription-result", success: true });
  await world.sends(alice, { type: "subscribe" });
  alice.receives({
    type: "subscription-result",
    success: true,
    "subscriber-count": 1,
  });
  const bob = await world.client("bob");
  await world.sends(bob, { type: "subscribe" });
  bob.receives({
    type: "subscription-result",
    success: false,
    reason: "max-subscribers-reached",
    current: 1,
    max: 1,
  });
  await world.sends(alice, { type: "publish", data: "x".repeat(59_998) });
  alice.receives({ type: "channel-message" });
  alice.receives({ type: "publish-result", success: true });
  await world.sends(alice, { type: "publish", data: "x".repeat(59_999) });
  alice.receives({
    type: "publish-result",
    success: false,
    reason: "payload-too-large",
  });
});

scenario("who unsubscribes or leaves gets nothing more", async (world) => {
  const [alice, bob, carol] = [
    await world.client("alice"),
    await world.client("bob"),
    await world.client("carol"),
  ];
  for (const client of [alice, bob, carol])
    await world.sends(client, { type: "subscribe" });
  await world.sends(bob, { type: "unsubscribe" });
  for (const client of [alice, bob, carol]) client.skips();
  await world.leaves(carol);
  await world.sends(alice, { type: "publish", data: 1 });
  alice.receives({ type: "channel-message" });
  alice.receives({ type: "publish-result", "delivered-to": 1 });
  bob.receivesNothing();
  await world.sends(bob, { type: "publish", data: 2 });
  alice.receives({ type: "channel-message", data: 2 });
  bob.receives({
    type: "publish-result",
    success: true,
    seq: 2,
    "delivered-to": 1,
  });
});

scenario(
  "deleting tells the subscribers, and numbering starts over",
  async (world) => {
    const [alice, bob] = [
      await world.client("alice"),
      await world.client("bob"),
    ];
    await world.sends(alice, { type: "subscribe" });
    const { epoch } = alice.receives({ type: "subscription-result" });
    await world.sends(alice, { type: "publish", data: 1 });
    alice.skips();
    expect(await world.object.remove(["admin"])).toEqual({
      ok: true,
      value: true,
    });
    await world.settle();
    alice.receives({ type: "channel-deleted", "channel-id": world.channelId });
    await world.sends(bob, { type: "publish", data: 2 });
    bob.receives({
      type: "publish-result",
      success: false,
      reason: "channel-not-found",
    });
    await world.sends(alice, { type: "subscribe", since: { epoch, seq: 1 } });
    const result = alice.receives({
      type: "subscription-result",
      success: true,
      seq: 0,
      recovered: false,
      "retained-messages": [],
    });
    expect(result.epoch).not.toBe(epoch);
    await world.sends(bob, { type: "publish", data: 3 });
    alice.receives({ type: "channel-message", "message-id": "msg-1", seq: 1 });
  },
);

scenario(
  "an idle auto-created channel is removed, a wanted one stays",
  async (world) => {
    const alice = await world.client("alice");
    await world.sends(alice, { type: "subscribe" });
    await world.object.configure(["admin"], { "idle-ttl-ms": 1 });
    await world.alarm();
    await world.sends(alice, { type: "unsubscribe" });
    await scheduler.wait(2);
    await world.alarm();
    await world.sends(alice, { type: "unsubscribe" });
    alice.receives({ type: "subscription-result" });
    alice.receives({ type: "unsubscription-result", success: true });
    alice.receives({
      type: "unsubscription-result",
      success: false,
      reason: "channel-not-found",
    });
    await world.object.put(["admin"], { "idle-ttl-ms": 1 });
    await scheduler.wait(2);
    await world.alarm();
    await world.sends(alice, { type: "publish", data: 1 });
    alice.receives({ type: "publish-result", success: true, seq: 1 });
  },
);

scenario("a channel that keeps nothing still numbers", async (world) => {
  const alice = await world.client("alice");
  await world.object.put(["admin"], {
    "message-retention": 0,
    "recovery-window": 0,
  });
  const publish = { type: "publish", data: 1, "message-id": "again" };
  await world.sends(alice, publish);
  await world.sends(alice, publish);
  alice.receives({ type: "publish-result", seq: 1 });
  alice.receives({ type: "publish-result", seq: 2 });
  await world.sends(alice, { type: "subscribe" });
  const { epoch } = alice.receives({
    type: "subscription-result",
    seq: 2,
    "retained-messages": [],
  });
  await world.sends(alice, { type: "unsubscribe" });
  await world.sends(alice, publish);
  alice.skips();
  await world.sends(alice, { type: "subscribe", since: { epoch, seq: 2 } });
  alice.receives({
    type: "subscription-result",
    seq: 3,
    recovered: false,
    "retained-messages": [],
  });
});

coverage("channels");
