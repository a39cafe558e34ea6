import { describe, expect, test } from "vitest";

import { TestChannel } from "../support/channel.ts";

function connected(variables = {}) {
  const channel = new TestChannel({ config: {}, variables });
  const client = channel.connects("c", { userId: "u1" });
  return { channel, client };
}

describe("a client on the channel's own path", () => {
  test("is greeted", () => {
    const { channel, client } = connected();
    expect(client.receives("welcome")).toEqual({
      type: "welcome",
      "conn-id": "c",
      "server-time": channel.now,
      protocol: 1,
      "heartbeat-ms": 30_000,
      "max-frame-bytes": 65_536,
      "max-depth": 128,
      "frames-per-second": 1_000,
      "frames-burst": 2_000,
      "user-id": "u1",
    });
  });

  test("may name the channel or leave it out", () => {
    const { client } = connected();
    client.drain();
    client.sends(
      { type: "publish", data: 1 },
      { type: "publish", data: 1, "channel-id": "chat" },
    );
    expect(client.drain()).toMatchObject([
      { success: true },
      { success: true },
    ]);
  });

  test.each([
    { type: "subscribe" },
    { type: "unsubscribe" },
    { type: "publish", data: 1 },
    { type: "rpc-request", data: 1 },
    { type: "ack", seq: 1 },
  ])("may not name another: %j", (frame) => {
    const { client } = connected();
    client.drain();
    client.sends({ ...frame, "channel-id": "other", ref: 1 });
    expect(client.receives("error")).toMatchObject({
      reason: "wrong-channel",
      ref: 1,
    });
    client.receivesNothing();
  });

  test("has a ping with a timestamp answered", () => {
    const { channel, client } = connected();
    client.drain();
    client.sends({ type: "ping", timestamp: 5 });
    expect(client.receives("pong")).toEqual({
      type: "pong",
      timestamp: channel.now,
      "original-timestamp": 5,
    });
  });

  test("has what nobody knows echoed", () => {
    const { channel, client } = connected();
    client.drain();
    client.sends({ type: "hello", x: 1 });
    expect(client.receives("echo")).toEqual({
      type: "echo",
      original: { type: "hello", x: 1 },
      "conn-id": "c",
      timestamp: channel.now,
    });
  });

  test("is told whether it is subscribed", () => {
    const { client } = connected();
    client.drain();
    client.sends({ type: "get-subscriptions", ref: 1 });
    expect(client.receives("subscription-list")).toEqual({
      type: "subscription-list",
      ref: 1,
      subscriptions: [],
    });
    client.sends({ type: "subscribe" }, { type: "get-subscriptions" });
    client.receives("subscription-result");
    expect(client.receives("subscription-list").subscriptions).toEqual([
      "chat",
    ]);
  });

  test("has its token passed to the host", () => {
    const { channel, client } = connected();
    client.sends({ type: "authenticate", token: "x" });
    expect(channel.renewals).toMatchObject([{ frame: { token: "x" } }]);
  });

  test("has list-channels passed to the host", () => {
    const { channel, client } = connected();
    client.sends({ type: "list-channels", limit: 5 });
    expect(channel.listings).toMatchObject([{ limit: 5, prefix: "" }]);
  });

  test("is closed after a frame that is too long", () => {
    const { client } = connected({ MAX_FRAME_BYTES: 1_024 });
    client.drain();
    client.sendsText("x".repeat(1_025));
    expect(client.receives("error").reason).toBe("frame-too-large");
    expect(client.closed?.code).toBe(1009);
  });
});

describe("refusals in a row", () => {
  test("close the connection, at the hundredth", () => {
    const { client } = connected();
    client.drain();
    for (let i = 0; i < 99; i++) client.sendsText("?");
    expect(client.closed).toBeUndefined();
    client.sendsText("?");
    expect(client.closed?.code).toBe(1008);
    expect(client.drain()).toHaveLength(100);
  });

  test("count across hibernation", () => {
    const { channel, client } = connected();
    for (let i = 0; i < 99; i++) {
      client.sendsText("?");
      if (i % 30 === 0) channel.hibernates();
    }
    expect(client.closed).toBeUndefined();
    channel.hibernates();
    client.sends({ type: "publish", data: 1, "channel-id": "other" });
    expect(client.closed?.code).toBe(1008);
  });

  test("are forgotten with one frame that is right", () => {
    const { client } = connected();
    for (let i = 0; i < 150; i++) {
      client.sendsText("?");
      if (i % 50 === 0) client.sends({ type: "ping", timestamp: 1 });
    }
    expect(client.closed).toBeUndefined();
  });
});

describe("heartbeats answered for the channel", () => {
  test("that stop close the connection after 2.5 of them", () => {
    const { channel, client } = connected();
    client.heartbeatAt = channel.now;
    channel.now += 75_000;
    channel.core.closeSilent();
    channel.settle();
    expect(client.closed).toBeUndefined();
    channel.now += 30_000;
    channel.core.closeSilent();
    channel.settle();
    expect(client.closed?.code).toBe(4008);
  });

  test("that were never sent are not missed", () => {
    const { channel, client } = connected();
    channel.now += 10_000_000;
    channel.core.closeSilent();
    channel.settle();
    expect(client.closed).toBeUndefined();
  });

  test("are not missed where something else was heard", () => {
    const { channel, client } = connected();
    client.heartbeatAt = channel.now;
    channel.now += 70_000;
    client.sends({ type: "pong" });
    channel.now += 70_000;
    channel.core.closeSilent();
    channel.settle();
    expect(client.closed).toBeUndefined();
  });
});

describe("frames behind a subscription that waits for its replay", () => {
  /** A channel whose replay fills a flush, and a client that comes later. */
  function crowded(via: "session" | "direct" = "session") {
    const channel = new TestChannel({
      config: { "message-retention": 100, "recovery-window-bytes": 8_000_000 },
    });
    const publisher = channel.connects("p");
    const data = "x".repeat(55_000);
    for (let i = 0; i < 80; i++) publisher.sends({ type: "publish", data });
    const first = channel.connects("first", { via: "session" });
    const late = channel.connects("late", { via });
    late.drain();
    return { channel, first, late };
  }

  test("are answered behind it, each with one reply", () => {
    const { channel, first, late } = crowded();
    channel.together(() => {
      first.sends({ type: "subscribe" });
      late.sends({ type: "subscribe", ref: 0 });
      late.sends({ type: "unsubscribe", ref: 1 });
      late.sends({ type: "publish", data: 1, ref: 2 });
    });
    const replies = late.drain().filter((frame) => "ref" in frame);
    expect(replies.map((frame) => "ref" in frame && frame.ref)).toEqual([
      0, 1, 2,
    ]);
  });

  test("are refused in their turn when they are too many", () => {
    const { channel, first, late } = crowded("direct");
    channel.together(() => {
      first.sends({ type: "subscribe" });
      late.sends({ type: "subscribe", ref: 0 });
      for (let i = 1; i <= 300; i++) {
        late.sends({ type: "unsubscribe", ref: i });
      }
    });
    const replies = late.drain();
    expect(replies.map((frame) => "ref" in frame && frame.ref)).toEqual(
      Array.from({ length: 301 }, (_, i) => i),
    );
    expect(replies.at(-1)).toMatchObject({
      type: "error",
      reason: "rate-limited",
    });
  });
});
