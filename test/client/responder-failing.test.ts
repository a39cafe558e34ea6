/** Responders that fail, or are not wanted any more. */
import { describe, expect, it, vi } from "vitest";

import { asks, REQUEST } from "./support/answers.ts";
import { answers, circle, raise, respond } from "./support/responder.ts";
import {
  later,
  outcomeOf,
  reconnect,
  soon,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

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
