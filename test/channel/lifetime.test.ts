import { describe, expect, test } from "vitest";

import { historyPage } from "../../src/channel/history.ts";
import { configure, info, remove } from "../../src/channel/lifetime.ts";
import { ReportSource } from "../../src/channel/reporting.ts";
import { DEFAULT_CHANNEL_CONFIG } from "../../src/protocol/channel-config.ts";
import { TestChannel } from "../support/channel.ts";

describe("creating a channel by name", () => {
  test("gives it the defaults of the server and what is asked for", () => {
    const channel = new TestChannel({
      variables: { CHANNEL_DEFAULTS: '{"max-subscribers":7}' },
    });
    expect(channel.put({ "message-retention": 3 })).toBe("created");
    expect(info(channel.state)).toEqual({
      config: {
        ...DEFAULT_CHANNEL_CONFIG,
        "max-subscribers": 7,
        "message-retention": 3,
      },
      "created-at": channel.now,
      "message-count": 0,
      "subscriber-count": 0,
      seq: 0,
      epoch: expect.stringMatching(/^[\w-]{16}$/),
      "pending-rpc-requests": 0,
    });
  });

  test("again is the same, with another configuration it is not", () => {
    const channel = new TestChannel();
    channel.put({ "message-retention": 3 });
    expect(channel.put({ "message-retention": 3 })).toBe("same");
    expect(channel.put({})).toBe("channel-exists");
  });

  test("lasts through a crash", () => {
    const channel = new TestChannel();
    channel.put({ "message-retention": 3 });
    const before = info(channel.state);
    channel.crashes();
    expect(info(channel.state)).toEqual(before);
  });
});

describe("changing a channel", () => {
  test("keeps its history and its subscribers", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 1 });
    channel.together(
      () => void configure(channel.state, { "message-retention": 5 }),
    );
    channel.hibernates();
    expect(info(channel.state)).toMatchObject({
      config: { ...DEFAULT_CHANNEL_CONFIG, "message-retention": 5 },
      seq: 1,
      "subscriber-count": 1,
    });
    expect(channel.sql.count("segments")).toBe(1);
  });

  test("that does not exist changes nothing", () => {
    const channel = new TestChannel();
    expect(configure(channel.state, {})).toBeUndefined();
    channel.settle();
    expect(channel.sql.tables()).toEqual([]);
  });

  test("to keep nothing keeps the numbering through a crash", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.subscriber("a");
    for (let i = 0; i < 3; i++) client.sends({ type: "publish", data: i });
    const nothing = { "message-retention": 0, "recovery-window": 0 };
    channel.together(() => void configure(channel.state, nothing));
    expect(channel.sql.count("segments")).toBe(0);
    channel.crashes();
    expect(info(channel.state)?.seq).toBe(3);
  });
});

describe("a channel that does not exist", () => {
  test("has no information and cannot be deleted", () => {
    const { state } = new TestChannel();
    expect(info(state)).toBeUndefined();
    expect(remove(state, "requested")).toBe(false);
    const query = { epoch: undefined, after: undefined, limit: 10 };
    expect(historyPage(state, query)).toBeUndefined();
  });
});

describe("a page of history", () => {
  function setting() {
    const channel = new TestChannel({ config: {} });
    const client = channel.connects("p");
    for (let i = 1; i <= 5; i++) client.sends({ type: "publish", data: i });
    const epoch = info(channel.state)?.epoch;
    const page = (after?: number, limit = 100, of = epoch) =>
      JSON.parse(
        historyPage(channel.state, { epoch: of, after, limit }) ?? "null",
      );
    return { epoch, page };
  }

  test("is JSON with the messages as they were sent", () => {
    const { epoch, page } = setting();
    expect(page(3)).toMatchObject({
      "channel-id": "chat",
      epoch,
      seq: 5,
      complete: true,
      messages: [
        { type: "channel-message", seq: 4, data: 4 },
        { type: "channel-message", seq: 5, data: 5 },
      ],
    });
    expect(page(3)).not.toHaveProperty("more");
  });

  test("may be empty", () => {
    expect(setting().page(5)).toMatchObject({ complete: true, messages: [] });
  });

  test("that the limit cut says that there is more", () => {
    const { messages, more } = setting().page(1, 2);
    expect(messages).toMatchObject([{ seq: 2 }, { seq: 3 }]);
    expect(more).toBe(true);
  });

  test("of another epoch is incomplete and starts at the oldest kept", () => {
    const page = setting().page(3, 100, "another");
    expect(page.complete).toBe(false);
    expect(page.messages).toHaveLength(5);
  });

  test("without a position holds all that is kept", () => {
    expect(setting().page()).toMatchObject({ complete: true });
    expect(setting().page().messages).toHaveLength(5);
  });
});

describe("a report", () => {
  function setting() {
    const channel = new TestChannel({ config: {} });
    const reports = () => new ReportSource(channel.state, "d1");
    return { channel, reports };
  }

  test("tells how the channel is, and what it counted", () => {
    const { channel, reports } = setting();
    const source = reports();
    const client = channel.subscriber("a");
    client.sends({ type: "publish", data: 1 });
    channel.connects("s", { via: "session" });
    expect(source.changed).toBe(true);
    expect(source.take()).toMatchObject({
      channelId: "chat",
      channel: {
        createdAt: channel.now,
        messageCount: 1,
        subscriberCount: 1,
        retentionCount: 1,
        openRequests: {},
      },
      directConnections: 1,
      counts: { published: 1, delivered: 1 },
      deployment: "d1",
    });
    expect(source.changed).toBe(false);
  });

  test("tells when requests were opened, by the second", () => {
    const { channel, reports } = setting();
    channel.subscriber("s");
    const client = channel.connects("c");
    client.sends({ type: "rpc-request", data: 1 });
    client.sends({ type: "rpc-request", data: 1 });
    const second = String(Math.floor(channel.now / 1_000));
    expect(reports().take().channel?.openRequests).toEqual({ [second]: 2 });
  });

  test("counts how requests ended, and how long the answered took", () => {
    const { channel, reports } = setting();
    const service = channel.subscriber("s");
    const client = channel.connects("c");
    client.sends({ type: "rpc-request", data: 1 });
    const id = service.receives("rpc-request")["request-id"];
    channel.now += 16;
    service.sends({ type: "rpc-response", "request-id": id, data: 1 });
    client.sends({ type: "rpc-request", data: 1, "timeout-ms": 100 });
    channel.passes(100);
    client.sends({ type: "rpc-request", data: 1 });
    client.disconnects();
    expect(reports().take().counts).toMatchObject({
      rpc: { answered: 1, "timed-out": 1, cancelled: 1, failed: 0 },
      latency: { 16: 1 },
    });
  });

  test("that did not arrive is made again", () => {
    const { channel, reports } = setting();
    const source = reports();
    channel.connects("p").sends({ type: "publish", data: 1 });
    source.giveBack(source.take());
    expect(source.changed).toBe(true);
    expect(source.take().counts.published).toBe(1);
  });

  test("rises in order, after a crash too", () => {
    const { channel, reports } = setting();
    const source = reports();
    const orders = [source.take().order, source.take().order];
    channel.now += 1;
    channel.crashes();
    orders.push(reports().take().order);
    expect(orders).toEqual([...new Set(orders)].sort((a, b) => a - b));
  });

  test("of a deleted channel tells so", () => {
    const { channel, reports } = setting();
    const source = reports();
    source.take();
    channel.together(() => void remove(channel.state, "requested"));
    expect(source.changed).toBe(true);
    expect(source.take().channel).toBeNull();
  });

  test("of a name that never was a channel is no news", () => {
    const { state } = new TestChannel();
    expect(new ReportSource(state, "d1").changed).toBe(false);
  });
});
