import { describe, expect, test } from "vitest";

import { broadcast } from "../../src/channel/publishing.ts";
import { contents, TestChannel } from "../support/channel.ts";

describe("publishing", () => {
  test("reaches every subscriber and is answered", () => {
    const channel = new TestChannel({ config: {} });
    const subscribers = ["a", "b"].map((id) => channel.subscriber(id));
    const publisher = channel.connects("p", { userId: "u1" });
    publisher.drain();
    publisher.sends({ type: "publish", data: { text: "hé" }, ref: 3 });
    expect(publisher.receives("publish-result")).toEqual({
      type: "publish-result",
      ref: 3,
      "channel-id": "chat",
      success: true,
      "message-id": "msg-1",
      seq: 1,
      "delivered-to": 2,
    });
    for (const subscriber of subscribers) {
      expect(subscriber.receives("channel-message")).toEqual({
        type: "channel-message",
        "channel-id": "chat",
        data: { text: "hé" },
        "message-id": "msg-1",
        seq: 1,
        "published-at": channel.now,
        "broadcast-time": channel.now,
        "sender-conn-id": "p",
        "sender-user-id": "u1",
      });
    }
  });

  test("hands a subscribed publisher its message before the result", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 1 });
    expect(contents(client.drain())).toEqual([1, "publish-result"]);
  });

  test.each([
    ["null", null],
    ["false", false],
    ["an empty string", ""],
    ["a lone surrogate", "\ud800"],
  ])("takes %s as a value", (_, data) => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data });
    expect(client.receives("channel-message").data).toBe(data);
  });

  test("may leave its sender out, who is not counted", () => {
    const channel = new TestChannel({ config: {} });
    const other = channel.subscriber("b");
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 1, "exclude-sender": true });
    expect(client.receives("publish-result")["delivered-to"]).toBe(1);
    client.receivesNothing();
    expect(other.drain()).toHaveLength(1);
  });

  test("stores what left its sender out like any other", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 1, "exclude-sender": true });
    client.drain();
    client.sends({ type: "subscribe" });
    const result = client.receives("subscription-result");
    expect(contents(result["retained-messages"] ?? [])).toEqual([1]);
  });

  test("to a channel that does not exist creates none", () => {
    const channel = new TestChannel();
    const client = channel.connects("a");
    client.drain();
    client.sends({ type: "publish", data: 1, ref: "x" });
    expect(client.receives("publish-result")).toEqual({
      type: "publish-result",
      ref: "x",
      "channel-id": "chat",
      success: false,
      reason: "channel-not-found",
    });
    expect(channel.sql.tables()).toEqual([]);
  });

  test("takes data up to the limit, in bytes of its JSON, and no more", () => {
    const channel = new TestChannel({
      config: {},
      variables: { MAX_DATA_BYTES: 12 },
    });
    const client = channel.connects("a");
    client.drain();
    client.sends({ type: "publish", data: "ééééé" });
    expect(client.receives("publish-result").success).toBe(true);
    client.sends({ type: "publish", data: "éééééx" });
    expect(client.receives("publish-result").reason).toBe("payload-too-large");
  });

  test("ephemerally stores nothing and takes no number", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    const rows = channel.sql.rowsWrittenBy(() => {
      client.sends({ type: "publish", data: 1, ephemeral: true });
    });
    expect(rows).toBe(0);
    const message = client.receives("channel-message");
    expect(message.seq).toBeUndefined();
    expect(message["message-id"]).toMatch(/^eph-[\w-]{16}$/);
    const result = client.receives("publish-result");
    expect(result.seq).toBeUndefined();
    expect(result["message-id"]).toBe(message["message-id"]);
    client.sends({ type: "publish", data: 2 });
    expect(client.receives("channel-message").seq).toBe(1);
  });

  test("a burst is one row, and the frames arrive in order", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    const publisher = channel.connects("p");
    const rows = channel.sql.rowsWrittenBy(() => {
      channel.together(() => {
        for (let i = 0; i < 100; i++) {
          publisher.sends({ type: "publish", data: i });
        }
      });
    });
    expect(rows).toBe(1);
    expect(contents(client.drain())).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test("numbers go on after a crash", () => {
    const channel = new TestChannel({ config: {} });
    channel.connects("p").sends({ type: "publish", data: 1 });
    channel.crashes();
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 2 });
    expect(client.receives("channel-message").seq).toBe(2);
  });

  test("numbers go on after a crash where nothing is kept", () => {
    const channel = new TestChannel({
      config: { "message-retention": 0, "recovery-window": 0 },
    });
    channel.connects("p").sends({ type: "publish", data: 1 });
    channel.crashes();
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 2 });
    expect(client.receives("channel-message").seq).toBe(2);
  });

  test("over HTTP shows no connection", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    channel.together(() =>
      broadcast(channel.state, {
        data: "1",
        messageId: undefined,
        ephemeral: false,
        sender: { connId: null, userId: "u" },
        grants: ["publish"],
      }),
    );
    expect(client.receives("channel-message")).toMatchObject({
      "sender-conn-id": null,
      "sender-user-id": "u",
    });
  });
});

describe("a message-id that was used before", () => {
  function publishes(channel: TestChannel, userId?: string) {
    const user = userId === undefined ? {} : { userId };
    const client = channel.connects(`p${channel.now++}`, user);
    client.drain();
    client.sends({ type: "publish", data: 1, "message-id": "m1" });
    return client.receives("publish-result");
  }

  test("is not published again, and the first number is named", () => {
    const channel = new TestChannel({ config: {} });
    const subscriber = channel.subscriber("a");
    publishes(channel);
    const result = publishes(channel);
    expect(result).toEqual({
      type: "publish-result",
      "channel-id": "chat",
      success: true,
      "message-id": "m1",
      seq: 1,
      duplicate: true,
    });
    expect(subscriber.drain()).toHaveLength(1);
  });

  test("is noticed within one flush", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    const frame = { type: "publish", data: 1, "message-id": "m1" };
    channel.together(() => client.sends(frame, frame));
    expect(contents(client.drain())).toEqual([
      1,
      "publish-result",
      "publish-result",
    ]);
  });

  test("is noticed after a crash", () => {
    const channel = new TestChannel({ config: {} });
    publishes(channel);
    channel.crashes();
    expect(publishes(channel)).toMatchObject({ seq: 1, duplicate: true });
  });

  test("by another user is another message", () => {
    const channel = new TestChannel({ config: {} });
    expect(publishes(channel, "u1").seq).toBe(1);
    expect(publishes(channel, "u2").seq).toBe(2);
    expect(publishes(channel).seq).toBe(3);
    expect(publishes(channel, "u1")).toMatchObject({ seq: 1, duplicate: true });
    expect(publishes(channel)).toMatchObject({ seq: 3, duplicate: true });
  });

  test("is another message once the first is no longer kept", () => {
    const channel = new TestChannel({
      config: { "recovery-window": 1, "message-retention": 0 },
    });
    publishes(channel);
    channel.connects("p").sends({ type: "publish", data: 2 });
    expect(publishes(channel)).toMatchObject({ seq: 3 });
  });

  test("is not noticed where nothing is kept", () => {
    const channel = new TestChannel({
      config: { "recovery-window": 0, "message-retention": 0 },
    });
    publishes(channel);
    expect(publishes(channel)).toMatchObject({ seq: 2 });
    const client = channel.subscriber("a");
    const frame = { type: "publish", data: 1, "message-id": "m2" };
    channel.together(() => client.sends(frame, frame));
    expect(contents(client.drain())).toEqual([
      1,
      "publish-result",
      1,
      "publish-result",
    ]);
  });
});
