/** Responders that stop. */
import { describe, expect, it, vi } from "vitest";

import { asks, subscribed } from "./support/answers.ts";
import { answers, respond } from "./support/responder.ts";
import { outcomeOf, soon, useFakeClock } from "./support/stage.ts";

useFakeClock();

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

  it("takes no more requests while it answers the last", async () => {
    const answering = vi.fn(() => new Promise(() => {}));
    const { socket, room, responder } = await respond(answering);
    const subscribing = room.subscribe(() => {});
    await soon();
    subscribed(socket);
    await subscribing;
    asks(socket);
    responder.stop().catch(() => {});
    asks(socket, { "request-id": "req-2@room" });
    await soon();
    expect(answering).toHaveBeenCalledTimes(1);
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
