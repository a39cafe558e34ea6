import { describe, expect, test } from "vitest";

import { ReportSource } from "../../src/channel/reporting.ts";
import { noCounts } from "../../src/telemetry/counters.ts";
import { TestChannel } from "../support/channel.ts";

const publish = { type: "publish", data: 1 };

/** A client that was greeted. */
function setting(...args: ConstructorParameters<typeof TestChannel>) {
  const channel = new TestChannel(...args);
  const client = channel.connects("c");
  return { channel, client };
}

describe("publishes that are refused are counted", () => {
  test("by reason", () => {
    const { channel, client } = setting({
      variables: { MAX_DATA_BYTES: 10, PUBLISHES_BURST: 1 },
    });
    client.sends(publish);
    channel.put({});
    client.sends({ ...publish, data: "x".repeat(20) }, publish);
    const sub = channel.connects("s", { grants: ["subscribe"] });
    sub.sends(publish);
    expect(channel.state.counters.take()).toMatchObject({
      published: 1,
      unpublished: {
        "channel-not-found": 1,
        "payload-too-large": 1,
        forbidden: 1,
      },
    });
  });

  test("as rate-limited, too, when there are too many", () => {
    const { channel, client } = setting({
      config: {},
      variables: { PUBLISHES_PER_SECOND: 10, PUBLISHES_BURST: 2 },
    });
    client.sends(publish, publish, publish, publish, publish);
    expect(channel.state.counters.take()).toMatchObject({
      published: 2,
      unpublished: { "rate-limited": 3 },
      limited: { publishes: 3 },
    });
  });

  test("and repeated ones are not", () => {
    const { channel, client } = setting({ config: {} });
    client.sends({ ...publish, "message-id": "a" });
    client.sends({ ...publish, "message-id": "a" });
    const { published, unpublished } = channel.state.counters.take();
    expect({ published, unpublished }).toEqual({
      published: 1,
      unpublished: {},
    });
  });
});

test("requests are counted by why nobody was asked", () => {
  const { channel, client } = setting({ config: {} });
  const request = { type: "rpc-request", data: 1 };
  client.sends(request, request);
  channel.connects("s", { grants: ["subscribe"] }).sends(request);
  expect(channel.state.counters.take().unasked).toEqual({
    "no-subscribers": 2,
    forbidden: 1,
  });
});

test("latencies are summed besides", () => {
  const { channel, client } = setting({ config: {} });
  const service = channel.subscriber("s");
  for (const ms of [7, 5]) {
    client.sends({ type: "rpc-request", data: 1 });
    channel.now += ms;
    const { "request-id": id } = service.receives("rpc-request");
    service.sends({ type: "rpc-response", "request-id": id, data: 1 });
    service.drain();
  }
  expect(channel.state.counters.take()).toMatchObject({
    rpc: { answered: 2 },
    latencyMs: 12,
  });
});

describe("frames that come too soon are counted", () => {
  const variables = { FRAMES_PER_SECOND: 10, FRAMES_BURST: 2 };

  test("each, and an array that is not read as one", () => {
    const { channel, client } = setting({ variables });
    const ping = { type: "ping" };
    client.sends(ping, ping, ping, ping);
    client.sendsText(JSON.stringify([ping, ping, ping]));
    expect(channel.state.counters.take().limited).toEqual({ frames: 3 });
  });

  test("not those of a session, which counts them itself", () => {
    const { channel } = setting({ variables });
    const session = channel.connects("s", { via: "session" });
    for (let i = 0; i < 9; i++) session.sends({ type: "unsubscribe" });
    expect(channel.state.counters.take().limited).toEqual({});
  });
});

describe("who comes back", () => {
  const subscribe = (epoch: string, seq: number) => {
    return { type: "subscribe", since: { epoch, seq } };
  };

  test("has recovered, or has a gap", () => {
    const { channel, client } = setting({ config: {} });
    client.sends(publish, publish);
    const { epoch = "" } = channel.state.existing?.record ?? {};
    client.sends({ type: "subscribe" });
    client.sends(subscribe(epoch, 1), subscribe(epoch, 2), subscribe("x", 2));
    expect(channel.state.counters.take().recoveries).toEqual({
      recovered: 2,
      gap: 1,
    });
  });

  test("through a session that resumes counts as well", () => {
    const { channel } = setting({ config: {} });
    const { epoch = "" } = channel.state.existing?.record ?? {};
    const session = channel.connects("s", { via: "session" });
    session.resumes({ epoch, seq: 0, order: 1 });
    const other = channel.connects("t", { via: "session" });
    other.resumes({ epoch: "another", seq: 0, order: 2 });
    expect(channel.state.counters.take().recoveries).toEqual({
      recovered: 1,
      gap: 1,
    });
  });

  test("without leave to see history has recovered if it missed nothing", () => {
    const { channel, client } = setting({ config: {} });
    client.sends(publish);
    const { epoch = "" } = channel.state.existing?.record ?? {};
    const grants = ["subscribe"] as const;
    channel.connects("s", { grants }).sends(subscribe(epoch, 1));
    channel.connects("t", { grants }).sends(subscribe(epoch, 0));
    expect(channel.state.counters.take().recoveries).toEqual({
      recovered: 1,
      gap: 1,
    });
  });
});

describe("an eviction is seen", () => {
  test("by a channel that wakes with its sockets", () => {
    const { channel } = setting({ config: {} });
    expect(channel.state.counters.take().evictions).toBe(0);
    channel.hibernates();
    expect(channel.state.counters.take().evictions).toBe(1);
  });

  test("neither after a crash, which takes the sockets, nor without any", () => {
    const { channel, client } = setting({ config: {} });
    channel.crashes();
    expect(channel.state.counters.take().evictions).toBe(0);
    client.disconnects();
    channel.hibernates();
    expect(channel.state.counters.take().evictions).toBe(0);
  });
});

describe("a report", () => {
  test("is not made for what was refused, but tells it", () => {
    const { channel, client } = setting({
      config: {},
      variables: { MAX_DATA_BYTES: 10 },
    });
    const reports = new ReportSource(channel.state, "d1");
    reports.take();
    client.sends({ ...publish, data: "x".repeat(20) });
    client.sends({ type: "rpc-request", data: 1 });
    expect(reports.changed).toBe(false);
    client.sends(publish);
    expect(reports.changed).toBe(true);
    expect(reports.take().counts).toEqual({
      ...noCounts(),
      published: 1,
      unpublished: { "payload-too-large": 1 },
      unasked: { "no-subscribers": 1 },
    });
  });

  test("that is lost is told again, with what came since", () => {
    const { channel, client } = setting({ config: {} });
    const reports = new ReportSource(channel.state, "d1");
    client.sends({ type: "rpc-request", data: 1 }, publish);
    const lost = reports.take();
    client.sends({ type: "rpc-request", data: 1 });
    reports.giveBack(lost);
    expect(reports.changed).toBe(true);
    expect(reports.take().counts).toMatchObject({
      published: 1,
      unasked: { "no-subscribers": 2 },
    });
  });

  test("that has nothing of the kind to tell is short", () => {
    const { channel, client } = setting({ config: {} });
    client.sends(publish);
    const reports = new ReportSource(channel.state, "d1");
    const { counts } = reports.take();
    expect(JSON.stringify(counts).length).toBeLessThan(230);
  });
});
