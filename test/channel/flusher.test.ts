import { describe, expect, test } from "vitest";

import { TestChannel } from "../support/channel.ts";

describe("a flush", () => {
  test("that cannot be written sends nothing and says so", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    const sent = client.raw.length;
    channel.broken = true;
    client.sends({ type: "publish", data: 1 });
    expect(client.raw.length).toBe(sent);
    expect(channel.failures).toMatchObject([{ message: "the disk is full" }]);
  });

  test("that could not be written left nothing in storage", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    channel.broken = true;
    client.sends({ type: "publish", data: 1 });
    expect(channel.failures).toHaveLength(1);
    expect(channel.state.existing?.log.seq).toBe(0);
  });

  test("is made for all that happened together", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a", { batch: true });
    const sent = client.raw.length;
    channel.together(() => {
      for (let i = 0; i < 10; i++) client.sends({ type: "publish", data: i });
    });
    expect(client.raw.length - sent).toBe(1);
    expect(client.drain()).toHaveLength(20);
  });

  test("is not made for nothing", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.connects("a");
    const before = channel.flushes;
    client.sends({ type: "pong" });
    channel.settle();
    expect(channel.flushes).toBe(before);
  });

  test("goes on when one socket refuses what it is sent", () => {
    const channel = new TestChannel({ config: {} });
    const closing = channel.subscriber("a");
    const other = channel.subscriber("b");
    closing.closed = { code: 1006, reason: "not heard of yet" };
    other.sends({ type: "publish", data: 1 });
    expect(other.drain()).toHaveLength(2);
  });

  test("sends what is due before it closes", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.connects("a");
    client.drain();
    channel.together(() => {
      client.sends({ type: "publish", data: 1 });
      client.sendsText("x".repeat(70_000));
    });
    client.receives("publish-result");
    expect(client.receives("error").reason).toBe("frame-too-large");
    expect(client.closed?.code).toBe(1009);
  });
});
