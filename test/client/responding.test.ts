/** Answering requests. */
import { describe, expect, it, vi } from "vitest";

import type { Asked } from "../../src/client/index.ts";
import { asks, REQUEST, subscribed } from "./support/answers.ts";
import { answers, respond } from "./support/responder.ts";
import {
  outcomeOf,
  reconnect,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

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
