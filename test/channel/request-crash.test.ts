import { describe, expect, test } from "vitest";

import { TestChannel, type TestClient } from "../support/channel.ts";

const session = { via: "session" } as const;

/** Two services and a requester, all of them behind sessions. */
function setting(config = {}) {
  const channel = new TestChannel({ id: "api", config });
  const a = channel.subscriber("a", session);
  const b = channel.subscriber("b", session);
  const client = channel.connects("client", session);
  return { channel, a, b, client };
}

function asks(client: TestClient, fields: object = {}): string {
  client.sends({ type: "rpc-request", data: "?", ...fields });
  return client.receives("rpc-request-result")["request-id"] ?? "none";
}

function answers(service: TestClient, id: string): void {
  service.sends({ type: "rpc-response", "request-id": id, data: "!" });
}

/** A service's session comes back to where it stood. */
function comesBack(channel: TestChannel, id: string): TestClient {
  const service = channel.connects(id, session);
  const epoch = channel.state.existing?.record.epoch ?? "";
  service.resumes({ epoch, seq: 0, order: id === "a" ? 1 : 2 });
  return service;
}

function requesterComesBack(channel: TestChannel, ...ids: string[]) {
  const client = channel.connects("client", session);
  const resumed = client.resumes(null, ids);
  return { client, unknown: resumed?.["unknown-requests"] };
}

describe("after a crash", () => {
  test("those who come back in time count as never gone", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    channel.passes(4_000);
    const back = requesterComesBack(channel, id);
    const b = comesBack(channel, "b");
    expect(back.unknown).toEqual([]);
    channel.passes(10_000);
    answers(b, id);
    expect(back.client.receives("rpc-response").data).toBe("!");
  });

  test("a request that its session never heard of ends without a word", () => {
    const { channel, client } = setting();
    asks(client, { "timeout-ms": 500 });
    channel.crashes();
    const back = channel.connects("client", session);
    // Its deadline comes before it has said what it waits for.
    channel.passes(600);
    back.receivesNothing();
    expect(back.resumes(null, [])?.["unknown-requests"]).toEqual([]);
    back.receivesNothing();
  });

  test("services that do not come back within 5 seconds are gone", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    const back = requesterComesBack(channel, id);
    channel.passes(4_999);
    back.client.receivesNothing();
    channel.passes(1);
    expect(back.client.receives("rpc-response").reason).toBe("responders-gone");
  });

  test("one service that comes back is enough", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    const back = requesterComesBack(channel, id);
    const a = comesBack(channel, "a");
    channel.passes(6_000);
    back.client.receivesNothing();
    a.disconnects(1000);
    expect(back.client.receives("rpc-response").reason).toBe("responders-gone");
  });

  test("a requester that does not come back cancels", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    const a = comesBack(channel, "a");
    channel.passes(4_999);
    a.receivesNothing();
    channel.passes(1);
    expect(a.receives("rpc-cancel")["request-id"]).toBe(id);
    expect(channel.state.calls.size).toBe(0);
  });

  test("the 5 seconds begin when the channel wakes", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.now += 60_000 - 40_000;
    channel.crashes();
    const back = requesterComesBack(channel, id);
    channel.passes(4_999);
    back.client.receivesNothing();
  });

  test("the answer waits for a requester that is away", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    const a = comesBack(channel, "a");
    answers(a, id);
    expect(a.receives("rpc-response-result").success).toBe(true);
    const back = requesterComesBack(channel, id);
    expect(back.unknown).toEqual([]);
    expect(back.client.receives("rpc-response").data).toBe("!");
    expect(back.client.headers.at(-1)?.ended).toEqual([id]);
  });

  test("the deadline is kept for a requester that is away", () => {
    const { channel, client } = setting();
    const id = asks(client, { "timeout-ms": 2_000 });
    channel.crashes();
    comesBack(channel, "a");
    channel.passes(2_000);
    const back = requesterComesBack(channel, id);
    expect(back.client.receives("rpc-response").reason).toBe("timeout");
  });

  test("what the channel does not know is named", () => {
    const { channel } = setting();
    channel.crashes();
    const back = requesterComesBack(channel, "req-1-gone@api");
    expect(back.unknown).toEqual(["req-1-gone@api"]);
    back.client.receivesNothing();
  });

  test("an answer that was lost in a second crash is named unknown", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    answers(comesBack(channel, "a"), id);
    channel.crashes();
    const back = requesterComesBack(channel, id);
    expect(back.unknown).toEqual([id]);
    back.client.receivesNothing();
  });

  test("a request its session never learnt of is cancelled unheard", () => {
    const { channel, client } = setting();
    const id = asks(client);
    channel.crashes();
    const a = comesBack(channel, "a");
    const back = requesterComesBack(channel);
    expect(a.receives("rpc-cancel")["request-id"]).toBe(id);
    back.client.receivesNothing();
  });

  test("those that nobody waits for are not waited for", () => {
    const { channel } = setting();
    channel.crashes();
    expect(channel.state.connections.away.size).toBe(0);
    expect(channel.sql.rowsWrittenBy(() => channel.settle())).toBe(0);
  });
});

describe("a link that breaks", () => {
  test("is waited for 5 seconds", () => {
    const { channel, a, b, client } = setting();
    asks(client);
    b.disconnects(1000);
    a.disconnects(1006);
    channel.passes(4_999);
    client.receivesNothing();
    channel.passes(1);
    expect(client.receives("rpc-response").reason).toBe("responders-gone");
  });

  test("and comes back counts as never gone", () => {
    const { channel, a, b, client } = setting();
    const id = asks(client);
    b.disconnects(1000);
    a.disconnects(1006);
    channel.passes(3_000);
    const back = comesBack(channel, "a");
    channel.passes(3_000);
    answers(back, id);
    expect(client.receives("rpc-response").data).toBe("!");
  });

  test("of the requester keeps its answer", () => {
    const { channel, a, client } = setting();
    const id = asks(client);
    client.disconnects(1006);
    a.drain();
    answers(a, id);
    a.receives("rpc-response-result");
    channel.passes(4_999);
    const back = requesterComesBack(channel, id);
    expect(back.client.receives("rpc-response").data).toBe("!");
  });

  test("of the requester cancels after 5 seconds", () => {
    const { channel, a, client } = setting();
    const id = asks(client);
    client.disconnects(1006);
    a.drain();
    channel.passes(5_000);
    expect(a.receives("rpc-cancel")["request-id"]).toBe(id);
  });

  test("is not waited for when a client on the channel's own path had it", () => {
    const channel = new TestChannel({ id: "api", config: {} });
    const service = channel.subscriber("a");
    const client = channel.connects("client");
    client.drain();
    asks(client);
    service.disconnects(1006);
    expect(client.receives("rpc-response").reason).toBe("responders-gone");
  });

  test("is not waited for when its session let go", () => {
    const { a, b, client } = setting();
    asks(client);
    a.disconnects(1000);
    b.disconnects(1000);
    expect(client.receives("rpc-response").reason).toBe("responders-gone");
  });

  test("is replaced by a newer socket of the same session", () => {
    const { channel, a, b, client } = setting();
    const id = asks(client);
    b.disconnects(1000);
    const newer = comesBack(channel, "a");
    expect(a.closed?.code).toBe(1012);
    client.receivesNothing();
    answers(newer, id);
    expect(client.receives("rpc-response").data).toBe("!");
  });
});
