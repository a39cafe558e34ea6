/**
 * A client whose server is the test.
 *
 * @module
 */
import { afterEach, beforeEach, vi } from "vitest";

import {
  type Client,
  type ConnectOptions,
  connect,
  type StateChange,
} from "../../../src/client/index.ts";
import type { ChannelMessage } from "../../../src/protocol/server-frames.ts";
import { FakeSocket, type Fields } from "./fake-socket.ts";

/** A client, the sockets it opens, and what it tells. */
export interface Stage {
  readonly client: Client;
  /** All that it opened, oldest first. */
  readonly sockets: readonly FakeSocket[];
  /** The newest. */
  readonly socket: FakeSocket;
  readonly states: readonly StateChange[];
  readonly errors: readonly unknown[];
  /** Nobody listens to errors any more. */
  deafens(): void;
}

/** By then a client has closed its socket, in ms. */
const CLOSED_MS = 2_001;

/** Clients that no test closed. */
const clients = new Set<Client>();

/** Has every test of the file run on a clock of its own. */
export function useFakeClock(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    for (const client of clients) void client.close();
    clients.clear();
    await later(CLOSED_MS);
    vi.clearAllTimers();
    vi.useRealTimers();
  });
}

/** A client that begins to connect. */
export async function startClient(
  options: ConnectOptions = {},
  url = "ws://example.test/ws",
): Promise<Stage> {
  const sockets: FakeSocket[] = [];
  class WebSocket extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = connect(url, { WebSocket, ...options });
  clients.add(client);
  const states: StateChange[] = [];
  const errors: unknown[] = [];
  client.on("state", (change) => states.push(change));
  const deafens = client.on("error", ({ error }) => errors.push(error));
  await soon();
  return {
    client,
    sockets,
    states,
    errors,
    deafens,
    get socket() {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error("it opened no socket");
      return socket;
    },
  };
}

/** A client that is connected. */
export async function startConnected(
  options: ConnectOptions = {},
  welcome: Fields<"welcome"> = {},
): Promise<Stage> {
  const stage = await startClient(options);
  stage.socket.welcomes(welcome);
  await soon();
  return stage;
}

/** The connection breaks, and the next one is there, not yet welcomed. */
export async function breakOff(stage: Stage, code = 1006): Promise<FakeSocket> {
  const before = stage.sockets.length;
  stage.socket.closes(code);
  await retry(stage);
  if (stage.sockets.length === before) throw new Error("it did not reconnect");
  return stage.socket;
}

/** The connection breaks, and the next one is welcomed at once. */
export async function reconnect(stage: Stage): Promise<FakeSocket> {
  const socket = await breakOff(stage);
  socket.welcomes();
  await soon();
  return socket;
}

/** Waits for the next try to connect. */
export async function retry({ states }: Stage): Promise<void> {
  await later(Math.ceil(states.at(-1)?.retryInMs ?? 0) + 1);
}

/** Resolves when all that follows at once has happened; no timer fires. */
export async function soon(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Lets time pass. */
export async function later(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** How a promise stands now. */
export async function outcomeOf<T>(
  promise: Promise<T>,
): Promise<T | Error | "pending"> {
  await soon();
  return Promise.race([
    promise.catch((error: Error) => error),
    soon().then(() => "pending" as const),
  ]);
}

/** A message of a channel, as the server sends it. */
export function message(
  seq: number | undefined,
  fields: Partial<ChannelMessage> = {},
): ChannelMessage {
  return {
    type: "channel-message",
    "channel-id": "room",
    data: seq ?? "ephemeral",
    "message-id": seq === undefined ? "eph-x" : `msg-${seq}`,
    ...(seq === undefined ? {} : { seq }),
    "published-at": 1,
    "broadcast-time": 1,
    "sender-conn-id": null,
    "sender-user-id": null,
    ...fields,
  };
}

/** Answers the oldest `subscribe`: these are retained, and the last of them. */
export function subscribed(
  socket: FakeSocket,
  retained: readonly ChannelMessage[] = [],
  fields: Fields<"subscription-result"> = {},
): void {
  const { ref, "channel-id": id } = socket.takes("subscribe");
  socket.says("subscription-result", {
    ref,
    "channel-id": String(id),
    success: true,
    "subscriber-count": 1,
    "retained-messages": [...retained],
    epoch: "e1",
    seq: retained.at(-1)?.seq ?? 0,
    ...fields,
  });
}

/** Answers the oldest `publish`. */
export function published(
  socket: FakeSocket,
  fields: Fields<"publish-result"> = {},
): void {
  const frame = socket.takes("publish");
  socket.says("publish-result", {
    ref: frame.ref,
    "channel-id": String(frame["channel-id"]),
    success: true,
    "message-id": String(frame["message-id"]),
    "delivered-to": 1,
    ...fields,
  });
}

/** Answers the oldest `rpc-request`: it was passed on, as `req-1@room`. */
export function passedOn(
  socket: FakeSocket,
  fields: Fields<"rpc-request-result"> = {},
): void {
  const { ref, "channel-id": id } = socket.takes("rpc-request");
  socket.says("rpc-request-result", {
    ref,
    "request-id": REQUEST,
    "channel-id": String(id),
    delivery: { success: true, "delivered-to": 1, subscribers: ["conn-2"] },
    ...fields,
  });
}

/** Answers the request with the final answer, or whatever the fields say. */
export function answered(
  socket: FakeSocket,
  fields: Fields<"rpc-response"> = {},
): void {
  socket.says("rpc-response", {
    "request-id": REQUEST,
    "channel-id": "room",
    data: null,
    error: false,
    final: true,
    "responder-conn-id": "conn-2",
    "created-at": 1,
    ...fields,
  });
}

/** The server asks a responder. */
export function asks(
  socket: FakeSocket,
  fields: Fields<"rpc-request"> = {},
): void {
  socket.says("rpc-request", {
    "request-id": REQUEST,
    "channel-id": "room",
    data: 1,
    "sender-conn-id": "conn-2",
    "sender-user-id": null,
    "created-at": 1,
    "timeout-ms": 30_000,
    ...fields,
  });
}

/** The request of these tests. */
export const REQUEST = "req-1@room";
