/** What a session's client may do, until when, and how it renews that. */
import { describe, expect, test } from "vitest";

import { Policy } from "../../src/access/policy.ts";
import type { Principal } from "../../src/access/principal.ts";
import type { Operation } from "../../src/protocol/operations.ts";
import { TestSession } from "../support/session.ts";

const NOW = 1_700_000_000_000;
type Rules = Record<string, Operation[]>;

function holder(rules: Rules, expiresAt: number | null = null) {
  return { userId: "alice", policy: Policy.of(rules), expiresAt };
}

function sessionOf(principal: Principal): TestSession {
  const session = new TestSession({}, principal);
  session.session.start();
  expect(session.receives("welcome")["user-id"]).toBe(principal.userId);
  return session;
}

function renewal(rules: Rules, expiresAt = NOW + 3_600_000) {
  const principal = { ...holder(rules), expiresAt };
  return { ok: true, principal } as const;
}

describe("what is not granted", () => {
  const session = () => sessionOf(holder({ "chat-*": ["subscribe"] }));

  test.each([
    [
      { type: "subscribe", "channel-id": "news" },
      { type: "subscription-result", operation: "subscribe" },
    ],
    [
      { type: "publish", "channel-id": "chat-1", data: 1 },
      { type: "publish-result", operation: "publish" },
    ],
    [
      { type: "rpc-response", "request-id": "req-1-a@chat-1", data: 1 },
      { type: "rpc-response-result", operation: "respond" },
    ],
  ])("is refused before any channel hears of it: %j", (frame, answer) => {
    const client = session();
    client.sends({ ...frame, ref: "r" });
    const [reply, ...rest] = client.drain();
    expect(reply).toMatchObject({
      ...answer,
      ref: "r",
      success: false,
      reason: "forbidden",
    });
    expect(rest).toEqual([]);
    expect(client.opens).toEqual([]);
  });

  test("is refused of requests as well", () => {
    const client = session();
    client.sends({ type: "rpc-request", "channel-id": "chat-1", data: 1 });
    expect(client.receives("rpc-request-result").delivery).toEqual({
      success: false,
      reason: "forbidden",
      operation: "request",
    });
  });

  test("wakes no channel with what undoes nothing", () => {
    const client = session();
    client.sends({ type: "unsubscribe", "channel-id": "news" });
    expect(client.receives("unsubscription-result").reason).toBe(
      "not-subscribed",
    );
    client.sends({ type: "rpc-cancel", "request-id": "req-1-a@news" });
    expect(client.receives("rpc-cancel-result").reason).toBe(
      "request-not-found",
    );
    client.sends({ type: "ack", "channel-id": "news", seq: 1 });
    expect(client.drain()).toEqual([]);
    expect(client.opens).toEqual([]);
  });

  test("stays in the order of the channel's replies", () => {
    const client = session();
    client.sends({ type: "subscribe", "channel-id": "chat-1", ref: 1 });
    client.sends({ type: "publish", "channel-id": "chat-1", ref: 2, data: 1 });
    expect(client.drain()).toEqual([]);
    const channel = client.accepts();
    channel.replies({
      type: "subscription-result",
      ref: 1,
      "channel-id": "chat-1",
      success: true,
    });
    expect(client.drain()).toMatchObject([{ ref: 1 }, { ref: 2 }]);
  });
});

describe("a token that ends", () => {
  test("is announced a minute before, and then the session is closed", () => {
    const expiresAt = NOW + 100_000;
    const client = sessionOf(holder({}, expiresAt));
    client.now += 39_999;
    expect(client.drain()).toEqual([]);
    expect(client.timers.map(({ ms }) => ms)).toEqual([40_000]);
    client.now = expiresAt - 60_000;
    client.timersCome();
    expect(client.receives("token-expiring")["expires-at"]).toBe(expiresAt);
    expect(client.timers.map(({ ms }) => ms)).toEqual([60_000]);
    client.now = expiresAt;
    client.timersCome();
    expect(client.closed?.code).toBe(4001);
  });

  test("soon is announced at once", () => {
    const client = sessionOf(holder({}, NOW + 5_000));
    expect(client.receives("token-expiring")["expires-at"]).toBe(NOW + 5_000);
  });

  test("in a year is waited for in short steps", () => {
    const client = sessionOf(holder({}, NOW + 365 * 86_400_000));
    for (let day = 0; day < 364; day++) {
      expect(client.timers).toHaveLength(1);
      client.now += 86_400_000;
      client.timersCome();
    }
    expect(client.closed).toBeUndefined();
    expect(client.drain()).toEqual([]);
  });

  test("is renewed, and the old end means nothing any more", () => {
    const client = sessionOf(holder({}, NOW + 61_000));
    client.sends({ type: "authenticate", ref: 7, token: "new" });
    expect(client.renewals).toMatchObject([{ token: "new" }]);
    client.session.renewed(7, renewal({}));
    expect(client.receives("authenticate-result")).toEqual({
      type: "authenticate-result",
      ref: 7,
      success: true,
      "expires-at": NOW + 3_600_000,
    });
    client.now += 61_000;
    client.timersCome();
    expect(client.closed).toBeUndefined();
    expect(client.drain()).toEqual([]);
  });

  test("is not renewed by a bad one, which is answered", () => {
    const client = sessionOf(holder({ a: ["publish"] }, NOW + 61_000));
    client.sends({ type: "authenticate", token: "bad" });
    const refused = { ok: false, reason: "invalid-token", message: "m" };
    client.session.renewed(undefined, {
      ...refused,
      reason: "invalid-token",
      ok: false,
    });
    expect(client.receives("authenticate-result")).toMatchObject({
      success: false,
      reason: "invalid-token",
      message: "m",
    });
    client.now += 61_000;
    client.timersCome();
    client.timersCome();
    expect(client.closed?.code).toBe(4001);
  });

  test("is looked at one at a time", () => {
    const client = sessionOf(holder({}, NOW + 600_000));
    client.sends({ type: "authenticate", token: "a" });
    client.sends({ type: "authenticate", ref: 2, token: "b" });
    expect(client.receives("error")).toMatchObject({
      ref: 2,
      reason: "rate-limited",
    });
    expect(client.renewals).toHaveLength(1);
  });
});

test("renewing again and again sets no more timers", () => {
  const client = sessionOf(holder({}, NOW + 600_000));
  for (let n = 1; n <= 100; n++) {
    client.now += 1_000;
    client.sends({ type: "authenticate", token: "t" });
    client.session.renewed(undefined, renewal({}, NOW + 3_600_000 + n));
  }
  expect(client.renewals).toHaveLength(100);
  expect(client.timers).toHaveLength(1);
});

test("tokens are looked at once a second, after ten at once", () => {
  const client = sessionOf(holder({}, NOW + 600_000));
  for (let n = 0; n < 10; n++) {
    client.sends({ type: "authenticate", token: "a" });
    client.session.renewed(undefined, renewal({}));
  }
  client.drain();
  client.sends({ type: "authenticate", token: "b" });
  expect(client.receives("error")).toMatchObject({
    reason: "rate-limited",
    "retry-after-ms": 1_000,
  });
  client.now += 1_000;
  client.sends({ type: "authenticate", token: "c" });
  expect(client.renewals).toHaveLength(11);
});

describe("other grants", () => {
  test("are told to channels in use, and to those that are opening", () => {
    const client = sessionOf(
      holder({ "*": ["subscribe", "publish"] }, NOW + 600_000),
    );
    client.sends({ type: "subscribe", "channel-id": "a" });
    const a = client.accepts();
    client.sends({ type: "subscribe", "channel-id": "b" });
    a.receives();
    client.session.renewed(undefined, renewal({ "*": ["subscribe"] }));
    const told = { type: "$grants", grants: ["subscribe"] };
    expect(a.receives()).toEqual([told]);
    const b = client.accepts();
    expect(b.receives()[0]).toEqual(told);
  });

  test("that are the same are not told", () => {
    const rules: Rules = { a: ["subscribe", "publish"] };
    const client = sessionOf(holder(rules, NOW + 600_000));
    client.sends({ type: "subscribe", "channel-id": "a" });
    const a = client.accepts();
    a.receives();
    client.session.renewed(undefined, renewal({ a: ["publish", "subscribe"] }));
    expect(a.receives()).toEqual([]);
  });

  test("hold for the next frame", () => {
    const client = sessionOf(holder({}, NOW + 600_000));
    client.sends({ type: "publish", "channel-id": "a", data: 1 });
    expect(client.receives("publish-result").reason).toBe("forbidden");
    client.session.renewed(undefined, renewal({ a: ["publish"] }));
    client.drain();
    client.sends({ type: "publish", "channel-id": "a", data: 1 });
    expect(client.opens).toEqual(["a"]);
  });

  test("end a subscription also when its channel is just restarting", () => {
    const client = sessionOf(holder({ a: ["subscribe"] }, NOW + 600_000));
    client.sends({ type: "subscribe", "channel-id": "a" });
    const a = client.accepts();
    const where = { subscribed: true, epoch: "e", seq: 1, order: 1 };
    const result = { type: "subscription-result", "channel-id": "a" };
    a.says({ replies: 1, ...where }, { ...result, success: true });
    a.breaks();
    client.timersCome();
    client.session.renewed(undefined, renewal({}));
    client.drain();
    const again = client.accepts();
    const resumed = { subscription: "forbidden", "unknown-requests": [] };
    again.says({ resumed: { ...resumed, subscription: "forbidden" } });
    expect(client.receives("unsubscribed")).toEqual({
      type: "unsubscribed",
      "channel-id": "a",
      reason: "forbidden",
    });
  });
});

describe("frames", () => {
  const variables = { FRAMES_PER_SECOND: 10, FRAMES_BURST: 5 };

  test("beyond the limit are refused, with when to try again", () => {
    const client = new TestSession(variables);
    for (let n = 0; n < 7; n++) client.sends({ type: "ping", ref: n });
    const answers = client.drain();
    expect(answers.slice(0, 5)).toMatchObject(
      [0, 1, 2, 3, 4].map((ref) => ({ type: "pong", ref })),
    );
    expect(answers.slice(5)).toMatchObject([
      { type: "error", reason: "rate-limited", ref: 5, "retry-after-ms": 100 },
      { type: "error", reason: "rate-limited", ref: 6 },
    ]);
    client.now += 100;
    client.sends({ type: "ping", ref: "again" });
    expect(client.receives("pong").ref).toBe("again");
  });

  test("of an array are counted one by one", () => {
    const client = new TestSession(variables);
    const pings = Array.from({ length: 7 }, () => ({ type: "ping" }));
    client.sendsText(JSON.stringify(pings));
    expect(client.drain().map(({ type }) => type)).toEqual([
      ...Array(5).fill("pong"),
      ...Array(2).fill("error"),
    ]);
  });

  test("of one message count as one refusal in a row", () => {
    const client = new TestSession(variables);
    const pings = JSON.stringify(Array(200).fill({ type: "ping" }));
    client.sendsText(pings);
    expect(client.closed).toBeUndefined();
    client.drain();
    for (let n = 0; n < 99; n++) client.sendsText(pings);
    expect(client.closed?.code).toBe(1008);
    // When none is left an array is not even read.
    expect(client.drain()).toHaveLength(99);
  });

  test("count when they are the heartbeat, and when they are nonsense", () => {
    const client = new TestSession(variables);
    for (let n = 0; n < 3; n++) client.sendsText('{"type":"ping"}');
    for (let n = 0; n < 3; n++) client.sendsText("nonsense");
    expect(client.drain().at(-1)).toMatchObject({ reason: "rate-limited" });
  });

  test("that go on and on close the session", () => {
    const client = new TestSession(variables);
    for (let n = 0; n < 105; n++) client.sendsText('{"type":"ping"}');
    expect(client.closed?.code).toBe(1008);
  });
});
