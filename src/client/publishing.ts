/**
 * Messages of one channel on their way out, until the server has them.
 *
 * @module
 */
import type { ServerFrame } from "../protocol/server-frames.ts";
import { failure, type SenteError } from "./errors.ts";
import { refusalOf } from "./frames.ts";
import type { Link } from "./link.ts";
import { after } from "./timers.ts";

/** How to publish. */
export interface PublishOptions {
  /** Whether this client gets no copy. Default false. */
  readonly excludeSender?: boolean | undefined;
  /** Whether it is only delivered: not stored, not sent again. Default false. */
  readonly ephemeral?: boolean | undefined;
  /**
   * The message's own name, which the server takes once: 1 to 64 characters.
   * Default: a random one.
   */
  readonly messageId?: string | undefined;
}

/** What the server made of a message. */
export interface Published {
  readonly messageId: string;
  /** Its number; none if it is ephemeral. */
  readonly seq: number | undefined;
  /** To how many it was handed; unknown if it had been published before. */
  readonly deliveredTo: number | undefined;
  /** Whether the server had it already. */
  readonly duplicate: boolean;
}

/** How much may wait, of all channels of a client. */
export interface Queue {
  length: number;
  readonly max: number;
  readonly timeoutMs: number;
}

/** What publishing needs of its channel. */
export interface PublishingHost {
  readonly id: string;
  readonly send: Link["send"];
  /** A message that excluded this connection has a number. */
  onExcluded(seq: number): void;
}

/** A message that is not acknowledged. */
interface Pending {
  readonly messageId: string;
  readonly data: string;
  readonly options: PublishOptions;
  /** Whether it is on its way over this connection. */
  sent: boolean;
  /** Whether it may have reached the server. */
  wasSent: boolean;
  readonly settle: (outcome: Published | SenteError) => void;
}

/** How long to wait after a refusal that does not say, in ms. */
const RETRY_MS = 1_000;
/** How many of its own messages a channel remembers not to hand back. */
const MAX_EXCLUDED = 1_000;

/** Publishes to one channel, each message once and in order. */
export class Publishing {
  readonly #host: PublishingHost;
  readonly #queue: Queue;
  readonly #pending = new Set<Pending>();
  /** The newest messages that exclude this client. */
  readonly #excluded: string[] = [];
  /** What all message-ids of this client begin with, here. */
  readonly #prefix = crypto.getRandomValues(new Uint32Array(3)).join("-");
  #count = 0;
  #onSettled = () => {};
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(host: PublishingHost, queue: Queue) {
    this.#host = host;
    this.#queue = queue;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Publishes.
   *
   * @param data as JSON.
   */
  publish(data: string, options: PublishOptions): Promise<Published> {
    const queue = this.#queue;
    return new Promise((resolve, reject) => {
      if (queue.length >= queue.max) {
        throw failure("queue-full", `${queue.max} messages wait`);
      }
      queue.length += 1;
      const timer = after(queue.timeoutMs, () =>
        pending.settle(
          failure(
            pending.wasSent ? "outcome-unknown" : "timeout",
            `publish within ${queue.timeoutMs} ms`,
          ),
        ),
      );
      const pending: Pending = {
        messageId: options.messageId ?? `${this.#prefix}-${++this.#count}`,
        data,
        options,
        sent: false,
        wasSent: false,
        settle: (outcome) => {
          if (!this.#pending.delete(pending)) return;
          queue.length -= 1;
          clearTimeout(timer);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
          this.#onSettled();
        },
      };
      this.#pending.add(pending);
      if (options.excludeSender) this.#excluded.push(pending.messageId);
      if (this.#excluded.length > MAX_EXCLUDED) this.#excluded.shift();
      // Without a pause, those before it were sent; or none can be.
      if (this.#pause === undefined) this.#send(pending);
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (!this.isIdle) {
      await new Promise<void>((resolve) => {
        this.#onSettled = resolve;
      });
    }
  }

  /** Sends what was not sent over this connection, in order. */
  resume(): void {
    if (this.#pause !== undefined) return;
    for (const pending of this.#pending) {
      if (!pending.sent) this.#send(pending);
    }
  }

  /** Nothing is published any more. */
  end(error: SenteError): void {
    clearTimeout(this.#pause);
    for (const { settle } of this.#pending) settle(error);
  }

  /** Whether a message is one of this client's that exclude it. */
  isExcluded(messageId: string): boolean {
    return this.#excluded.includes(messageId);
  }

  #send(pending: Pending): void {
    const { data, messageId, options } = pending;
    try {
      pending.sent = this.#host.send(
        {
          type: "publish",
          "channel-id": this.#host.id,
          "message-id": messageId,
          "exclude-sender": options.excludeSender,
          ephemeral: options.ephemeral,
        },
        data,
        (reply) => this.#answered(pending, reply),
      );
      pending.wasSent ||= pending.sent;
    } catch (error) {
      pending.settle(error as SenteError);
    }
  }

  #answered(pending: Pending, reply: ServerFrame | undefined): void {
    if (reply === undefined) {
      pending.sent = false;
      // Of others the server notices that it has them already.
      if (pending.options.ephemeral) {
        pending.settle(failure("outcome-unknown", "the connection is lost"));
      }
      return;
    }
    const {
      reason,
      message,
      operation,
      "retry-after-ms": later,
    } = refusalOf(reply);
    if (reply.type === "publish-result" && reply.success) {
      const { seq, "delivered-to": deliveredTo, duplicate = false } = reply;
      if (pending.options.excludeSender && seq) this.#host.onExcluded(seq);
      const { messageId } = pending;
      pending.settle({ messageId, seq, deliveredTo, duplicate });
    } else if (reason === "rate-limited") {
      pending.sent = false;
      this.#pause ??= after(later ?? RETRY_MS, () => {
        this.#pause = undefined;
        this.resume();
      });
    } else {
      const what = message ?? `publish to "${this.#host.id}"`;
      pending.settle(failure(reason, what, operation));
    }
  }
}
