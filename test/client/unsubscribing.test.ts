/** Subscriptions end. */
import { describe, expect, it, vi } from "vitest";

import { subscribed } from "./support/answers.ts";
import {
  outcomeOf,
  reconnect,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";
import { live, subscribe, times, withAbort } from "./support/subscription.ts";

useFakeClock();

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

  it("forgets its signal", async () => {
    const stage = await startConnected();
    const { signal } = withAbort();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const room = stage.client.channel("room");
    const subscribing = room.subscribe(() => {}, { signal });
    await soon();
    subscribed(stage.socket);
    await (await subscribing).unsubscribe();
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
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
