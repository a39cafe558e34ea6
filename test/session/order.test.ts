import { describe, expect, test } from "vitest";

import {
  message,
  published,
  subscribed,
  TestSession,
} from "../support/session.ts";

const publish = (ref: string, rest: object = {}) => ({
  type: "publish",
  "channel-id": "a",
  data: ref,
  ref,
  ...rest,
});

describe("frames of one channel", () => {
  test("wait in line while it is being opened", () => {
    const client = new TestSession();
    client.sends(publish("1"), publish("2"), publish("3"));
    expect(client.opens).toEqual(["a"]);
    const channel = client.accepts();
    expect(channel.receivesRefs()).toEqual(["1", "2", "3"]);
  });

  test("go on at once when it is open", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends(publish("1"), publish("2"));
    expect(channel.receivesRefs()).toEqual(["1", "2"]);
  });

  test("go on as the client wrote them", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const text = ' {"type":"publish", "channel-id":"a","data":1.0,"data":2}';
    client.sendsText(text);
    expect(channel.raw.at(-1)).toBe(text);
  });

  test("of one array go on as one message", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const before = channel.raw.length;
    client.sendsText(JSON.stringify([publish("1"), publish("2")]));
    expect(channel.raw.length - before).toBe(1);
    expect(channel.receivesRefs()).toEqual(["1", "2"]);
  });

  test("go on in arrays of at most 256", () => {
    const client = new TestSession();
    for (let i = 0; i < 300; i++) client.sends(publish(`${i}`));
    const channel = client.accepts();
    const sizes = channel.raw.map((each) => JSON.parse(each).length);
    expect(sizes).toEqual([256, 44]);
  });

  test("that only a session may send are not passed on verbatim", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sendsText(
      '{"type":"$resume","type":"publish","channel-id":"a","data":1,' +
        '"subscription":{"epoch":"e","seq":0,"order":0},"requests":[]}',
    );
    const last = channel.raw.at(-1) ?? "";
    expect(last.startsWith('{"type":"$resume"')).toBe(false);
    expect(JSON.parse(last).type).toBe("publish");
  });

  test.each([
    '{"type":"$resume","subscription":null,"requests":[]}',
    '[{"type":"$resume","type":"subscribe","channel-id":"a"}]',
    ' {"type":"$resume","type":"subscribe","channel-id":"a"}',
  ])("such as %s do not resume anything", (text) => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const before = channel.raw.length;
    client.sendsText(text);
    for (const each of channel.raw.slice(before)) {
      expect(each.startsWith('{"type":"$resume"')).toBe(false);
    }
  });

  test("go to the channel that a request-id names", () => {
    const client = new TestSession();
    client.sends({
      type: "rpc-response",
      "request-id": "req-1-x@room@7",
      data: 1,
    });
    expect(client.opens).toEqual(["room@7"]);
  });

  test("do not wait for those of another channel", () => {
    const client = new TestSession();
    const channel = client.subscribes("b");
    client.sends(publish("1"), { ...publish("2"), "channel-id": "b" });
    expect(channel.receivesRefs()).toEqual(["2"]);
  });
});

describe("what the session answers itself", () => {
  const invalid = { type: "publish", "channel-id": "a", ref: "bad" };

  test("comes at once where nothing waits", () => {
    const client = new TestSession();
    client.subscribes("a");
    client.sends(invalid);
    expect(client.receives("error").ref).toBe("bad");
  });

  test("does not overtake the replies that are still to come", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends(publish("1"), invalid, publish("2"));
    client.receivesNothing();
    channel.replies(published("a", "1"));
    expect(client.receives("publish-result").ref).toBe("1");
    expect(client.receives("error").ref).toBe("bad");
    channel.replies(published("a", "2"));
    expect(client.receives("publish-result").ref).toBe("2");
    client.receivesNothing();
  });

  test("does not overtake while the channel is being opened", () => {
    const client = new TestSession();
    client.sends(publish("1"), invalid);
    client.receivesNothing();
    client.accepts().replies(published("a", "1"));
    expect(client.drain().map(({ type }) => type)).toEqual([
      "publish-result",
      "error",
    ]);
  });

  test("in an array does not overtake either", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sendsText(JSON.stringify([publish("1"), invalid, publish("2")]));
    client.receivesNothing();
    channel.replies(published("a", "1"));
    channel.replies(published("a", "2"));
    const refs = client.drain().map((frame) => "ref" in frame && frame.ref);
    expect(refs).toEqual(["1", "bad", "2"]);
  });

  test("does not overtake where a subscription is refused", () => {
    const client = new TestSession({ MAX_SUBSCRIPTIONS: 1 });
    client.subscribes("b");
    client.sends(publish("1"));
    const channel = client.accepts();
    client.sends({ type: "subscribe", "channel-id": "a", ref: "sub" });
    client.receivesNothing();
    channel.replies(published("a", "1"));
    client.receives("publish-result");
    expect(client.receives("subscription-result")).toMatchObject({
      ref: "sub",
      reason: "too-many-subscriptions",
      current: 1,
      max: 1,
    });
  });
});

describe("a name that is none", () => {
  test.each([
    ["subscribe", "subscription-result"],
    ["unsubscribe", "unsubscription-result"],
    ["publish", "publish-result"],
  ] as const)("fails a %s", (type, reply) => {
    const client = new TestSession();
    client.sends({ type, "channel-id": "$x", data: 1, ref: 1 });
    expect(client.receives(reply)).toEqual({
      type: reply,
      ref: 1,
      "channel-id": "$x",
      success: false,
      reason: "invalid-channel-id",
    });
    expect(client.opens).toEqual([]);
  });

  test("fails a request", () => {
    const client = new TestSession();
    client.sends({ type: "rpc-request", "channel-id": "..", data: 1 });
    expect(client.receives("rpc-request-result")).toEqual({
      type: "rpc-request-result",
      "request-id": null,
      "channel-id": "..",
      delivery: { success: false, reason: "invalid-channel-id" },
    });
  });

  test.each([
    ["rpc-response", "rpc-response-result"],
    ["rpc-cancel", "rpc-cancel-result"],
  ] as const)("in a request-id fails an %s", (type, reply) => {
    const client = new TestSession();
    for (const id of ["nonsense", "req-1-x@", "req-1-x@$a"]) {
      client.sends({ type, "request-id": id, data: 1 });
      expect(client.receives(reply)).toMatchObject({
        "request-id": id,
        success: false,
        reason: "request-not-found",
      });
    }
  });

  test("fails an ack", () => {
    const client = new TestSession();
    client.sends({ type: "ack", "channel-id": "", seq: 1 });
    expect(client.receives("error").reason).toBe("invalid-message");
  });
});

describe("what a channel says", () => {
  test("reaches the client as it was written", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    channel.says({ seq: 7 }, message("a", 6), message("a", 7));
    expect(client.raw.slice(-2)).toEqual(
      [6, 7].map((seq) => JSON.stringify(message("a", seq))),
    );
  });

  test("reaches nobody when it comes over a socket that was replaced", () => {
    const client = new TestSession();
    const old = client.subscribes("a");
    old.breaks();
    client.timersCome();
    client.accepts();
    old.says({ seq: 6 }, message("a", 6));
    client.receivesNothing();
  });
});

describe("an ack", () => {
  test("is passed on and waits for no reply", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends({ type: "ack", "channel-id": "a", seq: 5 }, publish("1"));
    expect(channel.receivesRefs()).toEqual(["ack", "1"]);
    channel.replies(published("a", "1"));
    expect(client.drain()).toHaveLength(1);
  });

  test("for a channel that is not in use opens none", () => {
    const client = new TestSession();
    client.sends({ type: "ack", "channel-id": "a", seq: 5 });
    expect(client.opens).toEqual([]);
    client.receivesNothing();
  });
});

describe("get-subscriptions", () => {
  test("lists what is subscribed", () => {
    const client = new TestSession();
    client.subscribes("a");
    client.subscribes("b");
    client.sends({ type: "get-subscriptions", ref: 1 });
    expect(client.receives("subscription-list")).toEqual({
      type: "subscription-list",
      ref: 1,
      subscriptions: ["a", "b"],
    });
  });

  test("waits for what was sent before it, and for nothing after", () => {
    const client = new TestSession();
    client.sends({ type: "subscribe", "channel-id": "a" });
    client.sends({ type: "get-subscriptions", ref: "first" });
    client.sends({ type: "subscribe", "channel-id": "b" });
    client.sends({ type: "get-subscriptions", ref: "second" });
    client.receivesNothing();
    const a = client.accepts();
    a.says({ replies: 1, subscribed: true }, subscribed("a"));
    client.receives("subscription-result");
    expect(client.receives("subscription-list")).toMatchObject({
      ref: "first",
      subscriptions: ["a"],
    });
    client.receivesNothing();
    const b = client.accepts();
    b.says({ replies: 1, subscribed: true }, subscribed("b"));
    client.receives("subscription-result");
    expect(client.receives("subscription-list").ref).toBe("second");
  });

  test("waits for an unsubscribe", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    client.sends({ type: "unsubscribe", "channel-id": "a" });
    client.sends({ type: "get-subscriptions" });
    client.receivesNothing();
    channel.says(
      { replies: 1, subscribed: false },
      { ...subscribed("a"), type: "unsubscription-result" },
    );
    client.receives("unsubscription-result");
    expect(client.receives("subscription-list").subscriptions).toEqual([]);
  });

  test("does not wait for ever for a channel out of reach", () => {
    const client = new TestSession();
    client.sends({ type: "subscribe", "channel-id": "a" });
    client.sends({ type: "get-subscriptions" });
    client.losesForGood();
    expect(client.drain().map(({ type }) => type)).toEqual([
      "error",
      "subscription-list",
    ]);
  });

  test("does not list a channel that was deleted", () => {
    const client = new TestSession();
    const channel = client.subscribes("a");
    const deleted = { type: "channel-deleted", "channel-id": "a" };
    channel.says({ subscribed: false }, deleted);
    client.receives("channel-deleted");
    client.sends({ type: "get-subscriptions" });
    expect(client.receives("subscription-list").subscriptions).toEqual([]);
  });
});
