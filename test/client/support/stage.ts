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
