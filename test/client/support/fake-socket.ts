/**
 * A WebSocket without a network: a test plays the server, frame by frame.
 *
 * @module
 */
import type {
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../../../src/protocol/server-frames.ts";

/** A frame that a client sent. */
export interface Sent {
  readonly type: string;
  readonly ref?: number;
  readonly [field: string]: unknown;
}

/** The fields that a test gives of a frame. */
export type Fields<T extends ServerFrameType> = Partial<
  Omit<ServerFrameOf<T>, "type" | "ref">
> & { readonly ref?: number | undefined };

interface Events {
  readonly message: { readonly data: unknown };
  readonly close: { readonly code: number; readonly reason: string };
  readonly error: unknown;
}

const WELCOME: Fields<"welcome"> = {
  "conn-id": "conn-1-a",
  "server-time": 0,
  protocol: 1,
  "heartbeat-ms": 600_000,
  "max-frame-bytes": 65_536,
  "frames-per-second": 1_000,
  "frames-burst": 2_000,
  "user-id": null,
};

/** One socket, as its client made it. */
export class FakeSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** What the client sent, message by message. */
  readonly messages: string[] = [];
  /** The code with which the client closed it, once it did. */
  closedWith: number | undefined;
  /** Whether `unsubscribe` is answered. */
  answersUnsubscribe = true;
  /** Whether the close of the client is answered. */
  answersClose = true;
  /** What `send` throws, if it does. */
  throwsOnSend: Error | undefined;
  readonly #listeners: { [K in keyof Events]: ((event: Events[K]) => void)[] } =
    { message: [], close: [], error: [] };
  /** Frames that the test has not looked at. */
  #unseen: Sent[] = [];
  #over = false;

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
  ): void {
    this.#listeners[type].push(listener);
  }

  send(message: string): void {
    if (this.throwsOnSend !== undefined) throw this.throwsOnSend;
    this.messages.push(message);
    const value: unknown = JSON.parse(message);
    const frames = (Array.isArray(value) ? value : [value]) as Sent[];
    this.#unseen.push(...frames);
    for (const { type, ref } of frames) {
      if (type === "unsubscribe" && this.answersUnsubscribe) {
        const answer = { ref: Number(ref), success: true };
        queueMicrotask(() => this.says("unsubscription-result", answer));
      }
    }
  }

  close(code?: number): void {
    this.closedWith = code ?? 1005;
    if (this.answersClose) {
      queueMicrotask(() => this.closes(this.closedWith ?? 1005));
    }
  }

  /** Whether neither side has closed it. */
  get isOpen(): boolean {
    return !this.#over && this.closedWith === undefined;
  }

  /** All that the client sent and `takes` has not returned. */
  get unseen(): readonly Sent[] {
    return this.#unseen;
  }

  /** How many times the client sent a ping. */
  get pings(): number {
    return this.messages.filter((each) => each === '{"type":"ping"}').length;
  }

  /** The oldest frame of a type that was not taken yet. */
  takes(type: string): Sent {
    const at = this.#unseen.findIndex((frame) => frame.type === type);
    const [frame] = at < 0 ? [] : this.#unseen.splice(at, 1);
    if (frame === undefined) {
      const sent = JSON.stringify(this.#unseen);
      throw new Error(`the client sent no ${type}, only ${sent}`);
    }
    return frame;
  }

  /** Whether a frame of a type waits to be taken. */
  has(type: string): boolean {
    return this.#unseen.some((frame) => frame.type === type);
  }

  /** The server sends a message as it is. */
  hands(data: unknown): void {
    for (const listener of this.#listeners.message) listener({ data });
  }

  /** The server sends a frame. */
  says<T extends ServerFrameType>(type: T, fields: Fields<T> = {}): void {
    this.hands(JSON.stringify({ type, ...fields }));
  }

  /** The server sends several frames at once. */
  saysAll(...frames: readonly ({ type: string } & Partial<ServerFrame>)[]) {
    this.hands(JSON.stringify(frames));
  }

  /** The server sends its first frame. */
  welcomes(fields: Fields<"welcome"> = {}): void {
    this.says("welcome", { ...WELCOME, ...fields });
  }

  /** The server closes it, or the network does. */
  closes(code: number, reason = ""): void {
    if (this.#over) return;
    this.#over = true;
    for (const listener of this.#listeners.close) listener({ code, reason });
  }

  /** It fails before it is open. */
  fails(): void {
    for (const listener of this.#listeners.error) listener({});
    this.closes(1006);
  }
}
