/** Living links stay, dead ones are noticed. */
import { expect, it, vi } from "vitest";

import { message } from "./support/answers.ts";
import { later, startConnected, useFakeClock } from "./support/stage.ts";

useFakeClock();

const WELCOME = { "heartbeat-ms": 10_000 };

it("pings once a heartbeat, exactly and by itself", async () => {
  const { client, socket } = await startConnected({}, WELCOME);
  await later(9_999);
  expect(socket.pings).toBe(0);
  // What goes out at the same moment does not share the ping's message.
  setTimeout(
    () =>
      void client
        .channel("room")
        .publish(1)
        .catch(() => {}),
    1,
  );
  await later(1);
  expect(socket.pings).toBe(1);
  for (let i = 2; i < 5; i++) {
    socket.hands('{"type":"pong"}');
    await later(10_000);
    expect(socket.pings).toBe(i);
  }
});

it("gives up a silent link within two heartbeats, and connects anew", async () => {
  const stage = await startConnected({}, WELCOME);
  await later(19_999);
  expect(stage.client.state).toBe("connected");
  await later(1);
  expect(stage.states.map(({ state }) => state)).toContain("waiting");
  expect(stage.sockets[0]?.closedWith).toBeDefined();
  await later(1);
  expect(stage.sockets).toHaveLength(2);
});

it("does not wait for a dead socket to close", async () => {
  const stage = await startConnected({}, WELCOME);
  stage.socket.answersClose = false;
  await later(20_001);
  expect(stage.sockets).toHaveLength(2);
});

it("takes any message for a sign of life", async () => {
  const stage = await startConnected({}, WELCOME);
  for (let i = 1; i < 20; i++) {
    await later(9_000);
    stage.socket.hands(JSON.stringify(message(i)));
  }
  expect(stage.client.state).toBe("connected");
});

it("stays while pings are answered, however quiet it is", async () => {
  const stage = await startConnected({}, WELCOME);
  const timer = setInterval(() => {
    const { socket } = stage;
    if (socket.has("ping")) {
      socket.takes("ping");
      socket.hands('{"type":"pong"}');
    }
  }, 100);
  await later(1_000_000);
  clearInterval(timer);
  expect(stage.sockets).toHaveLength(1);
  expect(stage.socket.pings).toBe(100);
});

it("pings no more when it is closed", async () => {
  const { client, socket } = await startConnected({}, WELCOME);
  await client.close();
  await later(60_000);
  expect(socket.pings).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([0, -1, 1e100, Number.NaN])(
  "does not spin where the server wants a heartbeat of %d",
  async (ms) => {
    const stage = await startConnected({}, { "heartbeat-ms": ms });
    for (let i = 0; i < 1_000; i++) {
      const { socket } = stage;
      if (!socket.isOpen) continue;
      if (stage.client.state === "connecting") {
        socket.welcomes({ "heartbeat-ms": ms });
      }
      // It is alive, whatever it wants.
      socket.hands('{"type":"pong"}');
      await later(1);
    }
    const pings = stage.sockets.map(({ pings }) => pings);
    expect(pings.reduce((sum, each) => sum + each)).toBeLessThan(50);
    expect(stage.sockets.length).toBeLessThan(10);
  },
);
