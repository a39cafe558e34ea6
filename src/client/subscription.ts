/**
 * One subscription: where it stands, and how it goes on after a break.
 *
 * @module
 */
import type { Position } from "../protocol/fields.ts";
import type {
  ChannelMessage,
  ServerFrame,
  ServerFrameOf,
} from "../protocol/server-frames.ts";
import { ClosedError, failure, type SenteError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { refusalOf } from "./frames.ts";
import type { Link } from "./link.ts";
import { after } from "./timers.ts";

/** How to subscribe. */
export interface SubscribeOptions {
  /** Up to where everything is known: what came later is handed over first. */
  readonly since?: Position | undefined;
  /** At most so many retained messages, where nothing is recovered. */
  readonly retainedLimit?: number | undefined;
  /**
   * Whether the next message waits until the promise that the handler
   * returned for this one settles. Default false.
   */
  readonly sequential?: boolean | undefined;
  /** Aborting it unsubscribes. */
  readonly signal?: AbortSignal | undefined;
}

/** Messages were missed that the server holds no more. */
export interface Gap {
  /** Up to where everything was handed over. */
  readonly since: Position;
  /** After which message it goes on. */
  readonly position: Position;
  /** How many are missing, if the numbering did not start over. */
  readonly missed: number | undefined;
}

/** What a subscription tells. */
export interface SubscriptionEvents {
  /** Messages were missed that the server holds no more. */
  gap: Gap;
  /** It is over; with the error unless its user ended it. */
  end: { readonly error?: SenteError };
}

/** What a subscription needs of its channel. */
export interface SubscriptionHost {
  readonly id: string;
  readonly send: Link["send"];
  onError(error: unknown): void;
  /** It begins, perhaps in a new numbering. */
  onBegin(): void;
  /** A message was processed. */
  onProcessed(): void;
  /**
   * It is over.
   *
   * @param tells whether the server is to know.
   * @returns when it does.
   */
  onEnd(subscription: Subscription, tells: boolean): Promise<void>;
  /** Whether a message is one that its publisher, who is here, excluded. */
  isExcluded(messageId: string): boolean;
}

/** How a subscription takes part. */
export interface Delivery {
  /** Hands a message over; the next one waits for the promise, if it is one. */
  readonly deliver: (message: ChannelMessage, replayed: boolean) => unknown;
  /** Whether it wants only what comes while it is connected. */
  readonly isLiveOnly?: boolean;
  /** Called when it is over. */
  readonly onEnd?: (error: SenteError | undefined) => void;
}

/** With more than so many undelivered messages it asks for no others. */
const MAX_BACKLOG = 1_000;
/** How long to wait where it may work later, in ms. */
const RETRY_MS = 1_000;
/** Refusals that may pass, of a subscription that stood before. */
const PASSING = new Set([
  // The server may count the connection that broke for a while.
  "max-subscribers-reached",
  "internal-error",
  "outcome-unknown",
  "unavailable",
]);

/** A subscription to one channel, across all connections. */
export class Subscription {
  /** The channel. */
  readonly channelId: string;
  /** @internal Settles when it is subscribed for the first time. */
  readonly ready: Promise<Subscription>;
  readonly #host: SubscriptionHost;
  readonly #options: SubscribeOptions;
  readonly #delivery: Delivery;
  readonly #events: Emitter<SubscriptionEvents>;
  #phase: "waiting" | "asking" | "live" | "ended" = "waiting";
  #hasBegun = false;
  /** Up to where everything has come. */
  #read: Position | undefined;
  /** Up to where everything was handed over, while `#backlog` is not empty. */
  #processed: Position | undefined;
  #backlog: {
    message: ChannelMessage;
    replayed: boolean;
    position: Position | undefined;
  }[] = [];
  #isDelivering = false;
  /** Whether it waits for its consumer before it asks for more. */
  #isFull = false;
  #error: SenteError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = () => {
    this.unsubscribe();
  };
  #resolve: (subscription: Subscription) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** @internal */
  constructor(
    host: SubscriptionHost,
    delivery: Delivery,
    options: SubscribeOptions,
  ) {
    this.channelId = host.id;
    this.#host = host;
    this.#delivery = delivery;
    this.#options = options;
    this.#events = new Emitter((error) => host.onError(error));
    this.#read = options.since;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.signal?.addEventListener("abort", this.#onAbort);
  }

  /**
   * Up to where every message has been processed: what `since` takes.
   * Undefined before it is subscribed.
   */
  get position(): Position | undefined {
    return this.#isDelivering ? this.#processed : this.#read;
  }

  /** Listens to an event. @returns what ends that. */
  on<K extends keyof SubscriptionEvents>(
    name: K,
    listener: (event: SubscriptionEvents[K]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Ends it. Nothing is delivered any more. */
  async unsubscribe(): Promise<void> {
    if (this.#phase === "ended") return;
    this.#backlog = [];
    await this.end();
  }

  /** @internal Which number of the present numbering was processed last. */
  get processed(): number {
    const { position } = this;
    return position?.epoch === this.#read?.epoch ? (position?.seq ?? 0) : 0;
  }

  /** @internal It is connected: asks for what comes, and for what came. */
  ask(): void {
    if (this.#phase === "ended" || this.#phase === "asking") return;
    this.#phase = "waiting";
    // A consumer that cannot follow is not to be handed even more.
    this.#isFull = this.#backlog.length > MAX_BACKLOG;
    if (this.#isFull) return;
    if (this.#delivery.isLiveOnly) this.#read = undefined;
    const asked = this.#host.send(
      {
        type: "subscribe",
        "channel-id": this.channelId,
        since: this.#read,
        "retained-limit": this.#options.retainedLimit,
      },
      undefined,
      (reply) => this.#answered(reply),
    );
    if (asked) this.#phase = "asking";
  }

  /** @internal The connection is lost. */
  lost(): void {
    if (this.#phase !== "ended") this.#phase = "waiting";
  }

  /** @internal The server could not keep it. */
  dropped(reason: string): void {
    if (this.#phase !== "live") return;
    if (reason === "gap") this.ask();
    else this.#refused(reason);
  }

  /** @internal A message came. */
  take(message: ChannelMessage, replayed = false): void {
    const { seq } = message;
    // Before the answer to `subscribe`, it is what that holds as well.
    if (this.#phase !== "live") return;
    if (!this.#isDelivering) this.#processed = this.#read;
    if (seq !== undefined) {
      if (!this.#advance(seq, replayed)) return;
      if (replayed && this.#host.isExcluded(message["message-id"])) return;
    }
    this.#backlog.push({ message, replayed, position: this.#read });
    if (!this.#isDelivering) this.#deliver();
  }

  /** @internal A message of this connection's own that excluded it. */
  passOver(seq: number): void {
    if (this.#phase === "live") this.#advance(seq, false);
  }

  /** @internal It is over; what has come is delivered still. */
  async end(
    error?: SenteError,
    tells: boolean = error === undefined,
  ): Promise<void> {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#error = error;
    clearTimeout(this.#timer);
    const { signal } = this.#options;
    signal?.removeEventListener("abort", this.#onAbort);
    const unsubscribed = failure("unsubscribed", "subscribe");
    this.#reject(error ?? (signal?.aborted ? signal.reason : unsubscribed));
    const gone = this.#host.onEnd(this, tells);
    if (!this.#isDelivering) this.#tellEnd();
    await gone;
  }

  /** Whether a number is the next one. What is missing is asked for. */
  #advance(seq: number, replayed: boolean): boolean {
    const read = this.#read;
    if (read === undefined || seq <= read.seq) return false;
    if (seq > read.seq + 1 && !replayed) {
      this.ask();
      return false;
    }
    this.#read = { epoch: read.epoch, seq };
    return true;
  }

  #answered(reply: ServerFrame | undefined): void {
    if (reply === undefined || this.#phase !== "asking") return;
    this.#phase = "waiting";
    if (reply.type === "subscription-result" && reply.success) {
      this.#begin(reply);
      return;
    }
    const { reason, operation, "retry-after-ms": later } = refusalOf(reply);
    this.#refused(reason, operation, later);
  }

  #begin(result: ServerFrameOf<"subscription-result">): void {
    const { epoch, seq, recovered } = result;
    if (epoch === undefined || seq === undefined) {
      this.end(failure("protocol", "a result without a position"));
      return;
    }
    const retained = result["retained-messages"] ?? [];
    const since = this.#read;
    this.#phase = "live";
    if (since === undefined || recovered !== true) {
      const sameEpoch = since?.epoch === epoch && since.seq <= seq;
      const start = seq - retained.length;
      const position = {
        epoch,
        seq: sameEpoch ? Math.max(start, since.seq) : start,
      };
      this.#read = position;
      if (since !== undefined) {
        const missed = sameEpoch ? position.seq - since.seq : undefined;
        this.#tellGap({ since, position, missed });
      }
    }
    for (const message of retained) this.take(message, true);
    this.#read = { epoch, seq };
    this.#hasBegun = true;
    this.#host.onBegin();
    this.#resolve(this);
  }

  #refused(reason = "", operation?: string, retryAfterMs?: number): void {
    const what = `subscribe to "${this.channelId}"`;
    const error = failure(reason, what, operation);
    const mayPass = this.#hasBegun && PASSING.has(reason);
    if (!mayPass && reason !== "rate-limited") {
      this.end(error);
      return;
    }
    this.#phase = "waiting";
    this.#host.onError(error);
    const pause = retryAfterMs ?? RETRY_MS * (1 + Math.random());
    clearTimeout(this.#timer);
    this.#timer = after(pause, () => {
      if (this.#phase === "waiting") this.ask();
    });
  }

  /** Hands over what has come, one after another. */
  #deliver(): void {
    this.#isDelivering = true;
    for (;;) {
      const entry = this.#backlog.shift();
      if (entry === undefined) break;
      let outcome: unknown;
      try {
        outcome = this.#delivery.deliver(entry.message, entry.replayed);
      } catch (error) {
        this.#host.onError(error);
      }
      const done = () => {
        this.#processed = entry.position;
        this.#host.onProcessed();
      };
      if (outcome instanceof Promise) {
        outcome
          .catch((error) => this.#host.onError(error))
          .then(() => {
            done();
            this.#deliver();
          });
        return;
      }
      done();
    }
    this.#isDelivering = false;
    if (this.#phase === "ended") {
      // What was thrown away has not been processed.
      this.#read = this.#processed;
      this.#tellEnd();
    } else if (this.#isFull) this.ask();
  }

  #tellGap(gap: Gap): void {
    // Before it has begun nobody can listen.
    if (this.#hasBegun) this.#events.emit("gap", gap);
    else setTimeout(() => this.#events.emit("gap", gap));
  }

  #tellEnd(): void {
    const error = this.#error;
    // Of other ends its promise tells, or the state of the client.
    const isTold = !this.#hasBegun || error instanceof ClosedError;
    const isHeard = this.#events.emit("end", error ? { error } : {});
    this.#delivery.onEnd?.(error);
    if (error && !isHeard && !isTold) this.#host.onError(error);
  }
}
