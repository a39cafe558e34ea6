import { describe, expect, test } from "vitest";

import { TestChannel } from "../support/channel.ts";

const DAY_MS = 86_400_000;

function asked(timeoutMs = 1_000) {
  const channel = new TestChannel({ config: {} });
  channel.subscriber("s");
  const client = channel.connects("c");
  client.drain();
  client.sends({ type: "rpc-request", data: 1, "timeout-ms": timeoutMs });
  client.receives("rpc-request-result");
  return { channel, client };
}

describe("an alarm", () => {
  test("that comes early does nothing, and comes again", () => {
    const { channel, client } = asked();
    const due = channel.now + 1_000;
    channel.now += 500;
    channel.rings();
    client.receivesNothing();
    expect(channel.alarmAt).toBe(due);
  });

  test("that comes late does what was due", () => {
    const { channel, client } = asked();
    channel.now += 60_000;
    channel.rings();
    expect(client.receives("rpc-response").reason).toBe("timeout");
  });

  test("that comes twice does it once", () => {
    const { channel, client } = asked();
    channel.now += 1_000;
    channel.rings();
    channel.rings();
    expect(client.drain()).toHaveLength(1);
  });

  test("is set once for many requests of the same timeout", () => {
    const { channel, client } = asked();
    const before = channel.armed.length;
    for (let i = 0; i < 10; i++) {
      channel.now += 1;
      client.sends({ type: "rpc-request", data: 1, "timeout-ms": 1_000 });
    }
    expect(channel.armed.length).toBe(before);
  });
});

describe("a channel that a subscription created", () => {
  test("is removed when it was idle for so long, and not before", () => {
    const channel = new TestChannel();
    channel.subscriber("a").disconnects();
    channel.passes(DAY_MS - 1);
    expect(channel.state.existing).toBeDefined();
    channel.passes(1);
    expect(channel.state.existing).toBeUndefined();
    expect(channel.sql.tables()).toEqual([]);
  });

  test("is idle since the last message too", () => {
    const channel = new TestChannel();
    channel.subscriber("a").disconnects();
    const publisher = channel.connects("p");
    channel.passes(DAY_MS / 2);
    publisher.sends({ type: "publish", data: 1 });
    channel.passes(DAY_MS - 1);
    expect(channel.state.existing).toBeDefined();
    channel.passes(1);
    expect(channel.state.existing).toBeUndefined();
  });

  test("is not idle while somebody is subscribed", () => {
    const channel = new TestChannel();
    channel.subscriber("a");
    channel.passes(10 * DAY_MS);
    expect(channel.state.existing).toBeDefined();
  });

  test("counts as idle from a crash that took its subscribers", () => {
    const channel = new TestChannel();
    channel.subscriber("a");
    channel.crashes();
    channel.settle();
    channel.passes(DAY_MS);
    expect(channel.state.existing).toBeUndefined();
  });

  test("is nobody's to remove once it was created by name", () => {
    const channel = new TestChannel();
    channel.subscriber("a").disconnects();
    channel.put({});
    channel.passes(10 * DAY_MS);
    expect(channel.state.existing).toBeDefined();
  });

  test("stays for ever where idle-ttl-ms is 0", () => {
    const channel = new TestChannel({
      variables: { CHANNEL_DEFAULTS: '{"idle-ttl-ms":0}' },
    });
    channel.subscriber("a").disconnects();
    channel.passes(100 * DAY_MS);
    expect(channel.state.existing).toBeDefined();
  });
});

describe("messages that have expired", () => {
  test("are deleted from storage by the alarm", () => {
    const channel = new TestChannel({
      config: {
        "recovery-window": 20,
        "recovery-ttl-ms": 1_000,
        "message-retention": 1,
      },
    });
    const client = channel.connects("p");
    for (let i = 0; i < 5; i++) client.sends({ type: "publish", data: i });
    channel.passes(999);
    expect(channel.sql.count("segments")).toBe(5);
    channel.passes(1);
    expect(channel.sql.count("segments")).toBe(1);
    client.sends({ type: "publish", data: 5 });
    channel.hibernates();
    expect(channel.state.existing?.log.seq).toBe(6);
  });

  test("are deleted although messages went on for a while", () => {
    const channel = new TestChannel({
      config: {
        "recovery-window": 20,
        "recovery-ttl-ms": 1_000,
        "message-retention": 1,
      },
    });
    const client = channel.connects("p");
    for (let i = 0; i < 5; i++) {
      client.sends({ type: "publish", data: i });
      channel.passes(400);
    }
    channel.passes(2_000);
    expect(channel.sql.count("segments")).toBe(1);
  });
});
