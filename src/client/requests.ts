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

/** What requests need of their channel. */
export interface RequestsHost {
  readonly id: string;
  readonly send: Link["send"];
}

interface Open {
  /** The server's name for it, once that has said it. */
  id?: string | undefined;
  wasSent: boolean;
  readonly send: () => void;
  readonly onPart: (data: unknown) => void;
  /** Ends it, and tells whether it was open. */
  readonly close: () => boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a request may wait to be sent that does not say, in ms. */
const UNSENT_MS = 30_000;

/** Asks one channel. */
export class Requests {
  readonly #host: RequestsHost;
  readonly #what: string;
  readonly #open = new Set<Open>();
  readonly #byId = new Map<string | undefined, Open>();

  constructor(host: RequestsHost) {
    this.#host = host;
    this.#what = `request to "${host.id}"`;
  }

  /** Whether no request is open. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /**
   * Asks.
   *
   * @param data as JSON.
   * @returns the final answer.
   */
  ask(
    data: string,
    { signal, timeoutMs, deliverTo }: RequestOptions,
    onPart: (data: unknown) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const patience = timeoutMs ?? UNSENT_MS;
      const deadline = Date.now() + patience;
      const timer = after(patience, () => {
        if (open.wasSent && timeoutMs === undefined) return;
        const within = `${this.#what} within ${patience} ms`;
        this.#cancel(open, failure("timeout", within));
      });
      const onAbort = () => this.#cancel(open, signal?.reason);
      signal?.addEventListener("abort", onAbort);
      const open: Open = {
        wasSent: false,
        resolve,
        reject,
        onPart,
        close: () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          this.#byId.delete(open.id);
          return this.#open.delete(open);
        },
        send: () => {
          const frame = {
            type: "rpc-request",
            "channel-id": this.#host.id,
            // What is left of it, if it had to wait for the connection.
            "timeout-ms": timeoutMs && Math.max(deadline - Date.now(), 1),
            "deliver-to": deliverTo,
          };
          const onReply = (reply?: ServerFrame) => this.#sent(open, reply);
          open.wasSent ||= this.#host.send(frame, data, onReply);
        },
      };
      this.#open.add(open);
      this.#send(open);
    });
  }

  /** Sends what was not sent yet. */
  resume(): void {
    for (const open of this.#open) this.#send(open);
  }

  /** The connection is lost, and the requests that were sent over it. */
  lost(): void {
    for (const open of this.#open) {
      if (open.wasSent)
        this.#fail(open, failure("connection-lost", this.#what));
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
    if (!final) open.onPart(data);
    else if (reason) this.#fail(open, failure(reason, this.#what));
    else if (error) this.#fail(open, new RemoteError(data));
    else if (open.close()) open.resolve(data);
  }

  #send(open: Open): void {
    try {
      open.send();
    } catch (error) {
      this.#fail(open, error);
    }
  }

  /** The server has said whom it asks, if anybody. */
  #sent(open: Open, reply?: ServerFrame): void {
    if (reply?.type === "rpc-request-result" && reply.delivery.success) {
      open.id = String(reply["request-id"]);
      if (this.#open.has(open)) this.#byId.set(open.id, open);
      else this.#sendCancel(open.id);
    } else if (reply !== undefined) {
      const { reason, message = this.#what, operation } = refusalOf(reply);
      this.#fail(open, failure(reason, message, operation));
    }
  }

  #cancel(open: Open, reason: unknown): void {
    this.#fail(open, reason);
    // Else it is done as soon as the server has said how it calls it.
    if (open.id !== undefined) this.#sendCancel(open.id);
  }

  #sendCancel(id: string): void {
    this.#host.send({ type: "rpc-cancel", "request-id": id });
  }

  #fail(open: Open, error: unknown): void {
    if (open.close()) open.reject(error);
  }
}
