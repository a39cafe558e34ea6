/** What a client does after each close code: docs/protocol.md §3. */
import { describe, expect, it, vi } from "vitest";

import { later, soon, startConnected, useFakeClock } from "./support/stage.ts";

useFakeClock();

describe.each([1001, 1005, 1006, 1011, 1012, 4008, 4009, 4999])(
  "after %i",
  (code) => {
    it("it reconnects", async () => {
      const stage = await startConnected();
      stage.socket.closes(code);
      await later(0);
      expect(stage.sockets).toHaveLength(2);
      expect(stage.states.at(-2)).toMatchObject({ state: "waiting", code });
    });
  },
);

describe.each([
  [1000, ""],
  [1008, "forbidden: nothing is granted"],
  [1008, "too-many-connections"],
  [1008, ""],
  [1009, "frame-too-large"],
])("after %i %j", (code, reason) => {
  it("it stays closed, and says why", async () => {
    const stage = await startConnected();
    stage.socket.closes(code, reason);
    await later(120_000);
    expect(stage.sockets).toHaveLength(1);
    const last = stage.states.at(-1);
    expect(last).toMatchObject({ state: "closed", code });
    expect(last?.reason).toContain(reason);
  });

  it("whoever waits is told", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    const waiting = [
      room.subscribe(() => {}),
      room.publish(1),
      room.messages().next(),
    ];
    const outcomes = Promise.allSettled(waiting);
    await soon();
    socket.closes(code, reason);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { name: "ClosedError", reason: "closed" },
      });
    }
  });

  it("requests that were sent are lost", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    const waiting = [room.request(1), room.requestParts(1).next()];
    const outcomes = Promise.allSettled(waiting);
    await soon();
    socket.closes(code, reason);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        reason: { name: "ConnectionLostError" },
      });
    }
  });

  it("whoever comes later is told", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    socket.closes(code, reason);
    await expect(room.publish(1)).rejects.toMatchObject({
      name: "ClosedError",
      reason: "closed",
    });
    await expect(room.subscribe(() => {})).rejects.toThrow(String(code));
  });

  it("no timer is left", async () => {
    const { client, socket } = await startConnected();
    socket.closes(code, reason);
    const closing = client.close();
    await later(1);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each([
  [4001, ""],
  [1008, "token-expired: it is over"],
])("after %i %j", (code, reason) => {
  it("it fetches a token anew and reconnects", async () => {
    let fetched = 0;
    const token = () => `token${++fetched}`;
    const stage = await startConnected({ token });
    stage.socket.closes(code, reason);
    await later(0);
    expect(stage.socket.protocols).toEqual([
      "sente-lite.v1.batch",
      "sente-lite.token.token2",
    ]);
  });
});

it("keeps its token after any other break", async () => {
  let fetched = 0;
  const token = () => `token${++fetched}`;
  const stage = await startConnected({ token });
  stage.socket.closes(1006);
  await later(0);
  expect(stage.socket.protocols).toContain("sente-lite.token.token1");
});
