/** Answering requests. */
import { describe, expect, it, vi } from "vitest";

import type { Answer, Asked } from "../../src/client/index.ts";
import {
  asks,
  later,
  outcomeOf,
  REQUEST,
  reconnect,
  soon,
  startConnected,
  subscribed,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

async function respond(
  answering: (asked: Asked) => Answer<unknown>,
  welcome: Parameters<typeof startConnected>[1] = {},
) {
  const stage = await startConnected({}, welcome);
  const room = stage.client.channel("room");
  const responding = room.respond(answering);
  await soon();
  subscribed(stage.socket);
  return { stage, room, responder: await responding, socket: stage.socket };
}

/** The answers that were sent, without what is the same in all of them. */
function answers({ unseen }: { unseen: readonly object[] }) {
  return unseen
    .filter((frame) => "type" in frame && frame.type === "rpc-response")
    .map((frame) => {
      const { type: _, ref: __, "request-id": id, ...answer } = Object(frame);
      expect(id).toBe(REQUEST);
      return answer;
    });
}

describe("a responder", () => {
  it("subscribes, without anything retained", async () => {
    const { client, socket } = await startConnected();
    client
      .channel("room")
      .respond(() => 1)
      .catch(() => {});
    await soon();
    expect(socket.takes("subscribe")["retained-limit"]).toBe(0);
  });

  it("is told who asks what, and for how long", async () => {
    const answering = vi.fn((_: Asked) => 2);
    const { socket } = await respond(answering);
    asks(socket, { "sender-user-id": "alice" });
    await soon();
    expect(answering.mock.calls[0]?.[0]).toMatchObject({
      data: 1,
      channelId: "room",
      requestId: REQUEST,
      senderConnId: "conn-2",
      senderUserId: "alice",
      timeoutMs: 30_000,
    });
    expect(answers(socket)).toEqual([{ data: 2, final: true }]);
  });

  it.each([
    [() => "now", "now"],
    [async () => "soon", "soon"],
    [() => undefined, null],
    [() => 0, 0],
    [() => [1, 2], [1, 2]],
  ])("answers with what %s returns", async (answering, data) => {
    const { socket } = await respond(answering);
    asks(socket);
    await soon();
    expect(answers(socket)).toEqual([{ data, final: true }]);
  });

  it("answers in parts with what a generator yields", async () => {
    const { socket } = await respond(async function* () {
      yield 1;
      yield 2;
      return 3;
    });
    asks(socket);
    await soon();
    expect(answers(socket)).toEqual([
      { data: 1, final: false },
      { data: 2, final: false },
      { data: 3, final: true },
    ]);
  });

  it("ends the parts of a generator that returns nothing with null", async () => {
    const { socket } = await respond(async function* () {
      yield 1;
    });
    asks(socket);
    await soon();
    expect(answers(socket)).toEqual([
      { data: 1, final: false },
      { data: null, final: true },
    ]);
  });

  it("comes back after a break, without what it missed", async () => {
    const { stage } = await respond(() => 1);
    await reconnect(stage);
    const { since, "retained-limit": limit } = stage.socket.takes("subscribe");
    expect(since).toBeUndefined();
    expect(limit).toBe(0);
  });
});

describe("a responder that fails", () => {
  const failing: [string, () => unknown, string][] = [
    ["an error", () => Promise.reject(new Error("no")), "no"],
    ["an error at once", raise(new Error("no")), "no"],
    ["a text", raise("no"), "no"],
    ["undefined", raise(undefined), "undefined"],
    ["a circle", () => circle(), ""],
    ["a bigint", () => 1n, ""],
  ];

  it.each(failing)(
    "with %s says so, without a stack",
    async (_, answering, message) => {
      const { socket } = await respond(answering);
      asks(socket);
      await soon();
      const [{ data, ...answer }] = answers(socket);
      expect(answer).toEqual({ error: true, final: true });
      expect(Object.keys(data)).toEqual(["message"]);
      expect(data.message).toContain(message);
      expect(JSON.stringify(data)).not.toContain(".ts");
    },
  );

  it.each([
    ["what has no text", raise(Object.create(null))],
    ["what throws as a text", raise({ toString: raise(new Error("no")) })],
    ["an odd message", raise(Object.assign(new Error(), { message: 1n }))],
  ])("with %s goes on answering", async (_, answering) => {
    const times = vi.fn<() => unknown>(answering);
    const { socket, stage } = await respond(() => times());
    asks(socket);
    await soon();
    asks(socket);
    await soon();
    asks(socket);
    await soon();
    expect(times).toHaveBeenCalledTimes(3);
    const closing = stage.client.close();
    await later(2_001);
    expect(await outcomeOf(closing)).toBeUndefined();
  });

  it("halfway ends its parts with the error", async () => {
    const { socket } = await respond(async function* () {
      yield 1;
      throw new Error("out of paper");
    });
    asks(socket);
    await soon();
    expect(answers(socket)).toEqual([
      { data: 1, final: false },
      { data: { message: "out of paper" }, error: true, final: true },
    ]);
  });

  it("with an answer that is too long says so, to both sides", async () => {
    const { stage, socket } = await respond(() => "x".repeat(2_000), {
      "max-frame-bytes": 1_000,
    });
    asks(socket);
    await soon();
    expect(answers(socket)).toMatchObject([{ error: true }]);
    expect(answers(socket)[0].data.message).toContain("1000");
    expect(stage.errors).toMatchObject([{ name: "PayloadTooLargeError" }]);
  });

  it("with a message that is too long says some of it", async () => {
    const long = "x".repeat(100_000);
    const { socket } = await respond(raise(new Error(long)));
    asks(socket);
    await soon();
    expect(answers(socket)).toMatchObject([{ error: true, final: true }]);
  });
});

describe("the signal of a request", () => {
  async function asked() {
    let signal = AbortSignal.abort();
    const { stage, socket } = await respond((asked) => {
      signal = asked.signal;
      return new Promise(() => {});
    });
    asks(socket, { "timeout-ms": 5_000 });
    await soon();
    expect(signal.aborted).toBe(false);
    return { stage, socket, isAborted: () => signal.aborted };
  }

  it("aborts when the requester cancels", async () => {
    const { socket, isAborted } = await asked();
    socket.says("rpc-cancel", { "request-id": REQUEST });
    expect(isAborted()).toBe(true);
  });

  it("aborts when its time is up", async () => {
    const { isAborted } = await asked();
    await later(5_000);
    expect(isAborted()).toBe(true);
  });

  it("aborts when the connection is lost", async () => {
    const { socket, isAborted } = await asked();
    socket.closes(1006);
    expect(isAborted()).toBe(true);
  });

  it("keeps an answer that comes too late from being sent", async () => {
    let answer = (_: number): void => {};
    const { stage, socket } = await respond(
      () => new Promise<number>((resolve) => (answer = resolve)),
    );
    asks(socket);
    await soon();
    await reconnect(stage);
    answer(1);
    await soon();
    expect(answers(stage.socket)).toEqual([]);
  });

  it("stops a generator", async () => {
    const cleanedUp = vi.fn();
    let go = (): void => {};
    const { socket } = await respond(async function* () {
      try {
        for (;;) {
          await new Promise<void>((resolve) => (go = resolve));
          yield 1;
        }
      } finally {
        cleanedUp();
      }
    });
    asks(socket);
    await soon();
    socket.says("rpc-cancel", { "request-id": REQUEST });
    go();
    await soon();
    expect(cleanedUp).toHaveBeenCalledTimes(1);
    expect(answers(socket)).toEqual([]);
  });
});

describe("stopping", () => {
  it("unsubscribes, and waits for answers that are being made", async () => {
    let answer = (_: number): void => {};
    const { socket, responder } = await respond(
      () => new Promise<number>((resolve) => (answer = resolve)),
    );
    asks(socket);
    await soon();
    const stopping = responder.stop();
    await soon();
    socket.takes("unsubscribe");
    expect(await outcomeOf(stopping)).toBe("pending");
    answer(5);
    await stopping;
    expect(answers(socket)).toEqual([{ data: 5, final: true }]);
  });

  it("takes no more requests, though others here are subscribed", async () => {
    const answering = vi.fn(() => 1);
    const { socket, room, responder } = await respond(answering);
    const subscribing = room.subscribe(() => {});
    await soon();
    subscribed(socket);
    await subscribing;
    const stopping = responder.stop();
    asks(socket);
    await stopping;
    asks(socket);
    await soon();
    expect(answering).not.toHaveBeenCalled();
  });

  it("makes room for another responder", async () => {
    const { socket, room, responder } = await respond(() => 1);
    const stopping = responder.stop();
    await soon();
    socket.takes("unsubscribe");
    await stopping;
    const again = room.respond(() => 2);
    await soon();
    subscribed(socket);
    await again;
    asks(socket);
    await soon();
    expect(answers(socket)).toEqual([{ data: 2, final: true }]);
  });
});

it("refuses a second responder, and keeps the first", async () => {
  const { socket, room } = await respond(() => 1);
  expect(await outcomeOf(room.respond(() => 2))).toMatchObject({
    reason: "responding",
  });
  asks(socket);
  await soon();
  expect(answers(socket)).toEqual([{ data: 1, final: true }]);
});

it("may try again at once where it was refused", async () => {
  const { client, socket } = await startConnected();
  const room = client.channel("room");
  const responding = room.respond(() => 1);
  const publishing = room.publish(1);
  publishing.catch(() => {});
  await soon();
  subscribed(socket, [], { success: false, reason: "forbidden" });
  expect(await outcomeOf(responding)).toMatchObject({ name: "ForbiddenError" });
  const again = room.respond(() => 2);
  again.catch(() => {});
  await soon();
  subscribed(socket);
  expect(await outcomeOf(again)).toMatchObject({ channelId: "room" });
});

it("tells of its end where nobody else does", async () => {
  const { stage } = await respond(() => 1);
  stage.socket.says("channel-deleted", { "channel-id": "room" });
  expect(stage.errors).toMatchObject([{ name: "ChannelDeletedError" }]);
});

it("tells of an answer that is refused, unless it came too late", async () => {
  const { stage, socket } = await respond(() => 1);
  for (const reason of ["request-not-found", "not-a-recipient"] as const) {
    asks(socket);
    await soon();
    const { ref } = socket.takes("rpc-response");
    socket.says("rpc-response-result", { ref, success: false, reason });
  }
  expect(stage.errors).toMatchObject([{ reason: "not-a-recipient" }]);
});

function raise(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

function circle(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}
