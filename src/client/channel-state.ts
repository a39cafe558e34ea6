/**
 * All that a client does on one channel, across all connections.
 *
 * @module
 */
import type { ServerFrame } from "../protocol/server-frames.ts";
import { failure, type SenteError } from "./errors.ts";
import type { Link } from "./link.ts";
import { Publishing, type Queue } from "./publishing.ts";
import { Requests } from "./requests.ts";
import type { Responding } from "./responding.ts";
import {
  type Delivery,
  type SubscribeOptions,
  Subscription,
  type SubscriptionHost,
} from "./subscription.ts";

/** What a channel needs of its client. */
export interface ChannelHost {
  readonly send: Link["send"];
  readonly queue: Queue;
  onError(error: unknown, channelId: string): void;
}

/** How often to acknowledge: whatever comes first (docs/protocol.md §3). */
const ACK_MESSAGES = 256;
const ACK_MS = 5_000;

/** One channel. */
export class ChannelState implements SubscriptionHost {
  readonly id: string;
  readonly send: Link["send"];
  readonly publishing: Publishing;
  readonly requests: Requests;
  readonly responding = new Set<Responding>();
  readonly #host: ChannelHost;
  readonly #subscriptions = new Set<Subscription>();
  #unacknowledged = 0;
  #acknowledged = 0;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, host: ChannelHost) {
    this.id = id;
    this.send = host.send;
    this.#host = host;
    this.publishing = new Publishing(this, host.queue);
    this.requests = new Requests(this);
  }

  /** Whether nothing is going on here. */
  get isIdle(): boolean {
    return (
      this.#subscriptions.size === 0 &&
      this.publishing.isIdle &&
      this.requests.isIdle &&
      this.responding.size === 0
    );
  }

  /** Resolves when all is published and answered. */
  async drained(): Promise<void> {
    const { publishing, responding } = this;
    const answered = [...responding].map((each) => each.stop());
    await Promise.all([publishing.idle(), ...answered]);
  }

  /** Subscribes once more. */
  subscribe(delivery: Delivery, options: SubscribeOptions): Subscription {
    const subscription = new Subscription(this, delivery, options);
    this.#subscriptions.add(subscription);
    subscription.ask();
    return subscription;
  }

  onError(error: unknown): void {
    this.#host.onError(error, this.id);
  }

  /** The first acknowledgement has the server keep to its limits. */
  onBegin(): void {
    this.#acknowledged = -1;
    this.#acknowledge();
  }

  onProcessed(): void {
    if (this.#subscriptions.size === 0) return;
    this.#unacknowledged += 1;
    if (this.#unacknowledged >= ACK_MESSAGES) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_MS);
  }

  async onEnd(subscription: Subscription, tells: boolean): Promise<void> {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0 || !tells) return;
    await new Promise<unknown>((resolve) => {
      const frame = { type: "unsubscribe", "channel-id": this.id };
      if (!this.send(frame, undefined, resolve)) resolve(undefined);
    });
  }

  isExcluded(messageId: string): boolean {
    return this.publishing.isExcluded(messageId);
  }

  onExcluded(seq: number): void {
    for (const subscription of this.#subscriptions) subscription.passOver(seq);
  }

  /** There is a new connection. */
  onWelcome(): void {
    for (const subscription of this.#subscriptions) subscription.ask();
    this.publishing.resume();
    this.requests.resume();
  }

  /** The connection is lost. */
  onLost(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#unacknowledged = 0;
    this.#acknowledged = 0;
    for (const subscription of this.#subscriptions) subscription.lost();
    this.requests.lost();
    for (const each of this.responding) each.lost();
  }

  /** A frame came that is no answer. */
  onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "channel-message":
        for (const each of [...this.#subscriptions]) each.take(frame);
        break;
      case "subscription-lost":
        for (const each of [...this.#subscriptions]) each.dropped(frame.reason);
        break;
      case "unsubscribed":
        this.#endSubscriptions(
          failure(frame.reason, `subscribe to "${this.id}"`),
        );
        break;
      case "channel-deleted":
        this.#endSubscriptions(failure(frame.type, `"${this.id}"`));
        break;
      case "rpc-request":
        for (const each of this.responding) {
          each.take(frame).catch((error) => this.onError(error));
        }
        break;
      case "rpc-cancel":
        for (const each of this.responding) each.cancel(frame["request-id"]);
        break;
      case "rpc-response":
        this.requests.take(frame);
        break;
    }
  }

  /** The client is closed. @param byUser as its user wants. */
  onClosed(error: SenteError, byUser: boolean): void {
    this.publishing.end(error);
    this.requests.end(error);
    for (const each of [...this.#subscriptions]) {
      each.end(byUser ? undefined : error, false);
    }
  }

  #endSubscriptions(error: SenteError): void {
    for (const each of [...this.#subscriptions]) each.end(error);
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#unacknowledged = 0;
    const seq = Math.min(
      ...[...this.#subscriptions].map(({ processed }) => processed),
    );
    // Of none it is infinite.
    if (seq <= this.#acknowledged || seq === Infinity) return;
    this.#acknowledged = seq;
    this.send({ type: "ack", "channel-id": this.id, seq });
  }
}
