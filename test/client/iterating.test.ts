/** Messages in a loop. */
import { expect, it } from "vitest";

import { message, subscribed } from "./support/answers.ts";
import {
  later,
  outcomeOf,
  type Stage,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}

async function loop() {
  const stage = await startConnected();
  const messages = stage.client.channel("room").messages();
  await soon();
  subscribed(stage.socket);
  await messages.subscription;
  return { stage, messages };
}

it("gives each message once, in order, as the loop asks", async () => {
  const { stage, messages } = await loop();
  live(stage, 1, 2, 3);
  const got: unknown[] = [];
  for await (const { seq } of messages) {
    got.push(seq);
    if (seq === 3) live(stage, 4);
    if (seq === 4) break;
  }
  expect(got).toEqual([1, 2, 3, 4]);
});

it("unsubscribes when the loop ends", async () => {
  const { stage, messages } = await loop();
  live(stage, 1);
  for await (const _ of messages) break;
  await soon();
  stage.socket.takes("unsubscribe");
  live(stage, 2);
  expect(await messages.next()).toEqual({ done: true, value: undefined });
});

it("unsubscribes when the loop throws", async () => {
  const { stage, messages } = await loop();
  live(stage, 1);
  const looping = (async () => {
    for await (const _ of messages) throw new Error("enough");
  })();
  expect(await outcomeOf(looping)).toMatchObject({ message: "enough" });
  stage.socket.takes("unsubscribe");
});

it("ends the loop when its user closes the client", async () => {
  const { stage, messages } = await loop();
  const looping = (async () => {
    for await (const _ of messages);
  })();
  const closing = stage.client.close();
  await later(2_001);
  await closing;
  expect(await outcomeOf(looping)).toBeUndefined();
});

it("throws in the loop why the server ended it, after what had come", async () => {
  const { stage, messages } = await loop();
  live(stage, 1, 2);
  stage.socket.says("channel-deleted", { "channel-id": "room" });
  const got: unknown[] = [];
  const looping = (async () => {
    for await (const { seq } of messages) got.push(seq);
  })();
  expect(await outcomeOf(looping)).toMatchObject({
    name: "ChannelDeletedError",
  });
  expect(got).toEqual([1, 2]);
  expect(stage.errors).toEqual([]);
});

it("throws in the loop why it was refused", async () => {
  const stage = await startConnected();
  const messages = stage.client.channel("room").messages();
  const next = outcomeOf(messages.next());
  await soon();
  subscribed(stage.socket, [], { success: false, reason: "forbidden" });
  expect(await outcomeOf(messages.subscription)).toMatchObject({
    name: "ForbiddenError",
  });
  expect(await next).toMatchObject({ name: "ForbiddenError" });
});

it("serves several who ask at once, each another message", async () => {
  const { stage, messages } = await loop();
  const both = Promise.all([messages.next(), messages.next()]);
  live(stage, 1, 2);
  expect((await both).map(({ value }) => value.seq)).toEqual([1, 2]);
});

it("ends by a signal", async () => {
  const stage = await startConnected();
  const stop = new AbortController();
  const { signal } = stop;
  const messages = stage.client.channel("room").messages({ signal });
  await soon();
  subscribed(stage.socket);
  const next = messages.next();
  stop.abort();
  expect(await outcomeOf(next)).toEqual({ done: true, value: undefined });
});

it("asks for no more while much waits, and misses nothing", async () => {
  const { stage, messages } = await loop();
  const many = Array.from({ length: 1_500 }, (_, i) => i + 1);
  live(stage, ...many);
  stage.socket.closes(4009);
  await later(1);
  stage.socket.welcomes();
  await soon();
  expect(stage.socket.has("subscribe")).toBe(false);
  const got: unknown[] = [];
  for await (const { seq } of messages) {
    got.push(seq);
    if (seq === 1_500) break;
  }
  expect(got).toEqual(many);
});

it("asks for the rest once what waited is done", async () => {
  const { stage, messages } = await loop();
  for (let seq = 1; seq <= 1_500; seq++) live(stage, seq);
  stage.socket.closes(4009);
  await later(1);
  stage.socket.welcomes();
  await soon();
  for (let i = 0; i < 1_500; i++) await messages.next();
  const next = messages.next();
  await soon();
  expect(stage.socket.unseen.at(-1)).toMatchObject({
    type: "subscribe",
    since: { seq: 1_500 },
  });
  subscribed(stage.socket, [message(1_501)], { recovered: true });
  expect((await next).value.seq).toBe(1_501);
});
