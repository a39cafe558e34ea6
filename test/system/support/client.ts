/**
 * A WebSocket client that checks every frame it gets against the protocol.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";

import { WebSocket } from "ws";

import { decodeServer } from "../../../src/protocol/codec.ts";
import {
  BATCH_SUBPROTOCOL,
  MAX_BATCH_BYTES,
  MAX_BATCH_OBJECTS,
  PLAIN_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "../../../src/protocol/framing.ts";
import type {
  ChannelMessage,
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../../../src/protocol/server-frames.ts";
import type { Server } from "./server.ts";
import { inTime, PATIENCE_MS } from "./waiting.ts";

/** How to connect. */
export interface ConnectOptions {
  /** The channel whose own path is used; absent: a session. */
  readonly channel?: string | undefined;
  /** The operations that a socket of a channel's own path is content with. */
  readonly only?: string;
  /** Whether frames may come as arrays. */
  readonly batch?: boolean;
  /** Whose token is offered as a subprotocol; absent: nobody's. */
  readonly token?: string | undefined;
  /** What a client of one's own making may send besides. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long to wait for the welcome, in ms. */
  readonly withinMs?: number;
}

/** A frame as a test writes it. */
export type Outgoing = {
  readonly type: string;
  readonly [key: string]: unknown;
};

/** Some fields of a frame of one type. */
export type Partially<T extends ServerFrameType> = { readonly type: T } & {
  readonly [key: string]: unknown;
};

/** How a socket ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

interface Waiter {
  readonly matches: (frame: ServerFrame) => boolean;
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
}

const clients = new Set<Client>();

/**
 * Connects and waits for the welcome.
 *
 * @param server whatever answers for it at its address, a proxy also.
 */
export async function connect(
  server: Pick<Server, "url">,
  options: ConnectOptions = {},
): Promise<Client> {
  const { channel, only, batch = false, withinMs = PATIENCE_MS } = options;
  const { token, headers = {} } = options;
  const query = only === undefined ? "" : `?only=${only}`;
  const version = batch ? BATCH_SUBPROTOCOL : PLAIN_SUBPROTOCOL;
  const socket = new WebSocket(
    `${server.url.replace("http", "ws")}${socketPathOf(channel)}${query}`,
    token === undefined ? version : [version, `${TOKEN_SUBPROTOCOL}${token}`],
    { perMessageDeflate: false, headers },
  );
  const client = new Client(socket, batch, channel);
  clients.add(client);
  try {
    const welcome = await client.receives({ type: "welcome" }, withinMs);
    client.connId = welcome["conn-id"];
    return client;
  } catch (error) {
    client.vanishes();
    throw error;
  }
}

/** `/ws`, or a channel's own path. */
export function socketPathOf(channel?: string): string {
  return channel === undefined
    ? "/ws"
    : `/channels/${encodeURIComponent(channel)}/ws`;
}

/** All ways to connect to a channel, in turn. */
export function everyWay(channel: string): ConnectOptions[] {
  return [{}, { batch: true }, { channel }, { channel, batch: true }];
}

/**
 * Closes all sockets of the test, and throws what any of them was sent that
 * the protocol does not know.
 */
export async function leaveAll(): Promise<void> {
  const all = [...clients];
  clients.clear();
  await Promise.all(all.map((client) => client.leaves()));
  for (const { fault } of all) if (fault !== undefined) throw fault;
}

/** One connection. */
export class Client {
  readonly socket: WebSocket;
  readonly batch: boolean;
  readonly channel: string | undefined;
  connId = "";
  /** What was wrong with a frame of the server's, if anything was. */
  fault: Error | undefined;
  /** How the socket ended. */
  readonly ended: Promise<Ending>;
  /** Frames that no test has asked for yet, oldest first. */
  #unread: ServerFrame[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #answers = new Map<number | string, Waiter>();
  readonly #watchers = new Set<(frame: ServerFrame) => void>();
  #ending: Ending | undefined;
  #refs = 0;

  constructor(socket: WebSocket, batch: boolean, channel: string | undefined) {
    this.socket = socket;
    this.batch = batch;
    this.channel = channel;
    socket.on("message", (data, isBinary) => {
      try {
        this.#take(isBinary ? undefined : String(data));
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    // A close always follows; before it, there is nothing to be done.
    socket.on("error", () => {});
    this.ended = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#ending = { code, reason: String(reason) };
        resolve(this.#ending);
        // One that was sent nothing wrong need not be remembered.
        if (this.fault === undefined) clients.delete(this);
        const how = `was closed with ${code} ${reason}`;
        this.#giveUp(new Error(`${this.name} ${how}`));
      });
    });
  }

  /** Where the socket goes, for messages of failed tests. */
  get name(): string {
    const path = this.channel === undefined ? "session" : "direct";
    return `${path} ${this.batch ? "batch" : "plain"} ${this.connId}`;
  }

  get isOpen(): boolean {
    return this.#ending === undefined;
  }

  /** Sends frames, each as a message of its own. */
  sends(...frames: readonly Outgoing[]): void {
    for (const frame of frames) this.sendsRaw(JSON.stringify(frame));
  }

  /** Sends frames as one array. */
  sendsTogether(...frames: readonly Outgoing[]): void {
    this.sendsRaw(JSON.stringify(frames));
  }

  /** Sends whatever it is given. */
  sendsRaw(message: string | Uint8Array): void {
    this.socket.send(message);
  }

  /** Sends a frame and resolves with the reply that echoes its `ref`. */
  asks<T extends ServerFrameType>(
    frame: Outgoing,
    answer: T,
    withinMs?: number,
  ): Promise<ServerFrameOf<T>> {
    const ref = `ref-${++this.#refs}`;
    const promise = this.#waitFor<T>(
      (waiter) => this.#answers.set(ref, waiter),
      () => true,
    );
    this.sends({ ...frame, ref });
    const what = () => `${this.name}: the answer to ${JSON.stringify(frame)}`;
    return inTime(what, promise, withinMs).then((reply) => {
      if (reply.type === answer) return reply;
      throw new Error(`${what()} was ${JSON.stringify(reply)}`);
    });
  }

  /**
   * The next frame that has these fields, among those not asked for yet and
   * those to come.
   */
  receives<T extends ServerFrameType>(
    partial: Partially<T>,
    withinMs?: number,
  ): Promise<ServerFrameOf<T>> {
    const at = this.#unread.findIndex((frame) => holds(frame, partial));
    if (at >= 0) {
      const [frame] = this.#unread.splice(at, 1);
      return Promise.resolve(frame as ServerFrameOf<T>);
    }
    const promise = this.#waitFor<T>(
      (waiter) => this.#waiters.add(waiter),
      (frame) => holds(frame, partial),
    );
    const what = () =>
      `${this.name}: ${JSON.stringify(partial)}; unread: ` +
      JSON.stringify(this.#unread.slice(-5)).slice(0, 1_000);
    return inTime(what, promise, withinMs);
  }

  /** Frames that no test has asked for yet. */
  get unread(): readonly ServerFrame[] {
    return this.#unread;
  }

  /** Takes all frames that no test has asked for yet. */
  takes(): readonly ServerFrame[] {
    return this.#unread.splice(0);
  }

  /** Calls back with every frame from now on; such frames count as read. */
  watches(watcher: (frame: ServerFrame) => void): void {
    this.#watchers.add(watcher);
  }

  /**
   * Resolves when all that was sent before is answered: the server answers in
   * order.
   */
  async isAnswered(): Promise<void> {
    await this.asks({ type: "ping", timestamp: 1 }, "pong");
  }

  /** Subscribes, and fails unless that succeeds. */
  async subscribes(
    channelId: string,
    rest: { since?: { epoch: string; seq: number }; withinMs?: number } = {},
  ): Promise<ServerFrameOf<"subscription-result">> {
    const { withinMs, ...fields } = rest;
    const result = await this.asks(
      { type: "subscribe", "channel-id": channelId, ...fields },
      "subscription-result",
      withinMs,
    );
    if (result.success) return result;
    throw new Error(`${this.name}: not subscribed: ${JSON.stringify(result)}`);
  }

  /** Publishes, and fails unless that succeeds. */
  async publishes(
    channelId: string,
    data: unknown,
    rest: { [key: string]: unknown } = {},
  ): Promise<ServerFrameOf<"publish-result">> {
    const frame = { type: "publish", "channel-id": channelId, data, ...rest };
    const result = await this.asks(frame, "publish-result");
    if (result.success) return result;
    throw new Error(`${this.name}: not published: ${JSON.stringify(result)}`);
  }

  /** Waits until the server has closed the socket, with a certain code. */
  async isClosed(code: number, withinMs?: number): Promise<Ending> {
    const ending = await inTime(`${this.name}: a close`, this.ended, withinMs);
    if (ending.code === code) return ending;
    throw new Error(
      `${this.name}: closed with ${JSON.stringify(ending)}, not with ${code}`,
    );
  }

  /** Closes the socket as a well-behaved client does. */
  async leaves(): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) this.vanishes();
    else this.socket.close(1000, "bye");
    const hard = setTimeout(() => this.socket.terminate(), 2_000);
    await this.ended.finally(() => clearTimeout(hard));
  }

  /** Ends the TCP connection without a close frame. */
  vanishes(): void {
    this.socket.terminate();
  }

  #take(message: string | undefined): void {
    if (message === undefined) throw new TypeError("a binary message");
    const frames = decodeServer(message);
    if (message.startsWith("[")) this.#checkArray(message, frames.length);
    for (const frame of frames) this.#place(frame);
  }

  #place(frame: ServerFrame): void {
    for (const watcher of this.#watchers) watcher(frame);
    const ref = "ref" in frame ? frame.ref : undefined;
    const asker = ref === undefined ? undefined : this.#answers.get(ref);
    if (ref !== undefined && asker !== undefined) {
      this.#answers.delete(ref);
      asker.resolve(frame);
      return;
    }
    for (const waiter of this.#waiters) {
      if (!waiter.matches(frame)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(frame);
      return;
    }
    if (this.#watchers.size === 0) this.#unread.push(frame);
  }

  #checkArray(message: string, length: number): void {
    if (!this.batch) throw new TypeError("an array, though it was not offered");
    if (length < 2) throw new TypeError("a lone object must come bare");
    if (length > MAX_BATCH_OBJECTS) throw new TypeError("a longer array");
    if (Buffer.byteLength(message) > MAX_BATCH_BYTES + 2) {
      throw new TypeError("a larger array");
    }
  }

  #waitFor<T extends ServerFrameType>(
    add: (waiter: Waiter) => void,
    matches: (frame: ServerFrame) => boolean,
  ): Promise<ServerFrameOf<T>> {
    return new Promise((resolve, reject) => {
      if (this.fault !== undefined) {
        reject(this.fault);
      } else if (this.#ending !== undefined) {
        const { code, reason } = this.#ending;
        reject(new Error(`${this.name} is closed with ${code} ${reason}`));
      } else {
        const done = (frame: ServerFrame) => resolve(frame as ServerFrameOf<T>);
        add({ matches, resolve: done, reject });
      }
    });
  }

  #fail(error: Error): void {
    this.fault ??= new Error(`${this.name}: ${error.message}`, {
      cause: error,
    });
    this.#giveUp(this.fault);
  }

  #giveUp(error: Error): void {
    for (const waiter of [...this.#waiters, ...this.#answers.values()]) {
      waiter.reject(error);
    }
    this.#waiters.clear();
    this.#answers.clear();
  }
}

/** What one client is handed of one channel, replayed or live, in order. */
export class Listener {
  readonly client: Client;
  readonly channelId: string;
  readonly messages: ChannelMessage[] = [];
  #waiting: { enough: () => boolean; resolve: () => void }[] = [];

  constructor(client: Client, channelId: string) {
    this.client = client;
    this.channelId = channelId;
    client.watches((frame) => this.#take(frame));
  }

  get seqs(): number[] {
    return this.messages.map(({ seq }) => seq ?? Number.NaN);
  }

  /** Resolves when so many messages have come. */
  async hears(count: number, withinMs?: number): Promise<void> {
    const enough = () => this.messages.length >= count;
    if (enough()) return;
    const heard = new Promise<void>((resolve) => {
      this.#waiting.push({ enough, resolve });
    });
    const what = () =>
      `${this.client.name} hears ${count} messages of ${this.channelId}, ` +
      `not only ${this.messages.length}`;
    const closed = this.client.ended.then(({ code, reason }) => {
      throw new Error(`${what()}: closed with ${code} ${reason}`);
    });
    await inTime(what, Promise.race([heard, closed]), withinMs);
  }

  /** Resolves when the message with this number has come. */
  async hearsUpTo(seq: number, withinMs?: number): Promise<void> {
    const enough = () => (this.messages.at(-1)?.seq ?? 0) >= seq;
    if (enough()) return;
    const heard = new Promise<void>((resolve) => {
      this.#waiting.push({ enough, resolve });
    });
    const what = () =>
      `${this.client.name} hears ${this.channelId} up to ${seq}, not only ` +
      `${this.messages.at(-1)?.seq}`;
    const closed = this.client.ended.then(({ code, reason }) => {
      throw new Error(`${what()}: closed with ${code} ${reason}`);
    });
    await inTime(what, Promise.race([heard, closed]), withinMs);
  }

  #take(frame: ServerFrame): void {
    if (!("channel-id" in frame)) return;
    if (frame["channel-id"] !== this.channelId) return;
    if (frame.type === "channel-message") this.messages.push(frame);
    else if (frame.type === "subscription-result") {
      this.messages.push(...(frame["retained-messages"] ?? []));
    } else return;
    this.#waiting = this.#waiting.filter(({ enough, resolve }) => {
      if (!enough()) return true;
      resolve();
      return false;
    });
  }
}

/** Whether `value` has all that `partial` has; arrays must be equal. */
export function holds(value: unknown, partial: unknown): boolean {
  if (typeof partial !== "object" || partial === null) {
    return Object.is(value, partial);
  }
  if (Array.isArray(partial)) return isDeepStrictEqual(value, partial);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(partial).every(([key, wanted]) =>
    holds(Reflect.get(value, key), wanted),
  );
}
