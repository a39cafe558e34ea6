/** Subscriptions begin, are several, and end. */
import { describe, expect, it, vi } from "vitest";

import type { Subscription } from "../../src/client/index.ts";
import {
  later,
  message,
  outcomeOf,
  reconnect,
  type Stage,
  soon,
  startClient,
  startConnected,
  subscribed,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

async function subscribe(
  stage: Stage,
  handler: (seq: number | undefined) => unknown = () => {},
): Promise<Subscription> {
  const room = stage.client.channel("room");
  const subscribing = room.subscribe(({ seq }) => handler(seq));
  await soon();
  subscribed(stage.socket);
  return subscribing;
}

function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}

/** How often the client sent a frame of this type over this connection. */
function times({ socket }: Stage, type: string): number {
  return socket.messages.join().split(`"type":"${type}"`).length - 1;
}

describe("subscribing", () => {
  it("waits for the connection", async () => {
    const stage = await startClient();
    const subscribing = stage.client.channel("room").subscribe(() => {});
    await later(3_000);
    stage.socket.welcomes();
    await soon();
    subscribed(stage.socket);
    expect((await subscribing).channelId).toBe("room");
  });

  it("passes on retainedLimit", async () => {
    const { client, socket } = await startConnected();
    const options = { retainedLimit: 3 };
    client
      .channel("room")
      .subscribe(() => {}, options)
      .catch(() => {});
    await soon();
    expect(socket.takes("subscribe")["retained-limit"]).toBe(3);
  });

  it.each([
    ["forbidden", "ForbiddenError"],
    ["channel-not-found", "ChannelNotFoundError"],
    ["max-subscribers-reached", "MaxSubscribersReachedError"],
    ["too-many-subscriptions", "TooManySubscriptionsError"],
    ["invalid-channel-id", "InvalidChannelIdError"],
  ] as const)("rejects when it is refused: %s", async (reason, name) => {
    const stage = await startConnected();
    const subscribing = stage.client.channel("room").subscribe(() => {});
    await soon();
    subscribed(stage.socket, [], { success: false, reason });
    expect(await outcomeOf(subscribing)).toMatchObject({ name, reason });
    await reconnect(stage);
    expect(times(stage, "subscribe")).toBe(0);
  });

  it("tries again where the server asks it to", async () => {
    const stage = await startConnected();
    const subscribing = stage.client.channel("room").subscribe(() => {});
    await soon();
    const { ref } = stage.socket.takes("subscribe");
    stage.socket.says("error", {
      ref: Number(ref),
      reason: "rate-limited",
      message: "later",
      "retry-after-ms": 700,
    });
    await later(699);
    expect(stage.socket.has("subscribe")).toBe(false);
    await later(2);
    subscribed(stage.socket);
    await subscribing;
  });

  it("tries again after a refusal that may pass, once it stood", async () => {
    const stage = await startConnected();
    const subscription = await subscribe(stage);
    await reconnect(stage);
    const reason = "max-subscribers-reached";
    subscribed(stage.socket, [], { success: false, reason });
    await later(2_001);
    expect(stage.socket.takes("subscribe").since).toEqual(
      subscription.position,
    );
  });
});

describe("several subscriptions on one channel", () => {
  it("are each handed everything", async () => {
    const stage = await startConnected();
    const got: string[] = [];
    await subscribe(stage, (seq) => got.push(`a${seq}`));
    live(stage, 1);
    const second = stage.client.channel("room").subscribe(({ seq }) => {
      got.push(`b${seq}`);
    });
    await soon();
    // Live ones before the answer are in the answer.
    live(stage, 2);
    subscribed(stage.socket, [message(1), message(2)]);
    await second;
    live(stage, 3);
    expect(got).toEqual(["a1", "a2", "b1", "b2", "a3", "b3"]);
  });

  it("are unsubscribed when the last one goes", async () => {
    const stage = await startConnected();
    const first = await subscribe(stage);
    const second = await subscribe(stage);
    await first.unsubscribe();
    expect(times(stage, "unsubscribe")).toBe(0);
    void second.unsubscribe();
    await soon();
    expect(times(stage, "unsubscribe")).toBe(1);
  });

  it("each resume where they stand", async () => {
    const stage = await startConnected();
    await subscribe(stage);
    live(stage, 1);
    const since = { epoch: "e1", seq: 0 };
    const second = stage.client.channel("room").subscribe(() => {}, { since });
    await soon();
    stage.socket.takes("subscribe");
    second.catch(() => {});
    const socket = await reconnect(stage);
    const asked = [socket.takes("subscribe"), socket.takes("subscribe")];
    expect(asked.map((each) => each.since)).toEqual([
      { epoch: "e1", seq: 1 },
      since,
    ]);
  });
});

describe("unsubscribing", () => {
  it("hands over nothing more, and is told when the server knows", async () => {
    const stage = await startConnected();
    const got: unknown[] = [];
    const subscription = await subscribe(stage, (seq) => got.push(seq));
    stage.socket.answersUnsubscribe = false;
    const leaving = subscription.unsubscribe();
    live(stage, 1);
    expect(await outcomeOf(leaving)).toBe("pending");
    const { ref } = stage.socket.takes("unsubscribe");
    stage.socket.says("unsubscription-result", { ref, success: true });
    await leaving;
    expect(got).toEqual([]);
  });

  it("is done where the connection breaks", async () => {
    const stage = await startConnected();
    stage.socket.answersUnsubscribe = false;
    const leaving = (await subscribe(stage)).unsubscribe();
    await reconnect(stage);
    expect(await outcomeOf(leaving)).toBeUndefined();
    expect(times(stage, "subscribe")).toBe(0);
  });

  it("by a signal does the same", async () => {
    const stage = await startConnected();
    const { signal, abort } = withAbort();
    const room = stage.client.channel("room");
    const subscribing = room.subscribe(() => {}, { signal });
    await soon();
    subscribed(stage.socket);
    const ended = vi.fn();
    (await subscribing).on("end", ended);
    abort();
    await soon();
    expect(times(stage, "unsubscribe")).toBe(1);
    expect(ended).toHaveBeenCalledWith({});
  });

  it("by a signal before it is subscribed rejects", async () => {
    const stage = await startConnected();
    const { signal, abort } = withAbort();
    const room = stage.client.channel("room");
    const subscribing = room.subscribe(() => {}, { signal });
    const outcome = outcomeOf(subscribing);
    abort();
    expect(await outcome).toBeInstanceOf(Error);
  });

  it("by a signal that is aborted already sends nothing", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const signal = AbortSignal.abort();
    const subscribing = room.subscribe(() => {}, { signal });
    expect(await outcomeOf(subscribing)).toBeInstanceOf(Error);
    expect(times(stage, "subscribe")).toBe(0);
  });
});

describe("the server ends it", () => {
  it.each([
    ["channel-deleted", {}, "ChannelDeletedError"],
    ["unsubscribed", { reason: "forbidden" }, "ForbiddenError"],
    [
      "subscription-lost",
      { reason: "channel-not-found" },
      "ChannelNotFoundError",
    ],
  ] as const)("by %s: `end` has the error", async (type, fields, name) => {
    const stage = await startConnected();
    const subscription = await subscribe(stage);
    const ended = vi.fn();
    subscription.on("end", ended);
    stage.socket.says(type, { "channel-id": "room", ...fields });
    expect(ended).toHaveBeenCalledTimes(1);
    expect(ended.mock.calls[0]?.[0].error).toMatchObject({ name });
    expect(stage.errors).toEqual([]);
    await reconnect(stage);
    expect(times(stage, "subscribe")).toBe(0);
  });

  it("and nobody listens: it is an error of the client", async () => {
    const stage = await startConnected();
    await subscribe(stage);
    stage.socket.says("channel-deleted", { "channel-id": "room" });
    expect(stage.errors).toMatchObject([{ name: "ChannelDeletedError" }]);
  });

  it("is no concern of other channels", async () => {
    const stage = await startConnected();
    const subscription = await subscribe(stage);
    const ended = vi.fn();
    subscription.on("end", ended);
    stage.socket.says("channel-deleted", { "channel-id": "other" });
    expect(ended).not.toHaveBeenCalled();
  });
});

describe("subscription-lost", () => {
  it.each(["unavailable", "max-subscribers-reached"] as const)(
    "%s: it subscribes again later, with since",
    async (reason) => {
      const stage = await startConnected();
      await subscribe(stage);
      live(stage, 1);
      stage.socket.says("subscription-lost", { "channel-id": "room", reason });
      await later(2_001);
      expect(stage.socket.takes("subscribe").since).toEqual({
        epoch: "e1",
        seq: 1,
      });
    },
  );

  it("gap: it subscribes again at once, and tells of one gap", async () => {
    const stage = await startConnected();
    const got: unknown[] = [];
    const subscription = await subscribe(stage, (seq) => got.push(seq));
    const gaps = vi.fn();
    subscription.on("gap", gaps);
    live(stage, 1);
    stage.socket.says("subscription-lost", {
      "channel-id": "room",
      reason: "gap",
    });
    await soon();
    subscribed(stage.socket, [message(8)], { recovered: false });
    live(stage, 9);
    expect(got).toEqual([1, 8, 9]);
    expect(gaps).toHaveBeenCalledTimes(1);
  });
});

function withAbort() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
