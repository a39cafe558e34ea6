import { describe, expect, test } from "vitest";

import { TestSession } from "../support/session.ts";

describe("a connection", () => {
  test("is greeted", () => {
    const client = new TestSession();
    client.session.start();
    expect(client.receives("welcome")).toEqual({
      type: "welcome",
      "conn-id": "conn-1",
      "server-time": client.now,
      protocol: 1,
      "heartbeat-ms": 30_000,
      "max-frame-bytes": 65_536,
      "max-depth": 128,
      "frames-per-second": 1_000,
      "frames-burst": 2_000,
      "user-id": null,
    });
  });

  test("has its heartbeat answered to the letter", () => {
    const client = new TestSession();
    client.sendsText('{"type":"ping"}');
    expect(client.raw).toEqual(['{"type":"pong"}']);
  });

  test("has a ping with a timestamp answered with it", () => {
    const client = new TestSession();
    client.sends({ type: "ping", timestamp: 5, ref: 1 });
    expect(client.receives("pong")).toEqual({
      type: "pong",
      ref: 1,
      timestamp: client.now,
      "original-timestamp": 5,
    });
    client.sends({ type: "ping", timestamp: null });
    expect(client.receives("pong")["original-timestamp"]).toBeNull();
  });

  test("has its pong left unanswered", () => {
    const client = new TestSession();
    client.sends({ type: "pong" });
    client.receivesNothing();
  });

  test("has what nobody knows echoed", () => {
    const client = new TestSession();
    client.sends({ type: "hello", x: [1], ref: "r" });
    expect(client.receives("echo")).toEqual({
      type: "echo",
      ref: "r",
      original: { type: "hello", x: [1], ref: "r" },
      "conn-id": "conn-1",
      timestamp: client.now,
    });
  });

  test("has its token passed to its host", () => {
    const client = new TestSession();
    client.sends({ type: "authenticate", token: "t" });
    expect(client.renewals).toMatchObject([{ token: "t" }]);
  });

  test("has list-channels passed to its host", () => {
    const client = new TestSession();
    client.sends({ type: "list-channels", prefix: "a", ref: 1 });
    expect(client.listings).toMatchObject([
      { prefix: "a", limit: 100, ref: 1 },
    ]);
  });

  test.each([
    ["{", "invalid-json"],
    ["[]", "invalid-message"],
    ["5", "invalid-message"],
    ['{"x":1}', "invalid-message"],
    ['{"type":"publish","channel-id":"a"}', "invalid-message"],
    ['{"type":"publish","data":1}', "invalid-message"],
  ])("has %s refused and stays open", (text, reason) => {
    const client = new TestSession();
    client.sendsText(text);
    expect(client.receives("error").reason).toBe(reason);
    client.receivesNothing();
    expect(client.closed).toBeUndefined();
    expect(client.opens).toEqual([]);
  });

  test("has binary messages refused", () => {
    const client = new TestSession();
    client.session.receive(new ArrayBuffer(2));
    expect(client.receives("error").reason).toBe("unsupported-data");
    expect(client.closed).toBeUndefined();
  });

  test("may send a frame as long as allowed, and is closed over that", () => {
    const client = new TestSession({ MAX_FRAME_BYTES: 1_024 });
    const frame = (bytes: number) =>
      `{"type":"x","pp":"${"é".repeat((bytes - 20) / 2)}"}`;
    client.sendsText(frame(1_024));
    client.receives("echo");
    client.sendsText(frame(1_026));
    expect(client.receives("error").reason).toBe("frame-too-large");
    expect(client.closed).toMatchObject({ code: 1009 });
  });
});

describe("refusals in a row", () => {
  test("close the connection, at the hundredth", () => {
    const client = new TestSession();
    for (let i = 0; i < 99; i++) client.sendsText("?");
    expect(client.closed).toBeUndefined();
    client.sendsText("?");
    expect(client.closed).toMatchObject({ code: 1008 });
    expect(client.drain()).toHaveLength(100);
  });

  test("are forgotten with one frame that is right", () => {
    const client = new TestSession();
    for (let i = 0; i < 99; i++) client.sendsText("?");
    client.sends({ type: "ping" });
    for (let i = 0; i < 99; i++) client.sendsText("?");
    expect(client.closed).toBeUndefined();
  });

  test("count in one array as well", () => {
    const client = new TestSession();
    client.sendsText(`[${Array(120).fill("1").join(",")}]`);
    expect(client.closed).toMatchObject({ code: 1008 });
    expect(client.drain()).toHaveLength(100);
  });

  test("count where the channel-id is missing", () => {
    const client = new TestSession();
    for (let i = 0; i < 100; i++) client.sends({ type: "publish", data: i });
    expect(client.closed).toMatchObject({ code: 1008 });
  });

  test("count where they wait for their turn in line", () => {
    const client = new TestSession();
    client.sends({ type: "publish", "channel-id": "a", data: 1 });
    for (let i = 0; i < 100; i++) {
      client.sends({ type: "publish", "channel-id": "a" });
    }
    expect(client.closed).toMatchObject({ code: 1008 });
  });

  test("close without a word to channels that are closed too", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const bad = Array(100).fill("1").join(",");
    const good = '{"type":"publish","channel-id":"a","data":1}';
    client.sendsText(`[${good},${bad}]`);
    expect(client.closed).toMatchObject({ code: 1008 });
    expect(channel.closed).toMatchObject({ code: 1000 });
  });
});

describe("a client that goes", () => {
  test("lets go of all its channels", () => {
    const client = new TestSession();
    const channels = ["a", "b"].map((id) => client.subscribes(id));
    client.session.clientGone();
    for (const channel of channels) {
      expect(channel.closed).toMatchObject({ code: 1000 });
    }
    // It has no socket to close any more.
    expect(client.closed).toBeUndefined();
  });

  test("while a channel is being opened leaves it unused", () => {
    const client = new TestSession();
    client.sends({ type: "subscribe", "channel-id": "a" });
    client.session.clientGone();
    const channel = client.accepts();
    expect(channel.closed).toMatchObject({ code: 1000 });
    expect(channel.raw).toEqual([]);
  });
});
