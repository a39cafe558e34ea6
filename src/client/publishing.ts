/**
 * Messages of one channel on their way out, until the server has them.
 *
 * @module
 */
import type { ServerFrame } from "../protocol/server-frames.ts";
import { failure, type SenteError } from "./errors.ts";
import { refusalOf } from "./frames.ts";
import type { Link } from "./link.ts";

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
  /** A message waits no longer. */
  onSettled(): void;
}

/** A message that is not acknowledged. */
interface Pending {
  readonly messageId: string;
  readonly data: string;
  readonly options: PublishOptions;
  sent: boolean;
  readonly settle: (outcome: Published | SenteError) => void;
}

/** How long to wait after a refusal that does not say, in ms. */
const RETRY_MS = 1_000;
/** What all message-ids of this process begin with. */
const ours = crypto.getRandomValues(new Uint32Array(3)).join("-");
let published = 0;

/** Publishes to one channel, each message once and in order. */
export class Publishing {
  readonly #host: PublishingHost;
  readonly #queue: Queue;
  readonly #pending = new Set<Pending>();
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
      const timer = setTimeout(() => {
        pending.settle(
          failure(
            pending.sent ? "outcome-unknown" : "timeout",
            `publish within ${queue.timeoutMs} ms`,
          ),
        );
      }, queue.timeoutMs);
      const pending: Pending = {
        messageId: options.messageId ?? `${ours}-${++published}`,
        data,
        options,
        sent: false,
        settle: (outcome) => {
          if (!this.#pending.delete(pending)) return;
          queue.length -= 1;
          clearTimeout(timer);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
          this.#host.onSettled();
        },
      };
      this.#pending.add(pending);
      this.resume();
    });
  }

  /** Sends what was not sent over this connection, in order. */
  resume(): void {
    if (this.#pause !== undefined) return;
    for (const pending of this.#pending) {
      if (!pending.sent) this.#send(pending);
    }
  }

  /** The connection is lost. */
  lost(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    for (const pending of this.#pending) {
      // The server would not notice that it has it already.
      if (pending.sent && pending.options.ephemeral) {
        pending.settle(failure("outcome-unknown", "the connection is lost"));
      }
      pending.sent = false;
    }
  }

  /** Nothing is published any more. */
  end(error: SenteError): void {
    for (const { settle } of this.#pending) settle(error);
  }

  /** Whether a message waits here that excludes this connection. */
  isExcluded(messageId: string): boolean {
    for (const { messageId: id, options } of this.#pending) {
      if (id === messageId) return options.excludeSender === true;
    }
    return false;
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
    } catch (error) {
      pending.settle(error as SenteError);
    }
  }

  #answered(pending: Pending, reply: ServerFrame): void {
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
      this.#pause ??= setTimeout(() => {
        this.#pause = undefined;
        this.resume();
      }, later ?? RETRY_MS);
    } else {
      const what = message ?? `publish to "${this.#host.id}"`;
      pending.settle(failure(reason, what, operation));
    }
  }
}
