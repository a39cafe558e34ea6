import { describe, expect, test } from "vitest";

import { remove } from "../../src/channel/lifetime.ts";
import { contents, TestChannel, type TestClient } from "../support/channel.ts";

function epochOf(channel: TestChannel): string {
  return channel.state.existing?.record.epoch ?? "none";
}

/** A channel to which so many messages were published, one a flush. */
function channelWith(messages: number, config = {}): TestChannel {
  const channel = new TestChannel({ config });
  const publisher = channel.connects("publisher");
  for (let i = 1; i <= messages; i++) {
    publisher.sends({ type: "publish", data: i });
  }
  return channel;
}

function subscribes(client: TestClient, fields: object = {}) {
  client.drain();
  client.sends({ type: "subscribe", ...fields });
  return client.receives("subscription-result");
}

describe("subscribing", () => {
  test("is answered with all that a subscriber must know", () => {
    const channel = channelWith(2);
    const client = channel.connects("a");
    expect(subscribes(client, { ref: "r1" })).toEqual({
      type: "subscription-result",
      ref: "r1",
      "channel-id": "chat",
      success: true,
      "subscriber-count": 1,
      "retained-messages": [1, 2].map((n) => ({
        type: "channel-message",
        "channel-id": "chat",
        data: n,
        "message-id": `msg-${n}`,
        seq: n,
        "published-at": channel.now,
        "broadcast-time": channel.now,
        "sender-conn-id": "publisher",
        "sender-user-id": null,
      })),
      epoch: epochOf(channel),
      seq: 2,
    });
  });

  test("hands over the newest as far as the channel retains them", () => {
    const client = channelWith(20, { "message-retention": 3 }).connects("a");
    expect(contents(subscribes(client)["retained-messages"] ?? [])).toEqual([
      18, 19, 20,
    ]);
  });

  test("hands over no more than was asked for", () => {
    const client = channelWith(20).connects("a");
    const limited = subscribes(client, { "retained-limit": 2 });
    expect(contents(limited["retained-messages"] ?? [])).toEqual([19, 20]);
  });

  test("with a position recovers exactly what came after it", () => {
    const channel = channelWith(20, { "message-retention": 3 });
    const since = { epoch: epochOf(channel), seq: 15 };
    const result = subscribes(channel.connects("a"), { since });
    expect(result).toMatchObject({ recovered: true, seq: 20 });
    expect(contents(result["retained-messages"] ?? [])).toEqual([
      16, 17, 18, 19, 20,
    ]);
  });

  test("with a position of another epoch hands over the newest", () => {
    const channel = channelWith(20, { "message-retention": 3 });
    const since = { epoch: "another", seq: 19 };
    const result = subscribes(channel.connects("a"), { since });
    expect(result.recovered).toBe(false);
    expect(contents(result["retained-messages"] ?? [])).toEqual([18, 19, 20]);
  });

  test("and publishing in one flush lose, repeat and reorder nothing", () => {
    const channel = channelWith(1);
    const publisher = channel.connects("p2");
    const client = channel.connects("a");
    client.drain();
    channel.together(() => {
      publisher.sends({ type: "publish", data: 2 });
      client.sends({ type: "subscribe" });
      publisher.sends({ type: "publish", data: 3 });
    });
    const result = client.receives("subscription-result");
    expect(result.seq).toBe(2);
    expect(contents(result["retained-messages"] ?? [])).toEqual([1, 2]);
    expect(client.receives("channel-message").data).toBe(3);
    client.receivesNothing();
  });

  test("again is no error and does not count twice", () => {
    const channel = channelWith(0);
    const client = channel.subscriber("a");
    expect(subscribes(client)).toMatchObject({
      success: true,
      "subscriber-count": 1,
    });
    const publisher = channel.connects("p2");
    publisher.sends({ type: "publish", data: 1 });
    expect(client.drain()).toHaveLength(1);
  });

  test("to a full channel is refused, unless one is subscribed", () => {
    const channel = channelWith(0, { "max-subscribers": 1 });
    const first = channel.subscriber("a");
    expect(subscribes(channel.connects("b"), { ref: 1 })).toEqual({
      type: "subscription-result",
      ref: 1,
      "channel-id": "chat",
      success: false,
      reason: "max-subscribers-reached",
      current: 1,
      max: 1,
    });
    expect(subscribes(first).success).toBe(true);
  });

  test("creates a missing channel", () => {
    const channel = new TestChannel();
    expect(subscribes(channel.connects("a"))).toMatchObject({
      success: true,
      seq: 0,
      "subscriber-count": 1,
    });
    expect(channel.state.existing?.record.autoCreated).toBe(true);
  });

  test("creates none where the server does not", () => {
    const channel = new TestChannel({ variables: { AUTO_CREATE: "false" } });
    expect(subscribes(channel.connects("a"))).toMatchObject({
      success: false,
      reason: "channel-not-found",
    });
    expect(channel.sql.tables()).toEqual([]);
  });

  test("lasts through hibernation", () => {
    const channel = channelWith(0);
    const client = channel.subscriber("a");
    channel.hibernates();
    channel.connects("p2").sends({ type: "publish", data: 1 });
    expect(client.receives("channel-message").data).toBe(1);
  });

  test("of many at once is paced, and all are answered", () => {
    const channel = new TestChannel({
      config: { "message-retention": 100, "recovery-window-bytes": 8_000_000 },
    });
    const publisher = channel.connects("publisher");
    const data = "x".repeat(50_000);
    channel.together(() => {
      for (let i = 0; i < 20; i++) publisher.sends({ type: "publish", data });
    });
    const clients = Array.from({ length: 12 }, (_, i) =>
      channel.connects(`c${i}`),
    );
    for (const client of clients) client.drain();
    const before = channel.flushes;
    channel.together(() => {
      for (const client of clients) {
        client.sends({ type: "subscribe" }, { type: "publish", data: 1 });
      }
    });
    expect(channel.flushes - before).toBeGreaterThan(1);
    for (const client of clients) {
      const result = client.receives("subscription-result");
      const live = client.drain().map(({ type }) => type);
      const { seq = 0 } = result;
      expect(live.filter((type) => type === "publish-result")).toHaveLength(1);
      expect(live).toHaveLength(1 + 32 - seq);
    }
  });
});

describe("unsubscribing", () => {
  test("ends the subscription", () => {
    const channel = channelWith(0);
    const client = channel.subscriber("a");
    client.sends({ type: "unsubscribe", ref: 2 });
    expect(client.receives("unsubscription-result")).toEqual({
      type: "unsubscription-result",
      ref: 2,
      "channel-id": "chat",
      success: true,
    });
    channel.connects("p2").sends({ type: "publish", data: 1 });
    client.receivesNothing();
  });

  test("comes behind what was published before it", () => {
    const channel = channelWith(0);
    const client = channel.subscriber("a");
    const publisher = channel.connects("p2");
    channel.together(() => {
      publisher.sends({ type: "publish", data: 1 });
      client.sends({ type: "unsubscribe" });
      publisher.sends({ type: "publish", data: 2 });
    });
    expect(contents(client.drain())).toEqual([1, "unsubscription-result"]);
  });

  test("without a subscription is refused", () => {
    const client = channelWith(0).connects("a");
    client.drain();
    client.sends({ type: "unsubscribe" });
    expect(client.receives("unsubscription-result").reason).toBe(
      "not-subscribed",
    );
  });

  test("from a channel that does not exist is refused", () => {
    const client = new TestChannel().connects("a");
    client.drain();
    client.sends({ type: "unsubscribe" });
    expect(client.receives("unsubscription-result").reason).toBe(
      "channel-not-found",
    );
  });

  test("happens by itself when the connection goes", () => {
    const channel = channelWith(0);
    channel.subscriber("a").disconnects();
    expect(channel.state.connections.subscriberCount).toBe(0);
  });
});

describe("a channel that is deleted", () => {
  test("tells its subscribers, who then are none", () => {
    const channel = channelWith(0);
    const client = channel.subscriber("a");
    channel.together(() => remove(channel.state, "requested"));
    expect(client.receives("channel-deleted")["channel-id"]).toBe("chat");
    client.sends({ type: "unsubscribe" });
    expect(client.receives("unsubscription-result").reason).toBe(
      "channel-not-found",
    );
    expect(channel.sql.tables()).toEqual([]);
  });

  test("and created again has another epoch and starts at 1", () => {
    const channel = channelWith(5);
    const before = epochOf(channel);
    const since = { epoch: before, seq: 5 };
    channel.together(() => remove(channel.state, "requested"));
    const client = channel.connects("a");
    const result = subscribes(client, { since });
    expect(result.epoch).not.toBe(before);
    expect(result).toMatchObject({ seq: 0, recovered: false });
    client.sends({ type: "publish", data: 1 });
    expect(client.receives("channel-message").seq).toBe(1);
  });

  test("and created again within one flush starts at 1 too", () => {
    const channel = channelWith(5);
    const client = channel.connects("a");
    client.drain();
    channel.together(() => {
      remove(channel.state, "requested");
      client.sends({ type: "subscribe" }, { type: "publish", data: "new" });
    });
    const result = client.receives("subscription-result");
    expect(result).toMatchObject({ seq: 0, "retained-messages": [] });
    expect(client.receives("channel-message")).toMatchObject({ seq: 1 });
    channel.hibernates();
    const since = { epoch: epochOf(channel), seq: 0 };
    const again = subscribes(channel.connects("b"), { since });
    expect(contents(again["retained-messages"] ?? [])).toEqual(["new"]);
  });
});
