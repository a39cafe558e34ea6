import { describe, expect, test } from "vitest";

import { TestChannel, type TestClient } from "../support/channel.ts";

function setting(variables: object, config = {}) {
  const channel = new TestChannel({ variables, config });
  const publisher = channel.connects("publisher");
  const publish = (times: number, bytes = 1) => {
    for (let i = 0; i < times; i++) {
      publisher.sends({ type: "publish", data: "x".repeat(bytes) });
    }
  };
  return { channel, publish };
}

function acks(client: TestClient, seq: number): void {
  client.sends({ type: "ack", seq });
}

describe("a reader that acknowledges", () => {
  test("may leave as many unacknowledged as allowed, and not one more", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    acks(client, 0);
    publish(5);
    expect(client.closed).toBeUndefined();
    publish(1);
    expect(client.closed?.code).toBe(4009);
  });

  test("goes on as long as it acknowledges", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    for (let seq = 0; seq < 50; seq += 5) {
      acks(client, seq);
      publish(5);
    }
    expect(client.closed).toBeUndefined();
  });

  test("may leave as many bytes as allowed, and no more", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING_BYTES: 4_096 });
    const client = channel.subscriber("a");
    acks(client, 0);
    publish(3, 1_000);
    expect(client.closed).toBeUndefined();
    publish(2, 1_000);
    expect(client.closed?.code).toBe(4009);
  });

  test("frees the bytes of what it acknowledges", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING_BYTES: 4_096 });
    const client = channel.subscriber("a");
    acks(client, 0);
    for (let seq = 1; seq <= 20; seq++) {
      publish(1, 1_000);
      acks(client, seq - 1);
    }
    expect(client.closed).toBeUndefined();
  });

  test("is not counted what it is replayed", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    acks(client, 0);
    client.sends({ type: "unsubscribe" });
    publish(20);
    const epoch = channel.state.existing?.record.epoch;
    client.sends({ type: "subscribe", since: { epoch, seq: 0 } });
    publish(5);
    expect(client.closed).toBeUndefined();
    publish(1);
    expect(client.closed?.code).toBe(4009);
  });

  test("for the first time amid what it was replayed goes on", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    publish(20);
    const client = channel.connects("a");
    const epoch = channel.state.existing?.record.epoch;
    client.sends({ type: "subscribe", since: { epoch, seq: 0 } });
    acks(client, 3);
    publish(1);
    expect(client.closed).toBeUndefined();
  });

  test("what was never sent counts as having acknowledged all", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    publish(3);
    acks(client, 1_000);
    publish(6);
    expect(client.closed?.code).toBe(4009);
  });

  test("a smaller number than before changes nothing", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    publish(5);
    acks(client, 5);
    acks(client, 1);
    publish(5);
    expect(client.closed).toBeUndefined();
  });

  test("is remembered to do so across hibernation", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 5 });
    const client = channel.subscriber("a");
    acks(client, 0);
    channel.hibernates();
    publish(6);
    expect(client.closed?.code).toBe(4009);
  });

  test("is no subscriber any more once it is closed", () => {
    const { channel, publish } = setting({ MAX_OUTSTANDING: 1 });
    acks(channel.subscriber("a"), 0);
    publish(2);
    expect(channel.state.connections.subscriberCount).toBe(0);
  });
});

describe("a reader that never acknowledges", () => {
  const limits = { MAX_SILENT_BYTES: 4_096 };

  test("is closed when it was handed too much since it was heard", () => {
    const { channel, publish } = setting(limits);
    const client = channel.subscriber("a");
    publish(3, 1_000);
    expect(client.closed).toBeUndefined();
    publish(2, 1_000);
    expect(client.closed?.code).toBe(4009);
  });

  test("goes on as long as it is heard", () => {
    const { channel, publish } = setting(limits);
    const client = channel.subscriber("a");
    for (let i = 0; i < 10; i++) {
      publish(3, 1_000);
      client.sends({ type: "pong" });
    }
    expect(client.closed).toBeUndefined();
  });

  test("goes on when its heartbeat was answered for the channel", () => {
    const { channel, publish } = setting(limits);
    const client = channel.subscriber("a");
    for (let i = 0; i < 10; i++) {
      publish(3, 1_000);
      channel.now += 10;
      client.heartbeatAt = channel.now;
    }
    expect(client.closed).toBeUndefined();
  });

  test("is closed when its last heartbeat was before that", () => {
    const { channel, publish } = setting(limits);
    const client = channel.subscriber("a");
    client.heartbeatAt = channel.now - 1;
    publish(5, 1_000);
    expect(client.closed?.code).toBe(4009);
  });

  test("and is a session is its session's business", () => {
    const { channel, publish } = setting(limits);
    const client = channel.subscriber("a", { via: "session" });
    publish(20, 1_000);
    expect(client.closed).toBeUndefined();
  });
});
