/** Tokens on a channel's own path: grants, renewal, expiry, limits. */
import { describe, expect, test } from "vitest";

import { Policy } from "../../src/access/policy.ts";
import type { Operation } from "../../src/protocol/operations.ts";
import { TestChannel } from "../support/channel.ts";

const MINUTE = 60_000;

function setting(ttl: number, grants: readonly Operation[] = ["subscribe"]) {
  const channel = new TestChannel({ config: {} });
  const expiresAt = channel.now + ttl;
  const client = channel.connects("c", { userId: "alice", grants, expiresAt });
  client.receives("welcome");
  return { channel, client, expiresAt };
}

function renewal(rules: Record<string, Operation[]>, expiresAt: number) {
  const principal = { userId: "alice", policy: Policy.of(rules), expiresAt };
  return { ok: true, principal } as const;
}

describe("a token that ends", () => {
  test("is announced a minute before, and then the socket is closed", () => {
    const { channel, client, expiresAt } = setting(10 * MINUTE);
    channel.passes(9 * MINUTE - 1);
    expect(client.drain()).toEqual([]);
    channel.passes(1);
    expect(client.receives("token-expiring")).toEqual({
      type: "token-expiring",
      "expires-at": expiresAt,
    });
    channel.passes(MINUTE - 1);
    expect(client.closed).toBeUndefined();
    channel.passes(1);
    expect(client.closed?.code).toBe(4001);
    expect(channel.state.connections.size).toBe(0);
  });

  test("soon is announced at once", () => {
    const { client } = setting(MINUTE);
    expect(client.receives("token-expiring")).toBeDefined();
  });

  test("ends after hibernation as well, and is announced once", () => {
    const { channel, client } = setting(10 * MINUTE);
    channel.hibernates();
    channel.passes(9 * MINUTE);
    expect(client.receives("token-expiring")).toBeDefined();
    channel.hibernates();
    channel.passes(MINUTE / 2);
    expect(client.drain()).toEqual([]);
    channel.hibernates();
    channel.passes(MINUTE / 2);
    expect(client.closed?.code).toBe(4001);
  });

  test("is looked at with any event, should the alarm be late", () => {
    const { channel, client } = setting(2 * MINUTE);
    channel.now += 2 * MINUTE;
    channel.rings();
    expect(client.closed?.code).toBe(4001);
  });

  test("ends one connection and not the others", () => {
    const { channel, client } = setting(2 * MINUTE);
    const other = channel.connects("d", {
      userId: "bob",
      expiresAt: channel.now + 20 * MINUTE,
    });
    channel.passes(2 * MINUTE);
    expect(client.closed?.code).toBe(4001);
    expect(other.closed).toBeUndefined();
    channel.passes(18 * MINUTE);
    expect(other.closed?.code).toBe(4001);
  });

  test("is nobody's business on a session's socket", () => {
    const channel = new TestChannel({ config: {} });
    channel.connects("s", { via: "session", userId: "alice" });
    channel.passes(60 * MINUTE);
    expect(channel.armed).toEqual([]);
  });
});

describe("a newer token", () => {
  test("moves the end, after hibernation as well", () => {
    const { channel, client } = setting(2 * MINUTE);
    client.sends({ type: "authenticate", ref: 1, token: "new" });
    const [waiting] = channel.renewals;
    expect(waiting?.frame.token).toBe("new");
    const expiresAt = channel.now + 30 * MINUTE;
    const answer = renewal({ chat: ["subscribe"] }, expiresAt);
    channel.core.routing.renewed(client.connection, 1, answer);
    channel.settle();
    expect(client.receives("authenticate-result")).toMatchObject({
      ref: 1,
      success: true,
      "expires-at": expiresAt,
    });
    channel.hibernates();
    channel.passes(28 * MINUTE);
    expect(client.closed).toBeUndefined();
    channel.passes(2 * MINUTE);
    expect(client.closed?.code).toBe(4001);
  });

  test("that grants less ends the subscription", () => {
    const { channel, client, expiresAt } = setting(10 * MINUTE);
    client.sends({ type: "subscribe" });
    client.drain();
    const answer = renewal({ chat: ["publish"], other: ["admin"] }, expiresAt);
    channel.core.routing.renewed(client.connection, undefined, answer);
    channel.settle();
    expect(client.drain()).toMatchObject([
      { type: "authenticate-result", success: true },
      { type: "unsubscribed", "channel-id": "chat", reason: "forbidden" },
    ]);
    client.sends({ type: "publish", data: 1 });
    expect(client.receives("publish-result").success).toBe(true);
    expect(client.drain()).toEqual([]);
  });

  test("is looked at one at a time", () => {
    const { channel, client } = setting(10 * MINUTE);
    client.sends({ type: "authenticate", token: "a" });
    client.sends({ type: "authenticate", ref: 2, token: "b" });
    expect(client.receives("error")).toMatchObject({
      ref: 2,
      reason: "rate-limited",
    });
    expect(channel.renewals).toHaveLength(1);
  });

  test("comes too late for a client that has gone", () => {
    const { channel, client, expiresAt } = setting(10 * MINUTE);
    client.sends({ type: "authenticate", token: "a" });
    client.disconnects(1000);
    const answer = renewal({}, expiresAt);
    channel.core.routing.renewed(client.connection, undefined, answer);
    channel.settle();
  });
});

describe("what a session says is granted", () => {
  test("holds from then on, and ends what it does not allow", () => {
    const channel = new TestChannel({ config: {} });
    const session = channel.connects("s", {
      via: "session",
      grants: ["subscribe", "publish"],
    });
    session.sends({ type: "subscribe" });
    session.drain();
    session.sendsText('{"type":"$grants","grants":["publish"]}');
    expect(session.headers.at(-1)).toMatchObject({ subscribed: false });
    expect(session.receives("unsubscribed").reason).toBe("forbidden");
    channel.hibernates();
    session.sends({ type: "subscribe" });
    expect(session.receives("subscription-result").reason).toBe("forbidden");
  });

  test("is not for a client on the channel's own path to say", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.connects("c", { grants: ["subscribe"] });
    client.drain();
    client.sendsText('{"type":"$grants","grants":["admin"]}');
    expect(client.drain()).toMatchObject([{ type: "echo" }]);
    client.sends({ type: "publish", data: 1 });
    expect(client.receives("publish-result").reason).toBe("forbidden");
  });
});

describe("creating a channel by subscribing", () => {
  function asking() {
    const channel = new TestChannel();
    const client = channel.connects("c", { userId: "alice" });
    client.drain();
    client.sends({ type: "subscribe", ref: 1 });
    client.sends({ type: "publish", ref: 2, data: "first" });
    expect(client.drain()).toEqual([]);
    expect(channel.creations).toMatchObject([{ userId: "alice" }]);
    return { channel, client };
  }

  test("waits for leave, with what is sent meanwhile", () => {
    const { channel, client } = asking();
    channel.core.routing.mayCreate(client.connection, true);
    channel.settle();
    expect(client.drain()).toMatchObject([
      { type: "subscription-result", ref: 1, success: true },
      { type: "channel-message", data: "first" },
      { type: "publish-result", ref: 2, success: true },
    ]);
  });

  test("is refused to who created too many", () => {
    const { channel, client } = asking();
    channel.core.routing.mayCreate(client.connection, false);
    channel.settle();
    expect(client.drain()).toMatchObject([
      { ref: 1, success: false, reason: "too-many-channels" },
      { ref: 2, success: false, reason: "channel-not-found" },
    ]);
    expect(channel.sql.tables()).toEqual([]);
  });

  test("needs no leave once somebody else has", () => {
    const { channel, client } = asking();
    const other = channel.connects("d");
    other.sends({ type: "subscribe" });
    channel.core.routing.mayCreate(client.connection, false);
    channel.settle();
    expect(client.drain()[0]).toMatchObject({ ref: 1, success: true });
  });

  test("is forgotten when the client goes", () => {
    const { channel, client } = asking();
    client.disconnects(1000);
    channel.core.routing.mayCreate(client.connection, true);
    channel.settle();
    expect(channel.state.existing).toBeUndefined();
  });

  test("asks nobody for those without a name", () => {
    const channel = new TestChannel();
    const client = channel.connects("c");
    client.sends({ type: "subscribe" });
    expect(channel.creations).toEqual([]);
    expect(client.drain().at(-1)).toMatchObject({ success: true });
  });
});

describe("limits of one connection and of all", () => {
  test("too many frames are refused, and then end the connection", () => {
    const variables = { FRAMES_PER_SECOND: 10, FRAMES_BURST: 5 };
    const channel = new TestChannel({ config: {}, variables });
    const client = channel.connects("c");
    client.drain();
    for (let n = 0; n < 6; n++) client.sends({ type: "ping", ref: n });
    expect(client.drain().at(-1)).toEqual({
      type: "error",
      ref: 5,
      reason: "rate-limited",
      message: "a connection may send 10 frames a second",
      "retry-after-ms": 100,
    });
    for (let n = 0; n < 100; n++) client.sends({ type: "ping" });
    expect(client.closed?.code).toBe(1008);
  });

  test("one message that holds too many is one refusal in a row", () => {
    const variables = { FRAMES_PER_SECOND: 10, FRAMES_BURST: 5 };
    const channel = new TestChannel({ config: {}, variables });
    const client = channel.connects("c");
    client.drain();
    const pings = JSON.stringify(Array(200).fill({ type: "ping" }));
    client.sendsText(pings);
    expect(client.closed).toBeUndefined();
    expect(client.drain()).toHaveLength(200);
    for (let n = 0; n < 99; n++) client.sendsText(pings);
    expect(client.closed?.code).toBe(1008);
    // When none is left an array is not even read.
    expect(client.drain()).toHaveLength(99);
  });

  test("too many messages that are no text end the connection, too", () => {
    const variables = { FRAMES_PER_SECOND: 10, FRAMES_BURST: 5 };
    const channel = new TestChannel({ config: {}, variables });
    const client = channel.connects("c");
    client.drain();
    for (let n = 0; n < 6; n++) client.sends({ type: "ping" });
    expect(client.drain().at(-1)).toMatchObject({ reason: "rate-limited" });
    for (let n = 0; n < 99; n++) client.sendsMessage(new ArrayBuffer(1));
    expect(client.closed?.code).toBe(1008);
  });

  test("a session's frames are counted where it ends", () => {
    const variables = { FRAMES_PER_SECOND: 1, FRAMES_BURST: 1 };
    const channel = new TestChannel({ config: {}, variables });
    const client = channel.connects("s", { via: "session" });
    for (let n = 0; n < 9; n++) client.sends({ type: "ping" });
    const types = client.drain().map(({ type }) => type);
    expect(types).toEqual(Array(9).fill("pong"));
  });

  test("a channel takes so many messages, and refuses without closing", () => {
    const variables = { PUBLISHES_PER_SECOND: 10, PUBLISHES_BURST: 5 };
    const channel = new TestChannel({ config: {}, variables });
    const clients = [channel.connects("a"), channel.connects("b")];
    for (const client of clients) client.drain();
    for (let n = 0; n < 6; n++) {
      for (const client of clients) client.sends({ type: "publish", data: n });
    }
    const results = clients.flatMap((client) => client.drain());
    const refused = results.filter((each) => "reason" in each);
    expect(refused).toHaveLength(7);
    expect(refused[0]).toMatchObject({
      type: "publish-result",
      reason: "rate-limited",
      "retry-after-ms": 100,
    });
    for (let n = 0; n < 200; n++)
      clients[0]?.sends({ type: "publish", data: n });
    expect(clients[0]?.closed).toBeUndefined();
    channel.now += 100;
    clients[1]?.sends({ type: "publish", data: "again" });
    expect(clients[1]?.drain().at(-1)).toMatchObject({ success: true });
  });

  test("a connection has so many requests open", () => {
    const variables = { MAX_PENDING_REQUESTS: 2 };
    const channel = new TestChannel({ config: {}, variables });
    channel.subscriber("service");
    const client = channel.connects("c");
    client.drain();
    for (let n = 0; n < 3; n++) client.sends({ type: "rpc-request", data: n });
    const last = client.drain().at(-1);
    expect(last).toMatchObject({ delivery: { reason: "too-many-requests" } });
    const other = channel.connects("d");
    other.sends({ type: "rpc-request", data: 1 });
    expect(other.drain().at(-1)).toMatchObject({ delivery: { success: true } });
  });

  test("a user and an address have so many sockets on a channel", () => {
    const variables = { MAX_USER_CONNECTIONS: 2, MAX_ADDRESS_CONNECTIONS: 3 };
    const channel = new TestChannel({ config: {}, variables });
    const opening = (userId: string | null, address: string | null) => ({
      "conn-id": "x",
      "user-id": userId,
      via: "direct" as const,
      batch: false,
      address,
      grants: [],
      expiresAt: null,
      isAdmin: false,
    });
    const first = channel.connects("a", { userId: "alice", address: "1" });
    channel.connects("b", { userId: "alice", address: "1" });
    channel.connects("s", { userId: "alice", via: "session" });
    expect(channel.core.isCrowded(opening("alice", "2"))).toBe(true);
    expect(channel.core.isCrowded(opening("bob", "1"))).toBe(false);
    channel.connects("c", { userId: "bob", address: "1" });
    expect(channel.core.isCrowded(opening("carol", "1"))).toBe(true);
    expect(channel.core.isCrowded(opening(null, null))).toBe(false);
    channel.hibernates();
    expect(channel.core.isCrowded(opening("alice", "2"))).toBe(true);
    first.disconnects(1000);
    expect(channel.core.isCrowded(opening("alice", "2"))).toBe(false);
  });

  test("a user's sockets are ended, and nobody else's", () => {
    const channel = new TestChannel({ config: {} });
    const alice = channel.connects("a", { userId: "alice" });
    const session = channel.connects("s", { userId: "alice", via: "session" });
    const bob = channel.connects("b", { userId: "bob" });
    expect(channel.core.disconnectUser("alice", "why")).toBe(1);
    channel.settle();
    expect(alice.closed).toEqual({ code: 1008, reason: "why" });
    expect(session.closed ?? bob.closed).toBeUndefined();
  });
});
