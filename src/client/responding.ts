/**
 * Answering what a channel is asked.
 *
 * @module
 */
import type { ServerFrame, ServerFrameOf } from "../protocol/server-frames.ts";
import { failure, SenteError } from "./errors.ts";
import { refusalOf } from "./frames.ts";
import { toJson } from "./json.ts";
import type { Link } from "./link.ts";
import type { Subscription } from "./subscription.ts";
import { after } from "./timers.ts";

/** A request to be answered. */
export interface Asked<Data = unknown> {
  readonly data: Data;
  readonly channelId: string;
  readonly requestId: string;
  /** Who asks; null for a request over HTTP or from another Worker. */
  readonly senderConnId: string | null;
  /** The user who asks; null for an anonymous one. */
  readonly senderUserId: string | null;
  /** How long it stayed open from its start, in ms. */
  readonly timeoutMs: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Makes the answer, or several parts of it, of what was asked. */
export type Answering = (
  asked: Asked,
) => unknown | Promise<unknown> | AsyncIterable<unknown>;

/** What responding needs of its channel. */
export interface RespondingHost {
  readonly id: string;
  readonly send: Link["send"];
  onError(error: unknown): void;
  /** All of the channel. */
  readonly responding: Set<Responding>;
}

/** The longest message of an error that is passed on, in characters. */
const MAX_MESSAGE_LENGTH = 1_000;

/** Answers the requests of one channel. */
export class Responding {
  /** By which the requests come. */
  subscription: Subscription | undefined;
  /** Whether it takes requests. */
  isOpen = true;
  readonly #host: RespondingHost;
  readonly #answering: Answering;
  readonly #check: (data: unknown) => unknown;
  readonly #running = new Map<string, AbortController>();
  #onDone = () => {};
  readonly #done = new Promise<void>((resolve) => {
    this.#onDone = resolve;
  });

  /** @param check each answer, or each part of it, passes through it. */
  constructor(
    host: RespondingHost,
    answering: Answering,
    check: (data: unknown) => unknown,
  ) {
    this.#host = host;
    this.#answering = answering;
    this.#check = check;
  }

  /** Takes no more requests; those that it has are answered still. */
  close(): void {
    this.isOpen = false;
    if (this.#running.size > 0) return;
    this.#onDone();
    this.#host.responding.delete(this);
  }

  /** Ends the subscription, too. @returns when all is answered. */
  stop(): Promise<void> {
    this.subscription?.unsubscribe();
    return this.#done;
  }

  /** A request came. */
  async take(request: ServerFrameOf<"rpc-request">): Promise<void> {
    if (!this.isOpen) return;
    const requestId = request["request-id"];
    const timeoutMs = request["timeout-ms"];
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(requestId, controller);
    const timer = after(timeoutMs, () => controller.abort());
    const settle = () => {
      clearTimeout(timer);
      this.#running.delete(requestId);
      if (!this.isOpen) this.close();
    };
    // An answer that is never made keeps nobody from closing the client.
    signal.addEventListener("abort", settle);
    const answer = async (data: unknown, final: boolean) => {
      await this.#check(data);
      if (!signal.aborted) this.#send(requestId, data, final);
    };
    try {
      const outcome = await this.#answering({
        data: request.data,
        channelId: request["channel-id"],
        requestId,
        senderConnId: request["sender-conn-id"],
        senderUserId: request["sender-user-id"],
        timeoutMs,
        signal,
      });
      if (isIterable(outcome)) {
        const parts = outcome[Symbol.asyncIterator]();
        // Whoever makes them is told to stop when nobody waits any more.
        signal.addEventListener("abort", () => {
          parts.return?.()?.catch((error) => this.#host.onError(error));
        });
        let part = await parts.next();
        for (; !part.done; part = await parts.next()) {
          await answer(part.value, false);
        }
        // What a generator returns, if anything.
        if (part.value !== undefined) await answer(part.value, true);
        else if (!signal.aborted) this.#send(requestId, null, true);
      } else await answer(outcome, true);
    } catch (error) {
      // Invalid or too long; what the application throws is its own business.
      if (error instanceof SenteError) this.#host.onError(error);
      // Its message and no more: a stack is nobody else's business.
      const said = `${error instanceof Error ? error.message : error}`;
      const message = said.slice(0, MAX_MESSAGE_LENGTH);
      if (!signal.aborted) this.#send(requestId, { message }, true, true);
    } finally {
      settle();
    }
  }

  /** A requester has cancelled. */
  cancel(requestId: string): void {
    this.#running.get(requestId)?.abort();
  }

  /** The connection is lost: nobody waits for these answers. */
  lost(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #send(
    requestId: string,
    data: unknown,
    final: boolean,
    error?: boolean,
  ): void {
    this.#host.send(
      { type: "rpc-response", "request-id": requestId, final, error },
      toJson(data),
      (reply) => this.#sent(reply),
    );
  }

  #sent(reply: ServerFrame | undefined): void {
    const { reason } = refusalOf(reply);
    // That it came too late is nobody's fault.
    if (reason === undefined || reason === "request-not-found") return;
    this.#host.onError(failure(reason, `respond on "${this.#host.id}"`));
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === "object" && value !== null && Symbol.asyncIterator in value
  );
}
