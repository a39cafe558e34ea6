/** Closing a client loses nothing, and leaves nothing behind. */
import { expect, it, vi } from "vitest";

import {
  answered,
  asks,
  passedOn,
  published,
  subscribed,
} from "./support/answers.ts";
import {
  later,
  outcomeOf,
  type Stage,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

/** Closes a client whose socket answers. */
async function close({ client }: Stage): Promise<void> {
  const closing = client.close();
  await later(1);
  await closing;
}

it("closes with 1000, and says so", async () => {
  const stage = await startConnected();
  await close(stage);
  expect(stage.socket.closedWith).toBe(1000);
  expect(stage.states.at(-1)).toMatchObject({ state: "closed" });
  expect(stage.client.state).toBe("closed");
});

it.each(["connecting", "connected", "waiting"])(
  "leaves no timer and no socket while %s",
  async (state) => {
    const stage = await startClient();
    if (state === "connected") stage.socket.welcomes();
    if (state === "waiting") {
      stage.socket.fails();
      await later(1);
      stage.socket.fails();
    }
    expect(stage.client.state).toBe(state);
    const closing = stage.client.close();
    await later(1);
    await closing;
    await later(60_000);
    expect(stage.sockets.filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  },
);

it("leaves no timer of anything that was done before", async () => {
  const stage = await startConnected();
  const { client, socket } = stage;
  const room = client.channel("room");
  const responding = room.respond(() => 1);
  const publishing = room.publish(1);
  const asking = room.request(1, { timeoutMs: 60_000 });
  const subscribing = client.channel("other").subscribe(() => {});
  await soon();
  subscribed(socket);
  published(socket, { seq: 1 });
  passedOn(socket);
  answered(socket);
  await Promise.all([responding, publishing, asking]);
  asks(socket, { "request-id": "req-2@room" });
  await soon();
  // This one would try again later.
  subscribed(socket);
  await subscribing;
  const lost = { "channel-id": "other", reason: "unavailable" } as const;
  socket.says("subscription-lost", lost);
  await close(stage);
  expect(vi.getTimerCount()).toBe(0);
});

it("leaves no timer of what the server would not take", async () => {
  const stage = await startConnected();
  const room = stage.client.channel("room");
  const publishing = [1, 2, 3].map((data) => room.publish(data));
  const outcomes = Promise.allSettled(publishing);
  await soon();
  for (const ms of [10_000, 20_000, 30_000]) {
    published(stage.socket, {
      success: false,
      reason: "rate-limited",
      "retry-after-ms": ms,
    });
  }
  stage.socket.closes(1008, "ended by an operator");
  await outcomes;
  await close(stage);
  expect(vi.getTimerCount()).toBe(0);
});

it("does not wait long for a socket that never closes", async () => {
  const { client, socket } = await startConnected();
  socket.answersClose = false;
  const closing = client.close();
  await later(2_001);
  await closing;
  expect(vi.getTimerCount()).toBe(0);
});

it("waits for what was published", async () => {
  const { client, socket } = await startConnected();
  const publishing = client.channel("room").publish(1);
  const closing = client.close();
  await soon();
  expect(socket.isOpen).toBe(true);
  published(socket, { seq: 1 });
  expect(await outcomeOf(publishing)).toMatchObject({ seq: 1 });
  await later(1);
  await closing;
});

it("waits for it across a break", async () => {
  const stage = await startConnected();
  const publishing = stage.client.channel("room").publish(1);
  const closing = stage.client.close();
  await soon();
  stage.socket.closes(1006);
  await later(1);
  stage.socket.welcomes();
  await soon();
  published(stage.socket, { seq: 1, duplicate: true });
  expect(await outcomeOf(publishing)).toMatchObject({ duplicate: true });
  await later(1);
  await closing;
  expect(stage.errors).toEqual([]);
});

it("waits no longer than publishTimeoutMs", async () => {
  const { client } = await startClient({ publishTimeoutMs: 3_000 });
  const publishing = outcomeOf(client.channel("room").publish(1));
  const closing = client.close();
  await later(5_001);
  await closing;
  await publishing;
});

it("waits for the answers that are being made", async () => {
  const { client, socket } = await startConnected();
  let answer = (_: string): void => {};
  const responding = client.channel("room").respond(() => {
    return new Promise<string>((resolve) => {
      answer = resolve;
    });
  });
  await soon();
  subscribed(socket);
  await responding;
  asks(socket);
  const closing = client.close();
  await soon();
  expect(socket.isOpen).toBe(true);
  answer("late");
  await soon();
  expect(socket.takes("rpc-response").data).toBe("late");
  await later(1);
  await closing;
});

it("waits for no answers to what it is asked from then on", async () => {
  const { client, socket } = await startConnected();
  const room = client.channel("room");
  const responding = room.respond(() => new Promise(() => {}));
  // As long as anybody here is subscribed, the server asks.
  const subscribing = room.subscribe(() => {});
  await soon();
  subscribed(socket);
  subscribed(socket);
  await Promise.all([responding, subscribing]);
  const publishing = room.publish(1);
  const closing = client.close();
  await soon();
  asks(socket);
  published(socket, { seq: 1 });
  await publishing;
  await later(2_001);
  expect(await outcomeOf(closing)).toBeUndefined();
});

it("waits no longer for an answer than whoever asked", async () => {
  const { client, socket } = await startConnected();
  const responding = client
    .channel("room")
    .respond(() => new Promise(() => {}));
  await soon();
  subscribed(socket);
  await responding;
  asks(socket, { "timeout-ms": 5_000 });
  const closing = client.close();
  await later(7_001);
  expect(await outcomeOf(closing)).toBeUndefined();
});

it("waits for no answer that nobody needs", async () => {
  const { client, socket } = await startConnected();
  socket.answersUnsubscribe = false;
  const responding = client.channel("room").respond(() => 1);
  await soon();
  subscribed(socket);
  await responding;
  const closing = client.close();
  await later(3_000);
  expect(await outcomeOf(closing)).toBeUndefined();
});

it("ends requests of its own", async () => {
  const stage = await startConnected();
  const room = stage.client.channel("room");
  const [one, many] = [room.request(1), room.requestParts(1).next()];
  const outcomes = Promise.allSettled([one, many]);
  await soon();
  passedOn(stage.socket);
  await close(stage);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: { name: "ClosedError" } });
  }
  answered(stage.socket);
});

it("ends subscriptions without an error", async () => {
  const stage = await startConnected();
  const subscribing = stage.client.channel("room").subscribe(() => {});
  await soon();
  subscribed(stage.socket);
  const ended = vi.fn();
  (await subscribing).on("end", ended);
  await close(stage);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(ended).toHaveBeenCalledWith({});
  expect(stage.errors).toEqual([]);
});

it("takes nothing more from the moment it is called", async () => {
  const { client } = await startConnected();
  const room = client.channel("room");
  void client.close();
  for (const late of [
    () => room.publish(1),
    () => room.subscribe(() => {}),
    () => room.request(1),
    () => room.respond(() => 1),
    () => room.requestParts(1).next(),
    async () => room.messages().next(),
  ]) {
    await expect(late()).rejects.toMatchObject({
      name: "ClosedError",
      reason: "closed",
    });
  }
});

it("may be called again, and by a listener", async () => {
  const { client, socket, states } = await startConnected();
  client.on("state", () => void client.close());
  const closing = [client.close(), client.close()];
  await later(1);
  await Promise.all(closing);
  expect(states.filter(({ state }) => state === "closed")).toHaveLength(1);
  expect(socket.closedWith).toBe(1000);
});

it("rejects at once what was still being checked, and leaves no timer", async () => {
  const stage = await startConnected();
  let check = (): void => {};
  const slow = {
    "~standard": {
      version: 1,
      vendor: "a test",
      validate: (value: unknown) =>
        new Promise<{ value: unknown }>((resolve) => {
          check = () => resolve({ value });
        }),
    },
  } as const;
  const room = stage.client.channel("room", { message: slow });
  const publishing = room.publish(1);
  publishing.catch(() => {});
  await close(stage);
  check();
  expect(await outcomeOf(publishing)).toMatchObject({ name: "ClosedError" });
  expect(vi.getTimerCount()).toBe(0);
});
