/** A page that comes back, or a network that does, is noticed at once. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import {
  later,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

/** The page: it has events of its own, and its document has. */
let page: EventTarget;
let document: EventTarget & { hidden: boolean };

beforeEach(() => {
  page = new EventTarget();
  document = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function online(): void {
  page.dispatchEvent(new Event("online"));
}

function visible(): void {
  document.dispatchEvent(new Event("visibilitychange"));
}

/** A client that waits for its next try for long. */
async function startWaiting() {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const stage = await startClient();
  for (let i = 0; i < 8; i++) {
    stage.socket.fails();
    await later(Math.ceil(stage.states.at(-1)?.retryInMs ?? 0) + 1);
  }
  stage.socket.fails();
  expect(stage.states.at(-1)?.retryInMs).toBeGreaterThan(10_000);
  return stage;
}

it.each([
  ["the network is back", online],
  ["the page is seen again", visible],
])("connects at once when %s", async (_, wakes) => {
  const stage = await startWaiting();
  const before = stage.sockets.length;
  wakes();
  await soon();
  expect(stage.sockets).toHaveLength(before + 1);
  await later(0);
  expect(stage.sockets).toHaveLength(before + 1);
});

it("gives up a link that died unseen within 5 s", async () => {
  const stage = await startConnected();
  online();
  expect(stage.socket.pings).toBe(1);
  await later(5_001);
  expect(stage.sockets).toHaveLength(2);
});

it("keeps a link that lives", async () => {
  const stage = await startConnected();
  visible();
  stage.socket.hands('{"type":"pong"}');
  await later(6_000);
  expect(stage.sockets).toHaveLength(1);
});

it("keeps one that is pinged just before it is looked at", async () => {
  const stage = await startConnected({}, { "heartbeat-ms": 10_000 });
  await later(5_000);
  online();
  stage.socket.hands('{"type":"pong"}');
  // A heartbeat falls just before the end; its pong is still on its way.
  await later(5_100);
  expect(stage.sockets).toHaveLength(1);
});

it("keeps one that is woken again and again", async () => {
  const stage = await startConnected();
  for (let i = 0; i < 100; i++) {
    online();
    visible();
    await later(50);
    stage.socket.hands('{"type":"pong"}');
    await later(50);
  }
  await later(6_000);
  expect(stage.sockets).toHaveLength(1);
});

it("does not disturb a connection that is being made", async () => {
  const stage = await startClient();
  for (let i = 0; i < 10; i++) online();
  await later(100);
  expect(stage.sockets).toHaveLength(1);
  stage.socket.welcomes();
  expect(stage.client.state).toBe("connected");
});

it("listens no more, and has no timer, when it is closed", async () => {
  const removed = vi.fn();
  vi.stubGlobal("removeEventListener", removed);
  const stage = await startConnected();
  online();
  const closing = stage.client.close();
  await later(1);
  await closing;
  expect(vi.getTimerCount()).toBe(0);
  const pings = stage.socket.pings;
  visible();
  expect(stage.socket.pings).toBe(pings);
  expect(removed).toHaveBeenCalled();
});
