/**
 * One connection to the service, and those that take its place.
 *
 * Why not partysocket, which keeps WebSockets open for many: its pauses have
 * no jitter and cannot be cut short or seen from outside; it opens a socket
 * again after every close, whatever the code; its patience ends at `open`,
 * not at the welcome; it takes 2.9 of the 8 KB that this client may have.
 * What it would be left with is the constructor call.
 *
 * @module
 */
import {
  BATCH_SUBPROTOCOL,
  DEFAULT_MAX_DEPTH,
  HEARTBEAT_PING,
  TOKEN_SUBPROTOCOL,
} from "../protocol/framing.ts";
import { utf8 } from "../protocol/names.ts";
import {
  CLOSE_NORMAL,
  CLOSE_POLICY,
  CLOSE_TOKEN_EXPIRED,
  CLOSE_TOO_LARGE,
} from "../protocol/reasons.ts";
import type { ServerFrame, ServerFrameOf } from "../protocol/server-frames.ts";
import { failure } from "./errors.ts";
import { framesOf, refusalOf } from "./frames.ts";
import { depthOf } from "./json.ts";
import { Outgoing } from "./outgoing.ts";
import { after, timerMs } from "./timers.ts";
import type { Tokens } from "./tokens.ts";
import type { WebSocketConstructor, WebSocketLike } from "./websocket.ts";

/** How a connection stands. `waiting` is for the next try. */
export type ConnectionState = "connecting" | "connected" | "waiting" | "closed";

/** What a connection has come to. */
export interface StateChange {
  readonly state: ConnectionState;
  /** Why, unless it is connected: for people. */
  readonly reason?: string;
  /** The WebSocket close code that led to it, if one did. */
  readonly code?: number | undefined;
  /** When it is tried again, in ms, if it is `waiting`. */
  readonly retryInMs?: number;
}

/** Where to connect to, and how patiently. */
export interface Place {
  readonly url: string;
  readonly tokens: Tokens;
  readonly WebSocket: WebSocketConstructor;
  readonly connectTimeoutMs: number;
  readonly maxRetryMs: number;
}

/** What is told to who uses a link. */
export interface LinkUser {
  onState(change: StateChange): void;
  /** It is connected anew: whatever is to be sent again is sent now. */
  onWelcome(): void;
  /** The connection is gone; no answer will come to what it was asked. */
  onLost(): void;
  onFrame(frame: ServerFrame): void;
  onError(error: unknown): void;
}

/** The longest pause before the second try, in ms; each later one may be double. */
const FIRST_RETRY_MS = 250;
/** A connection that lasted so long in ms was a good one. */
const STABLE_MS = 5_000;
/** How long a connection that may have died unseen has to show life, in ms. */
const PROBE_MS = 5_000;
/** The shortest heartbeat that makes sense, in ms. */
const MIN_HEARTBEAT_MS = 50;
/** How often a token is renewed at most, in ms. */
const RENEW_MS = 10_000;
/** How long a socket may take to close, in ms. */
const CLOSE_MS = 2_000;

/** Close codes after which a client stays closed (docs/protocol.md §3). */
const FINAL: readonly number[] = [
  CLOSE_NORMAL,
  CLOSE_POLICY,
  CLOSE_TOO_LARGE,
  CLOSE_TOKEN_EXPIRED,
];

/** The answer to a frame; undefined when it was lost with the connection. */
type OnReply = (frame: ServerFrame | undefined) => void;

/** A connection that is opened again after every loss. */
export class Link {
  readonly #place: Place;
  readonly #user: LinkUser;
  readonly #replies = new Map<unknown, OnReply>();
  #state: StateChange = { state: "connecting" };
  #socket: WebSocketLike | undefined;
  #outgoing: Outgoing | undefined;
  #max = { bytes: 0, depth: 0 };
  #token: string | undefined;
  #expired: string | undefined;
  #ref = 0;
  #failures = 0;
  #connectedAt = 0;
  #renewedAt = 0;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  /** How many messages have come. */
  #heard = 0;
  /** Of the connection timeout, the pause before the next try, or a probe. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** Changes when a connection is given up: what belongs to it is over. */
  #turn = 0;

  constructor(place: Place, user: LinkUser) {
    this.#place = place;
    this.#user = user;
  }

  /** Connects for the first time. */
  open(): void {
    this.#connect();
  }

  get state(): StateChange {
    return this.#state;
  }

  /**
   * Sends a frame.
   *
   * @param data the frame's `data` as JSON, if it has any.
   * @param onReply called with the answer, or when it cannot come any more.
   * @returns whether it is connected; if not, nothing was done.
   * @throws {PayloadTooLargeError} when it is longer than the server takes.
   */
  send(
    frame: { readonly type: string; readonly [field: string]: unknown },
    data?: string,
    onReply?: OnReply,
  ): boolean {
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return false;
    const ref = ++this.#ref;
    let text = JSON.stringify({ ...frame, ref });
    if (data !== undefined) text = `${text.slice(0, -1)},"data":${data}}`;
    const bytes = utf8.encode(text).length;
    // In the array that it may be sent in.
    const depth = depthOf(text) + 1;
    const { bytes: maxBytes, depth: maxDepth } = this.#max;
    if (bytes > maxBytes || depth > maxDepth) {
      const what = `${bytes} bytes, ${depth} deep, of at most ${maxBytes}, ${maxDepth}`;
      throw failure("payload-too-large", what);
    }
    if (onReply !== undefined) this.#replies.set(ref, onReply);
    outgoing.add(text, bytes);
    return true;
  }

  /** The network may be back, or gone unseen: looks at once. */
  wake(): void {
    if (this.#state.state === "waiting") {
      this.#failures = 0;
      this.#connect();
    } else if (this.#outgoing !== undefined) {
      clearTimeout(this.#timer);
      const isAlive = this.#ping();
      this.#timer = setTimeout(() => {
        if (!isAlive()) this.#lose("no answer");
      }, PROBE_MS);
    }
  }

  /** Closes it for good. @returns when the socket is closed. */
  close(reason: string, code?: number): Promise<void> {
    this.#outgoing?.flush();
    const socket = this.#leave();
    this.#become({ state: "closed", reason, code });
    return new Promise((resolve) => {
      const hard = setTimeout(resolve, socket ? CLOSE_MS : 0);
      socket?.addEventListener("close", () => {
        clearTimeout(hard);
        resolve();
      });
    });
  }

  async #connect(): Promise<void> {
    const { url, tokens, WebSocket, connectTimeoutMs } = this.#place;
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const isOver = () => turn !== this.#turn;
    this.#become({ state: "connecting" });
    this.#timer = after(connectTimeoutMs, () => {
      tokens.giveUp();
      this.#lose("not connected in time");
    });
    try {
      const token = await tokens.get(this.#expired);
      if (isOver()) return;
      this.#token = token;
      const protocols = [BATCH_SUBPROTOCOL];
      if (token) protocols.push(`${TOKEN_SUBPROTOCOL}${token}`);
      const socket = new WebSocket(url, protocols);
      this.#socket = socket;
      socket.addEventListener("message", ({ data }) => {
        if (!isOver()) this.#receive(data);
      });
      // Not every implementation says that it is closed as well.
      socket.addEventListener("error", () => {
        if (!isOver()) this.#lose("the connection failed");
      });
      socket.addEventListener("close", ({ code, reason }) => {
        if (!isOver()) this.#onClose(code, reason);
      });
    } catch (error) {
      if (isOver()) return;
      this.#user.onError(error);
      this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  #receive(message: unknown): void {
    this.#heard += 1;
    const turn = this.#turn;
    for (const frame of framesOf(message, (e) => this.#user.onError(e))) {
      if (turn !== this.#turn) return;
      try {
        this.#take(frame);
      } catch (error) {
        this.#user.onError(error);
      }
    }
  }

  #take(frame: ServerFrame): void {
    if (this.#outgoing === undefined) {
      if (frame.type === "welcome") this.#start(frame);
      return;
    }
    if (frame.type === "pong") return;
    if (frame.type === "token-expiring") {
      // Tokens may live so shortly that the next one is about to expire, too.
      const wait = Math.max(this.#renewedAt + RENEW_MS - Date.now(), 0);
      clearTimeout(this.#renewal);
      this.#renewal = setTimeout(() => this.#renew(), wait);
      return;
    }
    const ref = "ref" in frame ? frame.ref : undefined;
    const onReply = this.#replies.get(ref);
    if (onReply !== undefined) {
      this.#replies.delete(ref);
      onReply(frame);
    } else if (frame.type === "error" && ref === undefined) {
      // A whole message was refused, and which one nobody can tell: what it
      // held is asked again over another connection.
      this.#user.onError(failure(frame.reason, frame.message));
      this.#lose(frame.message);
    } else this.#user.onFrame(frame);
  }

  #start(welcome: ServerFrameOf<"welcome">): void {
    clearTimeout(this.#timer);
    this.#connectedAt = Date.now();
    this.#expired = undefined;
    this.#max = {
      bytes: welcome["max-frame-bytes"],
      depth: welcome["max-depth"] ?? DEFAULT_MAX_DEPTH,
    };
    this.#outgoing = new Outgoing((text) => this.#write(text), welcome);
    let isAlive = () => true;
    this.#heartbeat = setInterval(
      () => {
        if (isAlive()) isAlive = this.#ping();
        else this.#lose("no heartbeat");
      },
      timerMs(welcome["heartbeat-ms"], MIN_HEARTBEAT_MS),
    );
    // What was sent before goes first, whatever who hears of it sends.
    this.#user.onWelcome();
    this.#become({ state: "connected" });
  }

  /**
   * Pings by itself, never in an array: then no channel is woken.
   *
   * @returns whether anything has come since.
   */
  #ping(): () => boolean {
    const before = this.#heard;
    this.#write(HEARTBEAT_PING);
    return () => this.#heard > before;
  }

  #write(message: string): void {
    try {
      this.#socket?.send(message);
    } catch (error) {
      // Some sockets throw when they are closed and have not said so yet.
      this.#lose(String(error));
    }
  }

  async #renew(): Promise<void> {
    this.#renewedAt = Date.now();
    try {
      const token = await this.#place.tokens.get(this.#token);
      if (token === this.#token) return;
      this.send({ type: "authenticate", token }, undefined, (reply) => {
        const { reason } = refusalOf(reply);
        if (reason === undefined) {
          this.#token = token;
          return;
        }
        this.#place.tokens.forget();
        this.#user.onError(failure(reason, "the new token"));
      });
    } catch (error) {
      this.#user.onError(error);
    }
  }

  /** Obeys the table of close codes (docs/protocol.md §3). */
  #onClose(code: number, reason: string): void {
    const said = `closed with ${code}${reason && `: ${reason}`}`;
    const isExpired =
      code === CLOSE_TOKEN_EXPIRED ||
      (code === CLOSE_POLICY && reason.startsWith("token-expired"));
    if (isExpired) this.#expired = this.#token;
    const isRenewable = isExpired && this.#place.tokens.isRenewable;
    if (isRenewable || !FINAL.includes(code)) this.#lose(said, code);
    else this.close(said, code);
  }

  /** The connection is gone: another one is opened, at once or later. */
  #lose(reason: string, code?: number): void {
    if (this.#connectedAt && Date.now() - this.#connectedAt > STABLE_MS) {
      this.#failures = 0;
    }
    this.#leave();
    const longest = Math.min(
      FIRST_RETRY_MS * 2 ** (this.#failures - 1),
      this.#place.maxRetryMs,
    );
    const retryInMs = this.#failures++ ? Math.random() * longest : 0;
    this.#timer = setTimeout(() => this.#connect(), retryInMs);
    this.#become({ state: "waiting", reason, code, retryInMs });
  }

  /** Forgets the socket and all that belongs to it. @returns the socket. */
  #leave(): WebSocketLike | undefined {
    const socket = this.#socket;
    const wasConnected = this.#outgoing !== undefined;
    this.#turn += 1;
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
    clearInterval(this.#heartbeat);
    this.#outgoing?.stop();
    this.#outgoing = undefined;
    this.#socket = undefined;
    this.#connectedAt = 0;
    const replies = [...this.#replies.values()];
    this.#replies.clear();
    for (const onReply of replies) onReply(undefined);
    // One that is dead may never say that it is closed: nobody waits for it.
    try {
      socket?.close(CLOSE_NORMAL);
    } catch {
      // Then it is closed already.
    }
    if (wasConnected) this.#user.onLost();
    return socket;
  }

  #become(change: StateChange): void {
    if (this.#state.state === "closed") return;
    this.#state = change;
    this.#user.onState(change);
  }
}
