import { describe, expect, test } from "vitest";

import {
  message,
  published,
  requested,
  subscribed,
  TestSession,
  type TestUpstream,
} from "../support/session.ts";

const HEARTBEAT_MS = 30_000;

describe("subscriptions", () => {
  test("are refused over the limit", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 2 });
    client.subscribes("a");
    client.subscribes("b");
    client.sends({ type: "subscribe", "channel-id": "c", ref: 1 });
    expect(client.receives("subscription-result")).toEqual({
      type: "subscription-result",
      ref: 1,
      "channel-id": "c",
      success: false,
      reason: "too-many-subscriptions",
      current: 2,
      max: 2,
    });
    expect(client.opens).toEqual(["a", "b"]);
  });

  test("that are only asked for count", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 1 });
    client.sends({ type: "subscribe", "channel-id": "a" });
    client.sends({ type: "subscribe", "channel-id": "b" });
    expect(client.receives("subscription-result").reason).toBe(
      "too-many-subscriptions",
    );
  });

  test("to the same channel again count once", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 1 });
    const channel = client.subscribes("a");
    client.sends({ type: "subscribe", "channel-id": "a" });
    expect(channel.receives()).toHaveLength(1);
  });

  test("that ended make room", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 1 });
    const channel = client.subscribes("a");
    client.sends({ type: "unsubscribe", "channel-id": "a" });
    channel.says(
      { replies: 1, subscribed: false },
      { ...subscribed("a"), type: "unsubscription-result" },
    );
    client.receives("unsubscription-result");
    client.subscribes("b");
  });

  test("that failed make room", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 1 });
    client.sends({ type: "subscribe", "channel-id": "a" });
    const reason = "channel-not-found";
    client.accepts().replies({ ...subscribed("a"), success: false, reason });
    client.receives("subscription-result");
    client.subscribes("b");
  });
});

describe("channels in use", () => {
  const publish = (id: string) => ({
    type: "publish",
    "channel-id": id,
    data: 1,
    ref: id,
  });

  test("over the limit are refused", () => {
    const client = new TestSession({ MAX_UPSTREAMS: 2 });
    client.subscribes("a");
    client.subscribes("b");
    client.sends(publish("c"));
    expect(client.receives("publish-result")).toMatchObject({
      ref: "c",
      success: false,
      reason: "rate-limited",
    });
  });

  test("make room when nothing depends on them, the longest unused first", () => {
    const client = new TestSession({ MAX_UPSTREAMS: 2 });
    const channels = ["a", "b"].map((id) => {
      client.now++;
      client.sends(publish(id));
      const channel = client.accepts();
      channel.replies(published(id, id));
      return channel;
    });
    client.drain();
    client.sends(publish("c"));
    const [a, b] = channels;
    expect(a?.closed).toMatchObject({ code: 1000 });
    expect(b?.closed).toBeUndefined();
    expect(client.opens).toEqual(["a", "b", "c"]);
  });

  test("are let go of after a while without use", () => {
    const client = new TestSession();
    client.sends(publish("a"));
    const channel = client.accepts();
    channel.replies(published("a", "a"));
    client.ticksAfter(59_999);
    expect(channel.closed).toBeUndefined();
    client.ticksAfter(1);
    expect(channel.closed).toMatchObject({ code: 1000 });
    channel.breaks(1000);
    expect(client.timers).toEqual([]);
  });

  test("are not let go of while subscribed or waiting for an answer", () => {
    const client = new TestSession();
    const a = client.subscribes("a");
    client.sends({ type: "rpc-request", "channel-id": "b", data: 1 });
    const b = client.accepts();
    b.says({ replies: 1, opened: ["r1"] }, requested("b", "r1"));
    for (let i = 0; i < 20; i++) {
      client.ticksAfter(HEARTBEAT_MS);
      a.pongs();
      b.pongs();
    }
    expect([a.closed, b.closed]).toEqual([undefined, undefined]);
    b.says({ ended: ["r1"] });
    client.ticksAfter(60_000);
    expect(b.closed).toMatchObject({ code: 1000 });
    expect(a.closed).toBeUndefined();
  });
});

describe("heartbeats", () => {
  test("that stop close the connection after 2.5 of them", () => {
    const client = new TestSession();
    client.sendsText('{"type":"ping"}');
    client.ticksAfter(75_000);
    expect(client.closed).toBeUndefined();
    client.ticksAfter(1);
    expect(client.closed).toMatchObject({ code: 4008 });
  });

  test("in another form count too", () => {
    const client = new TestSession();
    client.sends({ type: "ping", timestamp: 1 });
    client.ticksAfter(75_001);
    expect(client.closed).toMatchObject({ code: 4008 });
  });

  test("are not needed where something else is heard", () => {
    const client = new TestSession();
    client.sendsText('{"type":"ping"}');
    client.ticksAfter(75_000);
    client.sends({ type: "pong" });
    client.ticksAfter(75_000);
    expect(client.closed).toBeUndefined();
  });

  test("that were never sent are not missed", () => {
    const client = new TestSession();
    client.sends({ type: "pong" });
    client.ticksAfter(10_000_000);
    expect(client.closed).toBeUndefined();
  });
});

describe("sockets to channels", () => {
  test("are pinged once a heartbeat", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    for (let i = 0; i < 8; i++) {
      client.ticksAfter(HEARTBEAT_MS / 2);
      channel.pongs();
    }
    expect(channel.receives()).toEqual(Array(4).fill({ type: "ping" }));
    expect(channel.raw.slice(1)).toEqual(Array(4).fill('{"type":"ping"}'));
    client.receivesNothing();
  });

  test("that are silent for 2.5 heartbeats are replaced", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.ticksAfter(2.5 * HEARTBEAT_MS);
    expect(channel.closed).toBeUndefined();
    client.ticksAfter(1);
    // Not 1000: the channel must know that its session will be back.
    expect(channel.closed?.code).not.toBe(1000);
    client.timersCome();
    expect(client.accepts().receives()[0]).toMatchObject({ type: "$resume" });
    client.receivesNothing();
  });
});

describe("a client that is never heard", () => {
  test("is closed when it was handed too much", () => {
    const client = new TestSession({ MAX_SILENT_BYTES: 4_096 });
    const channel = client.subscribes("a");
    client.sends({ type: "pong" });
    const { length } = JSON.stringify(message("a", 10));
    const allowed = Math.floor(4_096 / length);
    for (let i = 0; i < allowed; i++) channel.says({}, message("a", 10));
    expect(client.closed).toBeUndefined();
    channel.says({}, message("a", 10));
    expect(client.closed).toMatchObject({ code: 4009 });
  });

  test("is not closed while it says anything", () => {
    const client = new TestSession({ MAX_SILENT_BYTES: 4_096 });
    const channel = client.subscribes("a");
    for (let i = 0; i < 100; i++) {
      channel.says({}, message("a", i));
      client.sendsText('{"type":"ping"}');
    }
    expect(client.closed).toBeUndefined();
  });
});

describe("a session that was used up", () => {
  /** Passes messages on until the session ends, and counts them. */
  function lastsFor(client: TestSession, channel: TestUpstream): number {
    let passedOn = 0;
    while (client.closed === undefined && passedOn < 1_000) {
      channel.says({}, message("a", ++passedOn));
    }
    return passedOn;
  }

  test("asks its client to come back", () => {
    const client = new TestSession({ SESSION_MAX_MESSAGES: 100 });
    const channel = client.subscribes("a");
    const passedOn = lastsFor(client, channel);
    // The first few were the subscribe and its reply.
    expect(passedOn).toBeGreaterThan(95);
    expect(passedOn).toBeLessThan(100);
    expect(client.closed).toMatchObject({ code: 1012 });
    expect(channel.closed).toMatchObject({ code: 1000 });
    expect(client.drain()).toHaveLength(passedOn);
  });

  test("counts what it takes in", () => {
    const client = new TestSession({ SESSION_MAX_MESSAGES: 100 });
    for (let i = 0; i < 99; i++) client.sends({ type: "ping" });
    expect(client.closed).toBeUndefined();
    client.sends({ type: "pong" });
    expect(client.closed).toMatchObject({ code: 1012 });
  });

  test("waits until no request is open", () => {
    const client = new TestSession({ SESSION_MAX_MESSAGES: 100 });
    const channel = client.subscribes("a");
    client.sends({ type: "rpc-request", "channel-id": "a", data: 1 });
    channel.says({ replies: 1, opened: ["r1"] }, requested("a", "r1"));
    for (let i = 0; i < 110; i++) channel.says({}, message("a", i));
    expect(client.closed).toBeUndefined();
    channel.says({ ended: ["r1"] }, message("a", 200));
    expect(client.closed).toMatchObject({ code: 1012 });
  });

  test("waits until no reply is outstanding", () => {
    const client = new TestSession({ SESSION_MAX_MESSAGES: 100 });
    const channel = client.subscribes("a");
    client.sends({ type: "publish", "channel-id": "a", data: 1, ref: "r" });
    for (let i = 0; i < 110; i++) channel.says({}, message("a", i));
    expect(client.closed).toBeUndefined();
    channel.replies(published("a", "r"));
    expect(client.closed).toMatchObject({ code: 1012 });
  });

  test("does not wait for ever", () => {
    const client = new TestSession({ SESSION_MAX_MESSAGES: 100 });
    const channel = client.subscribes("a");
    client.sends({ type: "rpc-request", "channel-id": "a", data: 1 });
    channel.says({ replies: 1, opened: ["r1"] }, requested("a", "r1"));
    const passedOn = lastsFor(client, channel);
    expect(passedOn).toBeGreaterThan(115);
    expect(passedOn).toBeLessThan(125);
    expect(client.closed).toMatchObject({ code: 1012 });
  });

  test("counts the channels it opens", () => {
    const client = new TestSession({ SESSION_MAX_SUBREQUESTS: 10 });
    for (let i = 0; i < 9; i++) client.subscribes(`c${i}`);
    expect(client.closed).toBeUndefined();
    client.sends({ type: "subscribe", "channel-id": "last" });
    const channel = client.accepts();
    channel.says({ replies: 1, subscribed: true }, subscribed("last"));
    expect(client.closed).toMatchObject({ code: 1012 });
  });

  test("counts openings that fail", () => {
    const client = new TestSession({ SESSION_MAX_SUBREQUESTS: 10 });
    const channel = client.subscribes("a");
    for (let i = 0; i < 3; i++) {
      client.sends({ type: "publish", "channel-id": `x${i}`, data: 1 });
      for (let n = 0; n < 3; n++) {
        client.refuses();
        client.timersCome();
      }
    }
    channel.says({}, message("a", 1));
    client.sends({ type: "pong" });
    expect(client.opens.length).toBeGreaterThan(12);
    expect(client.closed).toMatchObject({ code: 1012 });
  });
});

describe("a request of the host's own", () => {
  test("is sent like one of the client", () => {
    const client = new TestSession();
    client.session.request({
      type: "rpc-request",
      "channel-id": "a",
      data: 1,
      "deliver-to": "all",
    });
    expect(client.accepts().receives()).toMatchObject([
      { type: "rpc-request", data: 1, "deliver-to": "all" },
    ]);
  });

  test("shows that what came before it was taken", () => {
    const client = new TestSession({ MAX_SILENT_BYTES: 4_096 });
    const channel = client.subscribes("a");
    for (let seq = 1; seq <= 100; seq++) {
      channel.says({}, message("a", seq));
      client.session.request({ type: "ack", "channel-id": "a", seq });
    }
    expect(client.closed).toBeUndefined();
    // Subscribing again only asks for more.
    for (let seq = 1; seq <= 100; seq++) {
      channel.says({}, message("a", seq));
      client.session.request({ type: "subscribe", "channel-id": "a" });
    }
    expect(client.closed).toMatchObject({ code: 4009 });
  });

  test("opens nothing once the session is over", () => {
    const client = new TestSession();
    client.session.clientGone();
    client.session.request({ type: "subscribe", "channel-id": "a" });
    expect(client.opens).toEqual([]);
  });
});
