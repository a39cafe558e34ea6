import { describe, expect, test } from "vitest";

import { remove } from "../../src/channel/lifetime.ts";
import { TestChannel, type TestClient } from "../support/channel.ts";

function setting(via: "direct" | "session" = "direct") {
  const channel = new TestChannel({ id: "api", config: {} });
  const a = channel.subscriber("a", { via });
  const b = channel.subscriber("b", { via });
  const client = channel.connects("client", { via });
  client.drain();
  return { channel, a, b, client };
}

function asks(client: TestClient, fields: object = {}): string {
  client.sends({ type: "rpc-request", data: "?", ...fields });
  return client.receives("rpc-request-result")["request-id"] ?? "none";
}

function endOf(client: TestClient): string | undefined {
  const { reason, ...rest } = client.receives("rpc-response");
  expect(rest).toMatchObject({
    data: null,
    error: true,
    final: true,
    "responder-conn-id": null,
  });
  client.receivesNothing();
  return reason;
}

describe("the deadline", () => {
  test("ends a request when it comes, and not one millisecond before", () => {
    const { channel, client } = setting();
    asks(client, { "timeout-ms": 1_000 });
    channel.passes(999);
    client.receivesNothing();
    channel.passes(1);
    expect(endOf(client)).toBe("timeout");
  });

  test("that has passed leaves nothing to answer", () => {
    const { channel, client, a } = setting();
    const id = asks(client, { "timeout-ms": 1_000 });
    channel.passes(1_000);
    a.drain();
    a.sends({ type: "rpc-response", "request-id": id, data: 1 });
    expect(a.receives("rpc-response-result").reason).toBe("request-not-found");
  });

  test("of each request is its own", () => {
    const { channel, client } = setting();
    const long = asks(client, { "timeout-ms": 3_000 });
    const short = asks(client, { "timeout-ms": 1_000 });
    channel.passes(1_000);
    expect(client.receives("rpc-response")["request-id"]).toBe(short);
    channel.passes(1_999);
    client.receivesNothing();
    channel.passes(1);
    expect(client.receives("rpc-response")["request-id"]).toBe(long);
  });

  test("is kept after an earlier request was answered in time", () => {
    const { channel, client, a } = setting();
    const first = asks(client, { "timeout-ms": 1_000 });
    asks(client, { "timeout-ms": 3_000 });
    a.sends({ type: "rpc-response", "request-id": first, data: 1 });
    client.receives("rpc-response");
    channel.passes(3_000);
    expect(endOf(client)).toBe("timeout");
  });

  test("is kept across hibernation", () => {
    const { channel, client } = setting();
    asks(client, { "timeout-ms": 1_000 });
    channel.hibernates();
    channel.passes(1_000);
    expect(endOf(client)).toBe("timeout");
  });
});

describe("services that go", () => {
  test("all of them end the request at once", () => {
    const { client, a, b } = setting();
    asks(client);
    a.disconnects();
    client.receivesNothing();
    b.disconnects();
    expect(endOf(client)).toBe("responders-gone");
  });

  test("after they unsubscribed end it too", () => {
    const { client, a, b } = setting();
    asks(client);
    a.sends({ type: "unsubscribe" });
    b.sends({ type: "unsubscribe" });
    client.receivesNothing();
    a.disconnects();
    b.disconnects();
    expect(endOf(client)).toBe("responders-gone");
  });

  test("end a request for one, whoever else listens", () => {
    const { client, a } = setting();
    asks(client, { "deliver-to": "one" });
    a.disconnects();
    expect(endOf(client)).toBe("responders-gone");
  });

  test("leave a requester who listens too with nobody to answer", () => {
    const { a, b } = setting();
    asks(a);
    b.disconnects();
    expect(endOf(a)).toBe("responders-gone");
  });

  test("do not matter to later requests", () => {
    const { channel, client, a, b } = setting();
    a.disconnects();
    const id = asks(client, { "timeout-ms": 1_000 });
    b.drain();
    b.sends({ type: "rpc-response", "request-id": id, data: 1 });
    expect(client.receives("rpc-response").data).toBe(1);
    channel.passes(2_000);
    client.receivesNothing();
  });

  test("and were asked by several end the requests of all", () => {
    const { channel, client, a, b } = setting();
    const other = channel.connects("other");
    other.drain();
    asks(client);
    asks(other);
    asks(client);
    a.disconnects();
    b.disconnects();
    expect(client.drain()).toHaveLength(2);
    expect(endOf(other)).toBe("responders-gone");
  });

  test("across hibernation end it too", () => {
    const { channel, client, a, b } = setting();
    asks(client);
    channel.hibernates();
    a.disconnects();
    channel.hibernates();
    client.receivesNothing();
    b.disconnects();
    expect(endOf(client)).toBe("responders-gone");
  });
});

describe("a requester that goes", () => {
  test("cancels what it had open, and the services are told", () => {
    const { channel, client, a, b } = setting();
    const ids = [asks(client), asks(client)];
    a.drain();
    b.drain();
    client.disconnects();
    for (const service of [a, b]) {
      const told = ids.map(() => service.receives("rpc-cancel")["request-id"]);
      expect(told).toEqual(ids);
      service.receivesNothing();
    }
    expect(channel.state.calls.size).toBe(0);
  });

  test("leaves nothing to answer", () => {
    const { client, a } = setting();
    const id = asks(client);
    client.disconnects();
    a.drain();
    a.sends({ type: "rpc-response", "request-id": id, data: 1 });
    expect(a.receives("rpc-response-result").reason).toBe("request-not-found");
  });
});

describe("cancelling", () => {
  test("ends the request, tells the services and answers in that order", () => {
    const { client, a } = setting();
    const id = asks(client);
    a.drain();
    client.sends({ type: "rpc-cancel", "request-id": id, ref: 1 });
    expect(client.receives("rpc-cancel-result")).toEqual({
      type: "rpc-cancel-result",
      ref: 1,
      "request-id": id,
      success: true,
    });
    expect(endOf(client)).toBe("cancelled");
    expect(a.receives("rpc-cancel")["request-id"]).toBe(id);
  });

  test("what another asked for is refused", () => {
    const { client, a } = setting();
    const id = asks(client);
    a.drain();
    a.sends({ type: "rpc-cancel", "request-id": id });
    expect(a.receives("rpc-cancel-result").reason).toBe("not-the-requester");
    client.receivesNothing();
  });

  test("twice is refused", () => {
    const { client } = setting();
    const id = asks(client);
    client.sends({ type: "rpc-cancel", "request-id": id });
    client.drain();
    client.sends({ type: "rpc-cancel", "request-id": id });
    expect(client.receives("rpc-cancel-result").reason).toBe(
      "request-not-found",
    );
  });

  test("tells one that unsubscribed meanwhile too", () => {
    const { client, a } = setting();
    const id = asks(client);
    a.sends({ type: "unsubscribe" });
    a.drain();
    client.sends({ type: "rpc-cancel", "request-id": id });
    a.receives("rpc-cancel");
  });
});

describe("deleting the channel", () => {
  test("ends every open request", () => {
    const { channel, client, a } = setting();
    asks(client);
    asks(client);
    a.drain();
    channel.together(() => remove(channel.state, "requested"));
    const ends = client.drain();
    expect(ends).toHaveLength(2);
    expect(ends).toMatchObject([
      { type: "rpc-response", reason: "channel-deleted" },
      { type: "rpc-response", reason: "channel-deleted" },
    ]);
    a.receives("channel-deleted");
    a.receivesNothing();
  });
});

describe("every way to end", () => {
  test("ends a request once, whatever comes after", () => {
    const { channel, client, a, b } = setting();
    const id = asks(client, { "timeout-ms": 1_000 });
    a.sends({ type: "rpc-response", "request-id": id, data: 1 });
    client.receives("rpc-response");
    b.sends({ type: "rpc-response", "request-id": id, data: 2 });
    a.disconnects();
    b.disconnects();
    channel.passes(5_000);
    channel.together(() => remove(channel.state, "requested"));
    client.receivesNothing();
  });
});
