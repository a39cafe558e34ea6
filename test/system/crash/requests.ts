/**
 * Requests that are open while a service crashes: each must come to an end.
 *
 * @module
 */
import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { pathOf } from "../support/channels.ts";
import { type Place, Reconnecting } from "../support/reconnecting.ts";
import type { Server } from "../support/server.ts";
import { eventually, inTime } from "../support/waiting.ts";

/**
 * How a request ended: `answered`, `lost` with its connection, or the reason
 * that the server gave.
 */
export type End = string;

/** How long a service may take to be back, on a busy machine, in ms. */
const BACK_MS = 60_000;

/** Answers every other request, and leaves the rest to their deadline. */
export class Responder {
  readonly connection: Reconnecting;
  readonly #channelId: string;

  constructor(place: Place, channelId: string) {
    this.#channelId = channelId;
    this.connection = new Reconnecting(place, {
      onOpen: () => this.#subscribe(),
      onFrame: (frame) => this.#take(frame),
    });
  }

  #subscribe(): void {
    this.connection.client?.sends({
      type: "subscribe",
      "channel-id": this.#channelId,
    });
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "subscription-lost") this.#subscribe();
    if (frame.type !== "rpc-request" || Number(frame.data) % 2 === 1) return;
    const id = { "request-id": frame["request-id"] };
    this.connection.client?.sends({
      type: "rpc-response",
      ...id,
      data: frame.data,
    });
  }
}

/** Asks, and learns of each request how it ended: once, and in time. */
export class Requester {
  readonly connection: Reconnecting;
  readonly #channelId: string;
  /** Not answered yet, by `ref`. */
  readonly #asked = new Map<number, (end: End) => void>();
  /** Asked for by the server, by request-id. */
  readonly #open = new Map<string, (end: End) => void>();
  #refs = 0;

  constructor(place: Place, channelId: string) {
    this.#channelId = channelId;
    this.connection = new Reconnecting(place, {
      onOpen: () => this.#lose(),
      onFrame: (frame) => this.#take(frame),
    });
  }

  /** Resolves with how the request ended. */
  async asks(data: number, timeoutMs: number): Promise<End> {
    const { connection } = this;
    const client = await eventually(
      () => `${connection.name} is connected`,
      () => connection.client,
      BACK_MS,
    );
    const ref = ++this.#refs;
    const end = new Promise<End>((resolve) => this.#asked.set(ref, resolve));
    client.sends({
      type: "rpc-request",
      "channel-id": this.#channelId,
      ref,
      data,
      "timeout-ms": timeoutMs,
    });
    return inTime(
      () => `${connection.name}: request ${ref} ends`,
      Promise.race([end, client.ended.then(() => "lost")]),
    );
  }

  /** What was open on the connection before is told to nobody any more. */
  #lose(): void {
    this.#asked.clear();
    this.#open.clear();
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "rpc-request-result") {
      const { ref, delivery } = frame;
      const end = this.#asked.get(Number(ref));
      if (end === undefined) throw new Error(`answered twice: ${ref}`);
      this.#asked.delete(Number(ref));
      const requestId = frame["request-id"];
      if (requestId !== null) this.#open.set(requestId, end);
      else end(delivery.reason ?? "refused");
    } else if (frame.type === "rpc-response") {
      const end = this.#open.get(frame["request-id"]);
      if (end === undefined) {
        throw new Error(`not open: ${JSON.stringify(frame)}`);
      }
      this.#open.delete(frame["request-id"]);
      end(frame.reason ?? "answered");
    }
  }
}

/**
 * Asks over HTTP; resolves with how the request ended, or with undefined when
 * nobody listened.
 */
export async function asksOverHttp(
  server: Server,
  channelId: string,
  data: number,
  timeoutMs: number,
): Promise<End | undefined> {
  try {
    const { status, body } = await server.sends(
      "POST",
      `${pathOf(channelId)}/rpc`,
      { data, "timeout-ms": timeoutMs },
    );
    if (status === 200) return "answered";
    return String(Object(Object(body).error).reason);
  } catch (error) {
    // The connection broke; a request that hangs is no such thing.
    if (Object(error).name === "TimeoutError") throw error;
    const { code } = Object(Object(error).cause);
    return code === "ECONNREFUSED" ? undefined : "lost";
  }
}
