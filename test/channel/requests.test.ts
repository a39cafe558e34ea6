import { describe, expect, test } from "vitest";

import {
  TestChannel,
  type TestClient,
  type TestClientOptions,
} from "../support/channel.ts";

/** A channel with a requester and services; nobody has anything unread. */
function cast(
  services: readonly string[],
  options: TestClientOptions = {},
  config = {},
) {
  const channel = new TestChannel({ id: "api", config });
  const asked = services.map((id) => channel.subscriber(id, options));
  const client = channel.connects("client", options);
  client.drain();
  for (const service of asked) service.drain();
  return { channel, client, services: asked };
}

function asks(client: TestClient, fields: object = {}): string {
  client.sends({ type: "rpc-request", data: "?", ...fields });
  return client.receives("rpc-request-result")["request-id"] ?? "none";
}

function answers(service: TestClient, id: string, fields: object = {}): void {
  const frame = { type: "rpc-response", "request-id": id, data: "!" };
  service.sends({ ...frame, ...fields });
}

describe("a request", () => {
  test("is handed to every subscriber and named to its requester", () => {
    const { channel, client, services } = cast(["a", "b"]);
    client.sends({ type: "rpc-request", data: { x: 1 }, ref: 7 });
    const result = client.receives("rpc-request-result");
    const id = result["request-id"];
    expect(id).toMatch(/^req-\d+-[\w-]{16}@api$/);
    expect(result).toMatchObject({
      ref: 7,
      "channel-id": "api",
      delivery: { success: true, "delivered-to": 2, subscribers: ["a", "b"] },
    });
    for (const service of services) {
      expect(service.receives("rpc-request")).toEqual({
        type: "rpc-request",
        "request-id": id,
        "channel-id": "api",
        data: { x: 1 },
        "sender-conn-id": "client",
        "sender-user-id": null,
        "created-at": channel.now,
        "timeout-ms": 30_000,
      });
    }
  });

  test("for one is handed to one", () => {
    const { client, services } = cast(["a", "b"]);
    client.sends({ type: "rpc-request", data: 1, "deliver-to": "one" });
    expect(client.receives("rpc-request-result").delivery).toEqual({
      success: true,
      "delivered-to": 1,
      subscribers: ["a"],
    });
    expect(services.map((each) => each.drain().length)).toEqual([1, 0]);
  });

  test("for one goes to whom fewest requests are open with", () => {
    const { client, services } = cast(["a", "b"]);
    const one = { "deliver-to": "one" };
    const first = asks(client, one);
    asks(client, one);
    const [a, b] = services;
    if (a === undefined || b === undefined) throw new Error("no services");
    answers(a, first);
    client.receives("rpc-response");
    asks(client, one);
    asks(client, one);
    expect(a.drain().filter(({ type }) => type === "rpc-request").length).toBe(
      2,
    );
    expect(b.drain()).toHaveLength(2);
  });

  test("never reaches its requester, subscribed or not", () => {
    const { services } = cast(["a", "b"]);
    const [a, b] = services;
    a?.sends({ type: "rpc-request", data: 1 });
    expect(a?.receives("rpc-request-result").delivery).toMatchObject({
      "delivered-to": 1,
      subscribers: ["b"],
    });
    a?.receivesNothing();
    b?.receives("rpc-request");
  });

  test("lists at most a hundred subscribers", () => {
    const ids = Array.from({ length: 120 }, (_, i) => `s${i}`);
    const { client } = cast(ids);
    client.sends({ type: "rpc-request", data: 1 });
    const { delivery } = client.receives("rpc-request-result");
    expect(delivery["delivered-to"]).toBe(120);
    expect(delivery.subscribers).toHaveLength(100);
  });

  test.each([
    ["nobody else listens", "no-subscribers"],
    ["the channel does not exist", "channel-not-found"],
  ])("fails at once where %s", (where, reason) => {
    const exists = reason === "no-subscribers";
    const channel = new TestChannel(exists ? { config: {} } : {});
    const client = exists
      ? channel.subscriber("client")
      : channel.connects("client");
    client.drain();
    client.sends({ type: "rpc-request", data: 1, ref: where });
    expect(client.receives("rpc-request-result")).toEqual({
      type: "rpc-request-result",
      ref: where,
      "request-id": null,
      "channel-id": "chat",
      delivery: { success: false, reason },
    });
    channel.passes(60_000);
    client.receivesNothing();
  });

  test("is refused where as many are open as may be", () => {
    const { client, services } = cast(["a"], {}, { "max-pending-rpc": 2 });
    const first = asks(client);
    asks(client);
    client.sends({ type: "rpc-request", data: 1 });
    expect(client.receives("rpc-request-result").delivery.reason).toBe(
      "too-many-requests",
    );
    const [a] = services;
    if (a !== undefined) answers(a, first);
    client.receives("rpc-response");
    expect(asks(client)).toMatch(/^req-/);
  });

  test("that names no timeout has the channel's", () => {
    const { channel, client } = cast(["a"], {}, { "rpc-timeout-ms": 700 });
    asks(client);
    channel.passes(699);
    client.receivesNothing();
    channel.passes(1);
    expect(client.receives("rpc-response").reason).toBe("timeout");
  });
});

describe("an answer", () => {
  test("reaches the requester, and its giver hears that it did", () => {
    const { channel, client, services } = cast(["a", "b"]);
    const id = asks(client);
    const [, b] = services;
    b?.drain();
    channel.now += 40;
    b?.sends({
      type: "rpc-response",
      "request-id": id,
      data: [1],
      error: true,
      ref: "r",
    });
    expect(b?.receives("rpc-response-result")).toEqual({
      type: "rpc-response-result",
      ref: "r",
      "request-id": id,
      success: true,
    });
    expect(client.receives("rpc-response")).toEqual({
      type: "rpc-response",
      "request-id": id,
      "channel-id": "api",
      data: [1],
      error: true,
      final: true,
      "responder-conn-id": "b",
      "created-at": channel.now,
    });
  });

  test("that comes second is not wanted any more", () => {
    const { client, services } = cast(["a", "b"]);
    const id = asks(client);
    for (const service of services) {
      service.drain();
      answers(service, id);
    }
    const [a, b] = services;
    expect(a?.receives("rpc-response-result").success).toBe(true);
    expect(b?.receives("rpc-response-result")).toMatchObject({
      success: false,
      reason: "request-not-found",
    });
    expect(client.drain()).toHaveLength(1);
  });

  test("may come in parts, of which the last one ends the request", () => {
    const { client, services } = cast(["a", "b"]);
    const id = asks(client);
    const [a, b] = services;
    if (a === undefined || b === undefined) throw new Error("no services");
    answers(a, id, { data: 1, final: false });
    answers(b, id, { data: 2, final: false });
    answers(a, id, { data: 3 });
    const parts = [1, 2, 3].map(() => client.receives("rpc-response"));
    expect(parts.map(({ data, final }) => [data, final])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    client.receivesNothing();
  });

  test("in parts does not put off the deadline", () => {
    const { channel, client, services } = cast(["a"]);
    const id = asks(client, { "timeout-ms": 1_000 });
    channel.passes(900);
    const [a] = services;
    if (a !== undefined) answers(a, id, { final: false });
    client.receives("rpc-response");
    channel.passes(100);
    expect(client.receives("rpc-response").reason).toBe("timeout");
  });

  test("of one that was not asked is refused", () => {
    const { channel, client } = cast(["a", "b"]);
    const id = asks(client, { "deliver-to": "one" });
    const late = channel.subscriber("late");
    answers(late, id);
    expect(late.receives("rpc-response-result")).toMatchObject({
      success: false,
      reason: "not-a-recipient",
    });
    client.receivesNothing();
  });

  test("of one that subscribed after the question is refused", () => {
    const { channel, client } = cast(["a"]);
    const id = asks(client);
    const late = channel.subscriber("late");
    answers(late, id);
    expect(late.receives("rpc-response-result").reason).toBe("not-a-recipient");
  });

  test("of the requester to itself is refused", () => {
    const { services } = cast(["a", "b"]);
    const [a] = services;
    if (a === undefined) throw new Error("no service");
    const id = asks(a);
    answers(a, id);
    expect(a.receives("rpc-response-result").reason).toBe("not-a-recipient");
  });

  test("to a request that never was is refused", () => {
    const { services } = cast(["a"]);
    const [a] = services;
    if (a === undefined) throw new Error("no service");
    answers(a, "req-1-abc@api", { ref: 1 });
    expect(a.receives("rpc-response-result")).toEqual({
      type: "rpc-response-result",
      ref: 1,
      "request-id": "req-1-abc@api",
      success: false,
      reason: "request-not-found",
    });
  });

  test("of one that merely unsubscribed is welcome", () => {
    const { client, services } = cast(["a"]);
    const id = asks(client);
    const [a] = services;
    if (a === undefined) throw new Error("no service");
    a.sends({ type: "unsubscribe" });
    client.receivesNothing();
    answers(a, id);
    expect(client.receives("rpc-response").data).toBe("!");
  });
});
