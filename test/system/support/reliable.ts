/**
 * A writer that loses nothing, however often its connection breaks: it sends
 * again what was not acknowledged.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { type Place, Reconnecting } from "./reconnecting.ts";

/** A message to be published. */
export interface Publication {
  readonly channelId: string;
  /** Its message-id: known to nobody else, at most 64 characters. */
  readonly id: string;
  readonly data: unknown;
}

/** What the server said of a published message. */
export interface Receipt {
  readonly channelId: string;
  readonly seq: number;
  /** Whether the server had it already. */
  readonly duplicate: boolean;
}

/** How to write. */
export interface WriterOptions extends Place {
  /** How many messages may be unanswered at a time. */
  readonly window?: number;
  /** How many frames may be sent as one array, 1 to 256. */
  readonly together?: number;
}

/** Refusals after which the same message is tried again. */
const TRY_AGAIN = new Set<string | undefined>([
  "outcome-unknown",
  "rate-limited",
  "channel-not-found",
]);
/** How long to wait for a channel that is not there, in ms. */
const ABSENT_MS = 20;

interface Pending extends Publication {
  sent: boolean;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

/** Publishes each message until it is acknowledged, in order, once. */
export class ReliableWriter {
  readonly connection: Reconnecting;
  /** What was acknowledged, by message-id, in the order of the answers. */
  readonly receipts = new Map<string, Receipt>();
  /** Messages sent more than once, each time counted. */
  resent = 0;
  /** How often each reason was the answer. */
  readonly refusals = new Map<string, number>();
  readonly #window: number;
  readonly #together: number;
  /** Waiting for room, oldest first. */
  readonly #queue: Pending[] = [];
  /** Not answered yet, by message-id, oldest first. */
  readonly #inFlight = new Map<string, Pending>();

  constructor({ window = 32, together = 1, ...place }: WriterOptions) {
    this.#window = window;
    this.#together = together;
    this.connection = new Reconnecting(place, {
      onOpen: () => {
        this.#send([...this.#inFlight.values()]);
        this.#fill();
      },
      onFrame: (frame) => this.#take(frame),
    });
    this.connection.failed.catch((error: Error) => {
      for (const { reject } of this.#pending()) reject(error);
    });
  }

  /** The message-ids of what is not acknowledged, oldest first. */
  get unacknowledged(): string[] {
    return this.#pending().map(({ id }) => id);
  }

  /** Resolves when the message is acknowledged. */
  publishes(publication: Publication): Promise<Receipt> {
    const { id } = publication;
    if (this.receipts.has(id) || this.#inFlight.has(id)) {
      throw new RangeError(`${id} was published before`);
    }
    const { fault } = this.connection;
    if (fault !== undefined) return Promise.reject(fault);
    const receipt = new Promise<Receipt>((resolve, reject) => {
      this.#queue.push({ ...publication, sent: false, resolve, reject });
    });
    // Whoever does not wait for it learns of a fault on leaving.
    receipt.catch(() => {});
    this.#fill();
    return receipt;
  }

  /** Ends it, whatever is in flight. @throws what was wrong, if anything. */
  leaves(): Promise<void> {
    return this.connection.leaves();
  }

  #pending(): Pending[] {
    return [...this.#inFlight.values(), ...this.#queue];
  }

  /** Sends what there is room for. */
  #fill(): void {
    if (this.connection.client === undefined) return;
    const room = this.#window - this.#inFlight.size;
    const next = this.#queue.splice(0, room);
    for (const each of next) this.#inFlight.set(each.id, each);
    this.#send(next);
  }

  #send(all: readonly Pending[]): void {
    const { client } = this.connection;
    for (let i = 0; i < all.length; i += this.#together) {
      const some = all.slice(i, i + this.#together);
      for (const each of some) {
        if (each.sent) this.resent += 1;
        each.sent = true;
      }
      const frames = some.map(({ channelId, id, data }) => ({
        type: "publish",
        "channel-id": channelId,
        "message-id": id,
        ref: id,
        data,
      }));
      if (frames.length === 1) client?.sends(...frames);
      else client?.sendsTogether(...frames);
    }
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "welcome" || frame.type === "pong") return;
    if (frame.type !== "publish-result") {
      throw new Error(`nobody asked for ${JSON.stringify(frame)}`);
    }
    const { ref = "", success, seq, reason = "" } = frame;
    const pending = this.#inFlight.get(String(ref));
    if (pending === undefined) throw new Error(`answered twice: ${ref}`);
    if (success && seq !== undefined) {
      const { id, channelId, resolve } = pending;
      const receipt = { channelId, seq, duplicate: frame.duplicate === true };
      this.#inFlight.delete(id);
      this.receipts.set(id, receipt);
      resolve(receipt);
      this.#fill();
      return;
    }
    if (!TRY_AGAIN.has(reason)) {
      throw new Error(`not published: ${JSON.stringify(frame)}`);
    }
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    this.#sendLater(pending, frame["retry-after-ms"] ?? ABSENT_MS);
  }

  async #sendLater(pending: Pending, ms: number): Promise<void> {
    const { client } = this.connection;
    await pause(ms);
    // Another connection has sent it by itself.
    if (client?.isOpen && client === this.connection.client) {
      this.#send([pending]);
    }
  }
}
