/** Subscriptions begin, and are several. */
import { describe, expect, it, vi } from "vitest";

import { message, subscribed } from "./support/answers.ts";
import {
  later,
  outcomeOf,
  reconnect,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";
import { live, subscribe, times } from "./support/subscription.ts";

useFakeClock();

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
