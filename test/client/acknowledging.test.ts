/** What was processed is acknowledged, and only that. */
import { expect, it, vi } from "vitest";
import { message, subscribed } from "./support/answers.ts";
import type { FakeSocket } from "./support/fake-socket.ts";
import { later, soon, startConnected, useFakeClock } from "./support/stage.ts";

useFakeClock();

/** The numbers that were acknowledged, oldest first. */
function acks(socket: FakeSocket): unknown[] {
  return socket.unseen
    .filter(({ type }) => type === "ack")
    .map(({ "channel-id": id, seq }) => {
      expect(id).toBe("room");
      return seq;
    });
}

/** Messages come, one by one. */
function come(socket: FakeSocket, first: number, last: number): void {
  for (let seq = first; seq <= last; seq++) {
    socket.hands(JSON.stringify(message(seq)));
  }
}

async function subscribe(options = {}, handler: () => unknown = () => {}) {
  const stage = await startConnected();
  const subscribing = stage.client.channel("room").subscribe(handler, options);
  await soon();
  subscribed(stage.socket, [message(1)]);
  await subscribing;
  await soon();
  return stage;
}

it("acknowledges every 256 messages", async () => {
  const { socket } = await subscribe();
  const before = acks(socket).length;
  come(socket, 2, 600);
  await soon();
  const [first = 0, second = 0, ...more] = acks(socket).slice(before);
  expect(more).toEqual([]);
  expect([256, 257]).toContain(first);
  expect(second).toBe(Number(first) + 256);
});

it("acknowledges within 5 s of a message", async () => {
  const { socket } = await subscribe();
  await later(60_000);
  come(socket, 2, 3);
  await later(5_001);
  expect(acks(socket).at(-1)).toBe(3);
});

it("acknowledges nothing while nothing comes", async () => {
  const { socket } = await subscribe();
  await later(10_000);
  const before = acks(socket).length;
  for (let i = 0; i < 30; i++) {
    socket.hands('{"type":"pong"}');
    await later(10_000);
  }
  expect(acks(socket)).toHaveLength(before);
});

it("makes the server keep to its limit from the start", async () => {
  const { socket } = await subscribe({ sequential: true }, () => {
    return new Promise(() => {});
  });
  // Else one that processes nothing would be handed messages without end.
  expect(acks(socket).length).toBeGreaterThan(0);
  expect(acks(socket).at(-1)).toBe(0);
});

it("does not acknowledge what a slow handler has not processed", async () => {
  const done: (() => void)[] = [];
  const { socket } = await subscribe({ sequential: true }, () => {
    return new Promise<void>((resolve) => done.push(resolve));
  });
  come(socket, 2, 400);
  await later(60_000);
  expect(acks(socket).at(-1)).toBe(0);
  for (let i = 0; i < 3; i++) {
    done[i]?.();
    await soon();
  }
  await later(5_001);
  expect(acks(socket).at(-1)).toBe(3);
});

it("does not acknowledge what a loop has not come back from", async () => {
  const { client, socket } = await startConnected();
  const messages = client.channel("room").messages();
  await soon();
  subscribed(socket);
  await messages.subscription;
  come(socket, 1, 10);
  await messages.next();
  await messages.next();
  await later(6_000);
  expect(acks(socket).at(-1)).toBe(1);
});

it("acknowledges for the slowest of several subscriptions", async () => {
  const { client, socket } = await subscribe();
  const slow = client.channel("room").messages();
  await soon();
  subscribed(socket, [message(1)]);
  await slow.subscription;
  come(socket, 2, 300);
  await later(6_000);
  expect(Math.max(...acks(socket).slice(1).map(Number))).toBeLessThan(2);
});

it("acknowledges a new numbering from its beginning", async () => {
  const { client, socket } = await startConnected();
  const room = client.channel("room");
  const subscribing = room.subscribe(() => {});
  subscribing.then((subscription) => subscription.on("end", () => {}));
  await soon();
  subscribed(socket, [], { seq: 50_000 });
  await subscribing;
  come(socket, 50_001, 50_400);
  socket.says("channel-deleted", { "channel-id": "room" });
  const again = room.subscribe(() => {});
  await soon();
  subscribed(socket, [], { epoch: "e2", seq: 0 });
  await again;
  const before = acks(socket).length;
  come(socket, 1, 300);
  await later(6_000);
  expect(acks(socket).slice(before).at(-1)).toBe(300);
});

it("does not mind an acknowledgement that is refused", async () => {
  const { socket, client, errors } = await subscribe();
  const { ref } = socket.takes("ack");
  socket.says("error", {
    ref: Number(ref),
    reason: "rate-limited",
    message: "later",
  });
  expect(client.state).toBe("connected");
  expect(errors).toEqual([]);
});

it("leaves no timer behind, even of a handler that outlives the client", async () => {
  let done = (): void => {};
  const { client, socket } = await subscribe({ sequential: true }, () => {
    return new Promise<void>((resolve) => {
      done = resolve;
    });
  });
  come(socket, 2, 2);
  const closing = client.close();
  await later(2_001);
  await closing;
  done();
  await soon();
  expect(vi.getTimerCount()).toBe(0);
});
