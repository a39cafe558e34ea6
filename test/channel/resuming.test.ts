import { describe, expect, test } from "vitest";

import { remove } from "../../src/channel/lifetime.ts";
import { contents, TestChannel } from "../support/channel.ts";

const session = { via: "session" } as const;

function channelWith(messages: number, config = {}) {
  const channel = new TestChannel({ config });
  const publisher = channel.connects("publisher");
  for (let i = 1; i <= messages; i++) {
    publisher.sends({ type: "publish", data: i });
  }
  const epoch = channel.state.existing?.record.epoch ?? "";
  return { channel, publisher, epoch };
}

describe("a session that comes back", () => {
  test("gets what it missed as ordinary frames, then what is new", () => {
    const { channel, publisher, epoch } = channelWith(5);
    const client = channel.connects("a", session);
    channel.together(() => {
      client.resumes({ epoch, seq: 3, order: 1 });
      publisher.sends({ type: "publish", data: 6 });
    });
    expect(contents(client.drain())).toEqual([4, 5, 6]);
    expect(client.headers.at(-1)).toMatchObject({
      seq: 6,
      resumed: { subscription: "recovered", "unknown-requests": [] },
    });
  });

  test("has no reply counted for it", () => {
    const { channel, epoch } = channelWith(5);
    const client = channel.connects("a", session);
    client.resumes({ epoch, seq: 5, order: 1 });
    expect(client.headers.at(-1)?.replies).toBeUndefined();
  });

  test("is subscribed again where something is no longer held", () => {
    const { channel, publisher, epoch } = channelWith(20, {
      "recovery-window": 3,
      "message-retention": 1,
    });
    const client = channel.connects("a", session);
    const resumed = client.resumes({ epoch, seq: 3, order: 1 });
    expect(resumed?.subscription).toBe("gap");
    client.receivesNothing();
    publisher.sends({ type: "publish", data: "new" });
    expect(client.receives("channel-message").data).toBe("new");
  });

  test("finds its channel deleted", () => {
    const { channel, epoch } = channelWith(1);
    channel.together(() => remove(channel.state, "requested"));
    const client = channel.connects("a", session);
    const resumed = client.resumes({ epoch, seq: 1, order: 1 });
    expect(resumed?.subscription).toBe("channel-not-found");
    expect(channel.sql.tables()).toEqual([]);
  });

  test("finds its place taken", () => {
    const { channel, epoch } = channelWith(1, { "max-subscribers": 1 });
    channel.subscriber("b");
    const client = channel.connects("a", session);
    const resumed = client.resumes({ epoch, seq: 1, order: 1 });
    expect(resumed?.subscription).toBe("max-subscribers-reached");
  });

  test("that was not subscribed is not", () => {
    const { channel, publisher } = channelWith(1);
    const client = channel.connects("a", session);
    expect(client.resumes(null)?.subscription).toBeNull();
    publisher.sends({ type: "publish", data: 2 });
    client.receivesNothing();
  });

  test("is not greeted", () => {
    const { channel } = channelWith(1);
    channel.connects("a", session).receivesNothing();
  });
});

describe("what a session is told beside the frames", () => {
  test("is whether, where and in which epoch it is subscribed", () => {
    const { channel, epoch } = channelWith(3);
    const client = channel.connects("a", session);
    client.sends({ type: "subscribe" });
    expect(client.headers.at(-1)).toEqual({
      seq: 3,
      subscribed: true,
      epoch,
      order: expect.any(Number),
      replies: 1,
    });
    client.sends({ type: "unsubscribe" });
    expect(client.headers.at(-1)).toEqual({ subscribed: false, replies: 1 });
  });

  test("is the newest number it was passed, its own excluded one too", () => {
    const { channel } = channelWith(3);
    const client = channel.subscriber("a", session);
    client.sends({ type: "publish", data: 4, "exclude-sender": true });
    expect(client.headers.at(-1)).toMatchObject({ seq: 4, replies: 1 });
    expect(contents(client.drain())).toEqual(["publish-result"]);
  });

  test("is which requests were opened and ended", () => {
    const { channel } = channelWith(0);
    const service = channel.subscriber("s", session);
    const client = channel.connects("a", session);
    client.sends({ type: "rpc-request", data: 1 });
    const id = client.receives("rpc-request-result")["request-id"] ?? "";
    expect(client.headers.at(-1)).toMatchObject({ opened: [id], replies: 1 });
    service.sends({ type: "rpc-response", "request-id": id, data: 1 });
    expect(client.headers.at(-1)).toEqual({ ended: [id] });
  });

  test("is that it is subscribed no more when the channel is deleted", () => {
    const { channel } = channelWith(0);
    const client = channel.subscriber("a", session);
    channel.together(() => remove(channel.state, "requested"));
    expect(client.headers.at(-1)).toEqual({ subscribed: false });
    client.receives("channel-deleted");
  });

  test("is how many replies there are among the frames", () => {
    const { channel, publisher } = channelWith(0);
    const client = channel.subscriber("a", session);
    channel.together(() => {
      client.sends({ type: "publish", data: 1 });
      publisher.sends({ type: "publish", data: 2 });
      client.sends({ type: "rpc-cancel", "request-id": "req-1-x@chat" });
    });
    expect(client.drain()).toHaveLength(4);
    expect(client.headers.at(-1)).toEqual({ seq: 2, replies: 2 });
  });
});
