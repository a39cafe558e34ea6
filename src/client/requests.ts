/**
 * The requests that one channel is asked by this client.
 *
 * @module
 */
import type { DeliverTo } from "../protocol/fields.ts";
import type { ServerFrame, ServerFrameOf } from "../protocol/server-frames.ts";
import { failure, RemoteError, type SenteError } from "./errors.ts";
import { refusalOf } from "./frames.ts";
import type { Link } from "./link.ts";
import { after } from "./timers.ts";

/** How to ask. */
export interface RequestOptions {
  /**
   * How long to wait for the answer, in ms, 1 to 300,000. Default: what the
   * channel's configuration says.
   */
  readonly timeoutMs?: number | undefined;
  /** Aborting it cancels the request, here and at the service. */
  readonly signal?: AbortSignal | undefined;
  /** Everybody (the default), or the least busy one. */
  readonly deliverTo?: DeliverTo | undefined;
}

/** What comes of a request. */
export interface RequestEvents {
  readonly onPart: (data: unknown) => void;
  readonly onAnswer: (data: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** What requests need of their channel. */
export interface RequestsHost {
  readonly id: string;
  readonly send: Link["send"];
}

interface Open {
  readonly data: string;
  readonly options: RequestOptions;
  readonly events: RequestEvents;
  readonly cleanUp: () => void;
  readonly deadline: number;
  sent: boolean;
  requestId: string | undefined;
}

/** How long a request may wait to be sent that does not say, in ms. */
const UNSENT_MS = 30_000;

/** Asks one channel. */
export class Requests {
  readonly #host: RequestsHost;
  readonly #open = new Set<Open>();
  readonly #byId = new Map<string, Open>();

  constructor(host: RequestsHost) {
    this.#host = host;
  }

  /** Whether no request is open. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /**
   * Asks.
   *
   * @param data as JSON.
   * @returns what cancels it; its failure is told the reason.
   */
  ask(
    data: string,
    options: RequestOptions,
    events: RequestEvents,
  ): (reason: unknown) => void {
    const { signal, timeoutMs } = options;
    const onAbort = () => this.#cancel(open, signal?.reason);
    signal?.addEventListener("abort", onAbort);
    const patience = timeoutMs ?? UNSENT_MS;
    const timer = after(patience, () => {
      if (open.sent && timeoutMs === undefined) return;
      const within = `${this.#what} within ${patience} ms`;
      this.#cancel(open, failure("timeout", within));
    });
    const open: Open = {
      data,
      options,
      events,
      cleanUp: () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      },
      deadline: Date.now() + patience,
      sent: false,
      requestId: undefined,
    };
    this.#open.add(open);
    if (signal?.aborted) onAbort();
    else this.#send(open);
    return (reason) => this.#cancel(open, reason);
  }

  /** Sends what was not sent yet. */
  resume(): void {
    for (const open of this.#open) this.#send(open);
  }

  /** The connection is lost, and the requests that were sent over it. */
  lost(): void {
    for (const open of this.#open) {
      if (open.sent) this.#fail(open, failure("connection-lost", this.#what));
    }
  }

  /** Nothing is asked any more. */
  end(error: SenteError): void {
    for (const open of this.#open) this.#fail(open, error);
  }

  /** An answer came. */
  take(response: ServerFrameOf<"rpc-response">): void {
    const { reason, data, error, final } = response;
    const open = this.#byId.get(response["request-id"]);
    if (open === undefined) return;
    if (!final) open.events.onPart(data);
    else if (reason !== undefined) {
      this.#fail(open, failure(reason, this.#what));
    } else if (error) this.#fail(open, new RemoteError(data));
    else if (this.#close(open)) open.events.onAnswer(data);
  }

  get #what(): string {
    return `request to "${this.#host.id}"`;
  }

  #send(open: Open): void {
    if (open.sent) return;
    const { timeoutMs, deliverTo } = open.options;
    try {
      open.sent = this.#host.send(
        {
          type: "rpc-request",
          "channel-id": this.#host.id,
          // What is left of it, if it had to wait for the connection.
          "timeout-ms": timeoutMs && Math.max(open.deadline - Date.now(), 1),
          "deliver-to": deliverTo,
        },
        open.data,
        (reply) => this.#delivered(open, reply),
      );
    } catch (error) {
      this.#fail(open, error);
    }
  }

  #delivered(open: Open, reply: ServerFrame | undefined): void {
    if (reply === undefined) return;
    if (reply.type !== "rpc-request-result") {
      const { reason, message = this.#what } = refusalOf(reply);
      this.#fail(open, failure(reason, message));
      return;
    }
    const { delivery, "request-id": requestId } = reply;
    if (!delivery.success || !requestId) {
      this.#fail(
        open,
        failure(delivery.reason, this.#what, delivery.operation),
      );
    } else if (this.#open.has(open)) {
      open.requestId = requestId;
      this.#byId.set(requestId, open);
    } else this.#sendCancel(requestId);
  }

  #cancel(open: Open, reason: unknown): void {
    const { requestId } = open;
    if (!this.#fail(open, reason)) return;
    // Else the server has not said how it calls the request: see #delivered.
    if (requestId !== undefined) this.#sendCancel(requestId);
  }

  #sendCancel(requestId: string): void {
    this.#host.send({ type: "rpc-cancel", "request-id": requestId });
  }

  /** @returns whether it was still open. */
  #fail(open: Open, error: unknown): boolean {
    const wasOpen = this.#close(open);
    if (wasOpen) open.events.onFailure(error);
    return wasOpen;
  }

  #close(open: Open): boolean {
    if (!this.#open.delete(open)) return false;
    if (open.requestId !== undefined) this.#byId.delete(open.requestId);
    open.cleanUp();
    return true;
  }
}
