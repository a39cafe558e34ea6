/** Answers in parts. */
import { expect, it } from "vitest";

import { answered, passedOn, REQUEST } from "./support/answers.ts";
import {
  outcomeOf,
  reconnect,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

async function ask(options = {}) {
  const stage = await startConnected();
  const parts = stage.client.channel("room").requestParts(1, options);
  await soon();
  return { stage, socket: stage.socket, parts };
}

async function all(parts: AsyncIterable<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const part of parts) got.push(part);
  return got;
}

it("gives the parts in order, and the final answer last", async () => {
  const { socket, parts } = await ask();
  passedOn(socket);
  answered(socket, { data: 1, final: false });
  answered(socket, { data: 2, final: false });
  answered(socket, { data: 3 });
  expect(await all(parts)).toEqual([1, 2, 3]);
});

it("leaves a final null out, and no other", async () => {
  const { socket, parts } = await ask();
  passedOn(socket);
  answered(socket, { data: null, final: false });
  answered(socket, { data: null });
  expect(await all(parts)).toEqual([null]);
});

it("throws what went wrong, after the parts that had come", async () => {
  const { socket, parts } = await ask();
  passedOn(socket);
  answered(socket, { data: 1, final: false });
  answered(socket, { error: true, data: { message: "out of paper" } });
  expect(await parts.next()).toMatchObject({ value: 1 });
  expect(await outcomeOf(parts.next())).toMatchObject({
    name: "RemoteError",
    message: "out of paper",
  });
  expect(await parts.next()).toMatchObject({ done: true });
});

it("throws when the connection is lost", async () => {
  const { stage, parts } = await ask();
  passedOn(stage.socket);
  const looping = outcomeOf(all(parts));
  await reconnect(stage);
  expect(await outcomeOf(all(parts))).toBeDefined();
  await looping;
});

it("cancels the request when the loop is left", async () => {
  const { socket, parts } = await ask();
  passedOn(socket);
  answered(socket, { data: 1, final: false });
  for await (const _ of parts) break;
  await soon();
  expect(socket.takes("rpc-cancel")["request-id"]).toBe(REQUEST);
});

it("cancels nothing when the loop has had all", async () => {
  const { socket, parts } = await ask();
  passedOn(socket);
  answered(socket, { data: 1 });
  await all(parts);
  await parts.return?.();
  await soon();
  expect(socket.has("rpc-cancel")).toBe(false);
});

it("asks for nothing, or cancels it, when it is left at once", async () => {
  const { client, socket } = await startConnected();
  const parts = client.channel("room").requestParts(1);
  void parts.return?.();
  await soon();
  if (!socket.has("rpc-request")) return;
  passedOn(socket);
  await soon();
  expect(socket.has("rpc-cancel")).toBe(true);
});

it("ends by a signal, and cancels", async () => {
  const stop = new AbortController();
  const { socket, parts } = await ask({ signal: stop.signal });
  passedOn(socket);
  const next = parts.next();
  const reason = new Error("never mind");
  stop.abort(reason);
  expect(await outcomeOf(next)).toBe(reason);
  await soon();
  expect(socket.has("rpc-cancel")).toBe(true);
});
