/** What its users throw is an `error` event, and harms nobody else. */
import { describe, expect, it, vi } from "vitest";

import { message, subscribed } from "./support/answers.ts";
import {
  type Stage,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

const boom = new Error("boom");

function raise(): never {
  throw boom;
}

async function subscribe(
  stage: Stage,
  handler: (seq: number | undefined) => unknown,
  options = {},
) {
  const room = stage.client.channel("room");
  const subscribing = room.subscribe(({ seq }) => handler(seq), options);
  await soon();
  subscribed(stage.socket);
  return subscribing;
}

function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}

describe.each([
  ["throws", raise],
  ["rejects", () => Promise.reject(boom)],
])("a handler that %s", (_, fail) => {
  it.each([{}, { sequential: true }])(
    "is told of, and is handed the next (%j)",
    async (options) => {
      const stage = await startConnected();
      const got: unknown[] = [];
      await subscribe(
        stage,
        (seq) => {
          got.push(seq);
          return fail();
        },
        options,
      );
      live(stage, 1, 2);
      await soon();
      expect(got).toEqual([1, 2]);
      expect(stage.errors).toEqual([boom, boom]);
    },
  );

  it("keeps no other from its messages", async () => {
    const stage = await startConnected();
    const got: unknown[] = [];
    await subscribe(stage, fail);
    await subscribe(stage, (seq) => got.push(seq));
    live(stage, 1, 2);
    await soon();
    expect(got).toEqual([1, 2]);
  });
});

describe("a listener that throws", () => {
  it("to `state` is told of, and keeps nobody from connecting", async () => {
    const stage = await startConnected();
    const others = vi.fn();
    stage.client.on("state", raise);
    stage.client.on("state", others);
    stage.socket.closes(1006);
    expect(others).toHaveBeenCalled();
    expect(stage.errors).toEqual([boom]);
    await vi.advanceTimersByTimeAsync(1);
    stage.socket.welcomes();
    expect(stage.client.state).toBe("connected");
  });

  it.each(["gap", "end"] as const)("to `%s` is told of", async (name) => {
    const stage = await startConnected();
    const subscription = await subscribe(stage, () => {});
    subscription.on(name, raise);
    const id = { "channel-id": "room" };
    if (name === "end") stage.socket.says("channel-deleted", id);
    else {
      stage.socket.says("subscription-lost", { ...id, reason: "gap" });
      await soon();
      subscribed(stage.socket, [message(9)], { recovered: false });
    }
    expect(stage.errors).toContain(boom);
  });

  it("to `error` goes to the console, and nowhere else", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const stage = await startConnected();
    stage.client.on("error", raise);
    stage.socket.hands("nonsense");
    expect(log.mock.calls.flat()).toContain(boom);
    expect(stage.errors).toHaveLength(1);
    log.mockRestore();
  });
});

it("goes to the console where nobody listens to `error`", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const stage = await startConnected();
  stage.deafens();
  stage.socket.hands("nonsense");
  expect(log).toHaveBeenCalledTimes(1);
  log.mockRestore();
});

it("lets a handler unsubscribe, publish and close", async () => {
  const stage = await startConnected();
  const got: unknown[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  await subscribe(
    stage,
    (seq) => {
      got.push(seq);
      stage.client
        .channel("room")
        .publish(seq)
        .catch(() => {});
      if (seq === 2) stop.abort();
    },
    { signal },
  );
  live(stage, 1, 2, 3);
  await soon();
  expect(got).toEqual([1, 2]);
  stage.socket.takes("unsubscribe");
  expect(stage.errors).toEqual([]);
});

it("lets listeners go", async () => {
  const stage = await startConnected();
  const listener = vi.fn();
  const off = stage.client.on("state", listener);
  off();
  off();
  stage.socket.closes(1006);
  expect(listener).not.toHaveBeenCalled();
});
