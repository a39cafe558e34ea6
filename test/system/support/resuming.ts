/**
 * A reader that misses nothing, however often its connection breaks: it
 * resumes where it stood.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import type {
  ChannelMessage,
  ServerFrame,
  ServerFrameOf,
} from "../../../src/protocol/server-frames.ts";
import type { Order, Position } from "./order.ts";
import { type Place, Reconnecting } from "./reconnecting.ts";
import { inTime } from "./waiting.ts";

/** How to read a channel. */
export interface ReaderOptions extends Place {
  readonly channelId: string;
  /** Where what is seen is noted: one for all who read the channel. */
  readonly order: Order;
  /** After how many messages to acknowledge; absent: never. */
  readonly ackEvery?: number | undefined;
  /**
   * Whether messages may be missed: the channel is deleted by somebody, or
   * keeps too few. Each time is counted in `gaps`.
   */
  readonly mayMiss?: boolean | undefined;
  /** Up to where it has read before; absent: it begins with what is retained. */
  readonly since?: Position | undefined;
  /** Called with each message after it was checked. */
  readonly onMessage?: (message: ChannelMessage, replayed: boolean) => void;
  /** Called each time it is subscribed, with how often it was so far. */
  readonly onSubscribed?: (times: number) => void;
}

/**
 * One subscription. Every message is checked as it comes: it must be the one
 * after the last, and what others saw at its place.
 */
export class ResumingReader {
  readonly connection: Reconnecting;
  /** Messages read, ephemeral ones left out. */
  count = 0;
  /** Messages read that had no number. */
  ephemeral = 0;
  /** Of those read, the ones handed over on coming back. */
  recovered = 0;
  /** How often it went on from a position and had missed nothing. */
  resumptions = 0;
  /** How often it came back and had missed something. */
  gaps = 0;
  /** What the server said that only somebody notices who lost something. */
  readonly notices: string[] = [];
  /** How often it was subscribed. */
  subscriptions = 0;
  readonly #options: ReaderOptions;
  #position: Position | undefined;
  #asked = false;
  #unacked = 0;
  #waiting: { enough: () => boolean; resolve: () => void }[] = [];

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#position = options.since;
    this.connection = new Reconnecting(options, {
      onOpen: () => this.#subscribe(),
      onFrame: (frame) => this.#take(frame),
    });
  }

  /** Up to where it has read everything; undefined before it began. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Resolves when it is subscribed for the first time. */
  isSubscribed(withinMs?: number): Promise<void> {
    return this.#until("is subscribed", () => this.subscriptions > 0, withinMs);
  }

  /** Resolves when it has read up to a position. */
  reads({ epoch, seq }: Position, withinMs?: number): Promise<void> {
    const enough = () =>
      this.#position?.epoch === epoch && this.#position.seq >= seq;
    return this.#until(`reads ${seq} of ${epoch}`, enough, withinMs);
  }

  /** Ends it. @throws what was wrong, if anything ever was. */
  leaves(): Promise<void> {
    return this.connection.leaves();
  }

  #subscribe(): void {
    this.#asked = true;
    const since = this.#position;
    this.connection.client?.sends({
      type: "subscribe",
      "channel-id": this.#options.channelId,
      ref: "subscribe",
      ...(since === undefined ? {} : { since }),
    });
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "channel-message":
        if (!this.#asked) this.#read(frame, false);
        // After a gap the old subscription stands until the new one begins.
        else this.#miss("a message before the result");
        break;
      case "subscription-result":
        this.#begin(frame);
        break;
      case "subscription-lost":
        if (frame.reason === "gap") this.#miss("a gap");
        this.#notice(`subscription-lost ${frame.reason}`);
        this.#subscribe();
        break;
      case "channel-deleted":
        this.#miss("the channel was deleted");
        this.#subscribe();
        break;
      case "error":
        if (frame.ref !== "subscribe" || frame.reason !== "rate-limited") {
          throw new Error(`refused: ${JSON.stringify(frame)}`);
        }
        this.#notice("error rate-limited");
        this.#subscribeLater(frame["retry-after-ms"] ?? 0);
        break;
      case "welcome":
      case "pong":
        return;
      default:
        // Requests to the channel come to its subscribers; this is no service.
        if (frame.type.startsWith("rpc-")) return;
        throw new Error(`nobody asked for ${JSON.stringify(frame)}`);
    }
    this.#wake();
  }

  #begin(result: ServerFrameOf<"subscription-result">): void {
    const { epoch, seq, recovered, success } = result;
    const retained = result["retained-messages"] ?? [];
    const since = this.#position;
    const isFit = (since === undefined) === (recovered === undefined);
    if (!success || epoch === undefined || seq === undefined || !isFit) {
      throw new Error(`not subscribed: ${JSON.stringify(result)}`);
    }
    this.#asked = false;
    if (since === undefined || recovered === false) {
      if (since !== undefined) {
        this.#miss(`${since.seq} of ${since.epoch} was not recovered`);
        this.gaps += 1;
      }
      this.#position = { epoch, seq: seq - retained.length };
    } else {
      this.resumptions += 1;
      this.recovered += retained.length;
    }
    for (const message of retained) this.#read(message, true);
    const now = this.#position;
    if (now?.epoch !== epoch || now.seq !== seq) {
      throw new Error(
        `read up to ${now?.seq} of ${now?.epoch} after a result that says ` +
          `${seq} of ${epoch}, recovered: ${recovered}`,
      );
    }
    this.subscriptions += 1;
    this.#options.onSubscribed?.(this.subscriptions);
  }

  #read(message: ChannelMessage, replayed: boolean): void {
    const { seq } = message;
    if (seq === undefined) {
      this.ephemeral += 1;
    } else {
      const before = this.#position;
      if (before === undefined || seq !== before.seq + 1) {
        throw new Error(
          `${seq} (${message["message-id"]}) came after ${before?.seq}` +
            ` of ${before?.epoch}${replayed ? ", in a replay" : ""}`,
        );
      }
      this.#position = { epoch: before.epoch, seq };
      this.#options.order.note(this.#position, message["message-id"]);
      this.count += 1;
      this.#acknowledge(seq);
    }
    this.#options.onMessage?.(message, replayed);
  }

  #acknowledge(seq: number): void {
    const { ackEvery, channelId } = this.#options;
    this.#unacked += 1;
    if (ackEvery === undefined || this.#unacked < ackEvery) return;
    this.#unacked = 0;
    this.connection.client?.sends({
      type: "ack",
      "channel-id": channelId,
      seq,
    });
  }

  #miss(what: string): void {
    if (this.#options.mayMiss !== true) throw new Error(what);
  }

  #notice(what: string): void {
    this.notices.push(what);
  }

  async #subscribeLater(ms: number): Promise<void> {
    const { client } = this.connection;
    await pause(ms);
    // Another connection has subscribed by itself.
    if (client === this.connection.client) this.#subscribe();
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ enough, resolve }) => {
      if (!enough()) return true;
      resolve();
      return false;
    });
  }

  #until(
    what: string,
    enough: () => boolean,
    withinMs?: number,
  ): Promise<void> {
    const come = new Promise<void>((resolve) => {
      this.#waiting.push({ enough, resolve });
      this.#wake();
    });
    return inTime(
      () =>
        `${this.connection.name} ${what}, not only ${this.#position?.seq} ` +
        `of ${this.#position?.epoch}`,
      Promise.race([come, this.connection.failed]),
      withinMs,
    );
  }
}
