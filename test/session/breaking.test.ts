import { describe, expect, test } from "vitest";

import {
  message,
  published,
  requested,
  subscribed,
  TestSession,
  type TestUpstream,
} from "../support/session.ts";

/** The channel breaks off and comes back. */
function comesBack(client: TestSession, channel: TestUpstream): TestUpstream {
  channel.breaks();
  client.timersCome();
  return client.accepts();
}

const ids = { "channel-id": "a", data: 1, ref: "r" };
const requestId = "req-1-x@a";

describe("after a break", () => {
  test("the session resumes where the subscription stood", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    channel.says({ seq: 9 }, message("a", 9));
    const back = comesBack(client, channel);
    expect(back.raw[0]?.startsWith('{"type":"$resume",')).toBe(true);
    expect(back.receives()).toEqual([
      {
        type: "$resume",
        subscription: { epoch: "e1", seq: 9, order: 3 },
        requests: [],
      },
    ]);
  });

  test("the session names the requests that are open", () => {
    const client = new TestSession();
    client.sends({ type: "rpc-request", ...ids });
    const channel = client.accepts();
    channel.says({ replies: 1, opened: ["r1", "r2"] }, requested("a", "r1"));
    channel.says({ ended: ["r1"] });
    const back = comesBack(client, channel);
    expect(back.receives()).toEqual([
      { type: "$resume", subscription: null, requests: ["r2"] },
    ]);
  });

  test("the client hears nothing of it when all was recovered", () => {
    const client = new TestSession();
    const back = comesBack(client, client.subscribes("a"));
    client.drain();
    back.says(
      {
        seq: 6,
        subscribed: true,
        epoch: "e1",
        order: 3,
        resumed: { subscription: "recovered", "unknown-requests": [] },
      },
      message("a", 6),
    );
    expect(client.drain()).toEqual([message("a", 6)]);
    client.sends({ type: "get-subscriptions" });
    expect(client.receives("subscription-list").subscriptions).toEqual(["a"]);
  });

  test("a gap is told, and the subscription stands", () => {
    const client = new TestSession();
    const back = comesBack(client, client.subscribes("a"));
    const resumed = { subscription: "gap" as const, "unknown-requests": [] };
    back.says({ subscribed: true, seq: 90, epoch: "e1", resumed });
    expect(client.drain()).toEqual([
      { type: "subscription-lost", "channel-id": "a", reason: "gap" },
    ]);
    client.sends({ type: "get-subscriptions" });
    expect(client.receives("subscription-list").subscriptions).toEqual(["a"]);
  });

  test.each(["max-subscribers-reached", "channel-not-found"] as const)(
    "%s is told, and the subscription is lost",
    (reason) => {
      const client = new TestSession();
      const back = comesBack(client, client.subscribes("a"));
      back.says({ resumed: { subscription: reason, "unknown-requests": [] } });
      expect(client.drain()).toEqual([
        { type: "subscription-lost", "channel-id": "a", reason },
      ]);
      client.sends({ type: "get-subscriptions" });
      expect(client.receives("subscription-list").subscriptions).toEqual([]);
    },
  );

  test("requests that the channel does not know end as unknown", () => {
    const client = new TestSession();
    client.sends({ type: "rpc-request", ...ids });
    const channel = client.accepts();
    channel.says({ replies: 1, opened: ["r1"] }, requested("a", "r1"));
    client.drain();
    const back = comesBack(client, channel);
    back.says({ resumed: { subscription: null, "unknown-requests": ["r1"] } });
    expect(client.drain()).toEqual([
      {
        type: "rpc-response",
        "request-id": "r1",
        "channel-id": "a",
        data: null,
        error: true,
        final: true,
        "responder-conn-id": null,
        "created-at": client.now,
        reason: "outcome-unknown",
      },
    ]);
  });

  test("and another, the session resumes again", () => {
    const client = new TestSession();
    const second = comesBack(client, client.subscribes("a"));
    const third = comesBack(client, second);
    expect(third.receives()[0]).toMatchObject({
      type: "$resume",
      subscription: { epoch: "e1", seq: 5 },
    });
  });

  test("a channel that nothing depends on is left alone", () => {
    const client = new TestSession();
    client.sends({ type: "publish", ...ids });
    const channel = client.accepts();
    channel.replies(published("a", "r"));
    channel.breaks();
    expect(client.timers).toEqual([]);
    client.sends({ type: "publish", ...ids });
    // Used again, it is told that nothing of before counts any more.
    expect(client.accepts().receives()).toMatchObject([
      { type: "$resume", subscription: null, requests: [] },
      { type: "publish" },
    ]);
  });
});

describe("frames whose replies have not come", () => {
  test.each([
    ["subscribe", { type: "subscribe", ...ids }],
    ["unsubscribe", { type: "unsubscribe", ...ids }],
    [
      "publish with a message-id",
      { type: "publish", ...ids, "message-id": "m" },
    ],
  ])("are sent again: %s", (_, frame) => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends(frame);
    const back = comesBack(client, channel);
    client.receivesNothing();
    const [resume, again] = back.receives();
    expect(resume?.type).toBe("$resume");
    expect(again).toEqual(frame);
  });

  test.each([
    [
      { type: "publish", ...ids },
      {
        type: "publish-result",
        ref: "r",
        "channel-id": "a",
        success: false,
        reason: "outcome-unknown",
      },
    ],
    [
      { type: "rpc-request", ...ids },
      {
        type: "rpc-request-result",
        ref: "r",
        "request-id": null,
        "channel-id": "a",
        delivery: { success: false, reason: "outcome-unknown" },
      },
    ],
    [
      { type: "rpc-response", "request-id": requestId, data: 1, ref: "r" },
      {
        type: "rpc-response-result",
        ref: "r",
        "request-id": requestId,
        success: false,
        reason: "outcome-unknown",
      },
    ],
    [
      { type: "rpc-cancel", "request-id": requestId, ref: "r" },
      {
        type: "rpc-cancel-result",
        ref: "r",
        "request-id": requestId,
        success: false,
        reason: "outcome-unknown",
      },
    ],
  ])("have an unknown outcome: %j", (frame, answer) => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends(frame);
    const back = comesBack(client, channel);
    expect(client.drain()).toEqual([answer]);
    expect(back.receives()).toHaveLength(1);
  });

  test("keep their order where some are sent again", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const publish = { type: "publish", ...ids };
    client.sends(
      { ...publish, ref: "1", "message-id": "m1" },
      { ...publish, ref: "2" },
      { ...publish, ref: "3", "message-id": "m3" },
    );
    const back = comesBack(client, channel);
    client.receivesNothing();
    back.replies(published("a", "1"));
    back.replies(published("a", "3"));
    const refs = client.drain().map((frame) => "ref" in frame && frame.ref);
    expect(refs).toEqual(["1", "2", "3"]);
  });

  test("that were never sent are sent when the channel is back", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    channel.breaks();
    client.sends({ type: "rpc-request", ...ids });
    client.timersCome();
    const back = client.accepts();
    expect(back.receives().map(({ type }) => type)).toEqual([
      "$resume",
      "rpc-request",
    ]);
    client.receivesNothing();
  });

  test("that were answered are not sent again", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const publish = { type: "publish", ...ids, "message-id": "m" };
    client.sends({ ...publish, ref: "1" }, { ...publish, ref: "2" });
    channel.replies(published("a", "1"));
    const back = comesBack(client, channel);
    expect(back.receivesRefs()).toEqual(["$resume", "2"]);
  });

  test("of an unsubscribe leave the subscription to be resumed", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends({ type: "unsubscribe", "channel-id": "a" });
    const back = comesBack(client, channel);
    expect(back.receives()[0]).toMatchObject({ subscription: { seq: 5 } });
  });
});

describe("a channel out of reach", () => {
  test("is tried again, ever later, with jitter", () => {
    const client = new TestSession();
    client.sends({ type: "publish", ...ids });
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      client.refuses();
      waits.push(client.timers[0]?.ms ?? -1);
      client.timersCome();
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 2_500]);
  });

  test("is given up after eight failures in a row", () => {
    const client = new TestSession();
    client.sends({ type: "publish", ...ids });
    client.losesForGood();
    expect(client.opens).toHaveLength(8);
    expect(client.receives("publish-result")).toEqual({
      type: "publish-result",
      ref: "r",
      "channel-id": "a",
      success: false,
      reason: "rate-limited",
      "retry-after-ms": 1_000,
    });
  });

  test("is not given up while it is heard now and then", () => {
    const client = new TestSession();
    let channel = client.subscribes("a");
    const resumed = {
      subscription: "recovered" as const,
      "unknown-requests": [],
    };
    for (let i = 0; i < 20; i++) {
      channel = comesBack(client, channel);
      channel.says({ subscribed: true, resumed });
    }
    client.receivesNothing();
  });

  test("is given up when it breaks off again and again", () => {
    const client = new TestSession();
    let channel = client.subscribes("a");
    for (let i = 0; i < 7; i++) channel = comesBack(client, channel);
    client.receivesNothing();
    channel.breaks();
    expect(client.receives("subscription-lost")).toEqual({
      type: "subscription-lost",
      "channel-id": "a",
      reason: "unavailable",
    });
  });

  test("ends the subscription, the requests and what waits in line", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends({ type: "rpc-request", ...ids });
    channel.says({ replies: 1, opened: ["r1"] }, requested("a", "r1"));
    client.drain();
    channel.breaks();
    client.sends({ type: "rpc-request", ...ids, ref: "waits" });
    client.losesForGood();
    expect(client.receives("subscription-lost").reason).toBe("unavailable");
    expect(client.receives("rpc-response").reason).toBe("outcome-unknown");
    expect(client.receives("rpc-request-result")).toMatchObject({
      ref: "waits",
      delivery: { success: false, reason: "rate-limited" },
    });
    client.receivesNothing();
  });

  test.each(["subscribe", "unsubscribe"])("answers a %s too", (type) => {
    const client = new TestSession();
    client.sends({ type, ...ids });
    client.losesForGood();
    expect(client.receives("error")).toMatchObject({
      ref: "r",
      reason: "rate-limited",
      "retry-after-ms": 1_000,
    });
  });

  test("can be used again later", () => {
    const client = new TestSession();
    client.sends({ type: "publish", ...ids });
    client.losesForGood();
    client.drain();
    client.sends({ type: "publish", ...ids });
    client.accepts().replies(published("a", "r"));
    expect(client.receives("publish-result").success).toBe(true);
  });

  test("does not hold up another", () => {
    const client = new TestSession();
    client.sends({ type: "publish", ...ids });
    client.refuses();
    client.sends({ type: "subscribe", "channel-id": "b" });
    client.accepts().replies(subscribed("b"));
    expect(client.receives("subscription-result")["channel-id"]).toBe("b");
  });
});

describe("closes that are the client's own business", () => {
  test.each([1008, 4001, 4009])("are passed on: %i", (code) => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const other = client.subscribes("b");
    channel.breaks(code, "because");
    expect(client.closed).toEqual({ code, reason: "because" });
    expect(other.closed).toMatchObject({ code: 1000 });
  });

  test.each([1000, 1001, 1006, 1011, 1012, 4008])(
    "others are healed: %i",
    (code) => {
      const client = new TestSession();
      client.subscribes("a").breaks(code);
      client.timersCome();
      expect(client.accepts().receives()[0]).toMatchObject({ type: "$resume" });
      expect(client.closed).toBeUndefined();
    },
  );
});
