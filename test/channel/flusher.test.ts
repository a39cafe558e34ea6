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

describe("between a flush and its timer", () => {
  function crowd(size: number) {
    const channel = new TestChannel({ config: {} });
    const publisher = channel.connects("publisher");
    const subscribers = Array.from({ length: size }, (_, n) =>
      channel.subscriber(`subscriber-${n}`, { batch: true }),
    );
    channel.lingers = true;
    const sent = () => subscribers.map(({ raw }) => raw.length);
    const before = sent();
    const gained = () => sent().map((now, at) => now - (before[at] ?? 0));
    const publishes = (data: number, ephemeral = false) =>
      publisher.sends({ type: "publish", data, ephemeral });
    return { channel, gained, publishes };
  }

  test("few events reach few sockets without waiting for it", () => {
    const { gained, publishes } = crowd(1);
    for (let n = 1; n <= 4; n++) {
      publishes(n, true);
      expect(gained()).toEqual([n]);
    }
  });

  test("what must be stored shares its rows sooner", () => {
    const { channel, gained, publishes } = crowd(1);
    const written = channel.flushes;
    for (let n = 1; n <= 8; n++) publishes(n);
    channel.elapses();
    expect(gained()).toEqual([3]);
    expect(channel.flushes).toBe(written + 3);
  });

  test("many sockets get one message for all that came meanwhile", () => {
    const { channel, gained, publishes } = crowd(20);
    for (let n = 1; n <= 10; n++) publishes(n);
    expect(gained()).toEqual(Array(20).fill(1));
    channel.elapses();
    expect(gained()).toEqual(Array(20).fill(2));
  });

  test("a burst soon shares its flushes, also with few sockets", () => {
    const { channel, gained, publishes } = crowd(1);
    for (let n = 1; n <= 50; n++) publishes(n, true);
    expect(gained()).toEqual([4]);
    channel.elapses();
    for (let n = 1; n <= 50; n++) publishes(n, true);
    channel.elapses();
    expect(gained()).toEqual([6]);
  });
});

describe("what says that a request has ended", () => {
  function answering(via: "direct" | "session") {
    const channel = new TestChannel({ config: {} });
    const requester = channel.connects("requester", { via });
    const service = channel.subscriber("service");
    channel.lingers = true;
    requester.sends({ type: "rpc-request", data: 1 });
    channel.elapses();
    const { "request-id": requestId } = service.receives("rpc-request");
    requester.drain();
    const written = channel.flushes;
    service.sends({ type: "rpc-response", "request-id": requestId, data: 2 });
    return { channel, requester, written };
  }

  test("is written once nothing more is sent", () => {
    const { channel, requester, written } = answering("direct");
    expect(requester.receives("rpc-response").data).toBe(2);
    expect(channel.flushes).toBe(written);
    channel.elapses();
    expect(channel.flushes).toBe(written + 1);
    channel.hibernates();
    expect(channel.state.calls.size).toBe(0);
  });

  test("shares the next write", () => {
    const { channel, requester, written } = answering("direct");
    requester.sends({ type: "publish", data: 3 });
    expect(channel.flushes).toBe(written + 1);
    channel.hibernates();
    expect(channel.state.calls.size).toBe(0);
  });

  test("is written at once for a session, which outlives a crash", () => {
    const { channel, written } = answering("session");
    expect(channel.flushes).toBe(written + 1);
    channel.crashes();
    expect(channel.state.calls.size).toBe(0);
  });

  test("is not put off while others publish", () => {
    const { channel, written } = answering("direct");
    const publisher = channel.connects("publisher");
    for (let n = 0; n < 10; n++) {
      publisher.sends({ type: "publish", data: n, ephemeral: true });
    }
    channel.elapses();
    expect(channel.flushes).toBe(written + 1);
  });
});

describe("an open request", () => {
  function asking(via: "direct" | "session") {
    const channel = new TestChannel({ config: {} });
    const requester = channel.connects("requester", { via });
    const service = channel.subscriber("service");
    channel.lingers = true;
    channel.elapses();
    const written = channel.flushes;
    requester.sends({ type: "rpc-request", data: 1 });
    const { "request-id": requestId } = service.receives("rpc-request");
    return { channel, requester, service, requestId, written };
  }

  test("is written before anybody hears of it where a session takes part", () => {
    const { channel, written } = asking("session");
    expect(channel.flushes).toBe(written + 1);
    channel.hibernates();
    expect(channel.state.calls.size).toBe(1);
  });

  test("is never written when it is answered soon", () => {
    const { channel, service, requestId, written } = asking("direct");
    service.sends({ type: "rpc-response", "request-id": requestId, data: 2 });
    channel.elapses();
    channel.elapses();
    expect(channel.flushes).toBe(written);
  });

  test("is written before the channel can hibernate", () => {
    const { channel, service, requestId, requester, written } =
      asking("direct");
    channel.elapses();
    expect(channel.flushes).toBe(written + 1);
    channel.hibernates();
    requester.drain();
    service.sends({ type: "rpc-response", "request-id": requestId, data: 2 });
    expect(requester.receives("rpc-response").data).toBe(2);
  });

  test("shares the next write", () => {
    const { channel, requester, written } = asking("direct");
    channel.elapses();
    requester.sends({ type: "rpc-request", data: 2 });
    requester.sends({ type: "publish", data: 3 });
    channel.hibernates();
    expect(channel.flushes).toBe(written + 2);
    expect(channel.state.calls.size).toBe(2);
  });
});
