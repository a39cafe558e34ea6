/**
 * Subscriptions for those who cannot open a socket: a session whose client is
 * a stream of server-sent events. It ends with its reader, and leaves the
 * channel's object free to hibernate.
 *
 * @module
 */
import { allows } from "../access/grants.ts";
import { Policy } from "../access/policy.ts";
import type { Principal } from "../access/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import { COMMENT, retryField } from "../protocol/event-stream.ts";
import { newConnId } from "../protocol/names.ts";
import type { Operation } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { Attendance } from "../session/attendance.ts";
import {
  EventFeed,
  type Refusal,
  type Step,
  type Subscribing,
} from "../session/event-feed.ts";
import { EventQueue } from "../session/event-queue.ts";
import { guarded } from "../session/guarded.ts";
import { createSession } from "../session/host.ts";
import type { Session } from "../session/session.ts";

/** The stream, or why there is none. */
export type EventsOutcome =
  | { ok: true; body: ReadableStream<Uint8Array> }
  | { ok: false; refusal: Refusal };

/** Who reads. */
export interface Reader {
  readonly principal: Principal;
  /** Where it is known. */
  readonly address: string | null;
  /** Is aborted when the reader has gone, where the platform tells. */
  readonly signal: AbortSignal;
}

/** Subscribes, and resolves once that has succeeded or failed. */
export function openEvents(
  env: Env,
  ctx: ExecutionContext,
  subscribing: Subscribing,
  reader: Reader,
): Promise<EventsOutcome> {
  const { promise, resolve } = Promise.withResolvers<EventsOutcome>();
  const events = new Events(env, ctx, subscribing, reader, resolve);
  events.begins();
  const { signal } = reader;
  signal.addEventListener("abort", () => events.abandon(), { once: true });
  if (signal.aborted) events.abandon();
  return promise;
}

/** What a reader can do at all: it cannot answer, so that nobody asks it. */
const POSSIBLE: readonly Operation[] = ["subscribe", "history", "create"];

/** One reader's stream, from the question for it to its end. */
class Events {
  readonly #env: Env;
  readonly #ctx: ExecutionContext;
  readonly #resolve: (outcome: EventsOutcome) => void;
  readonly #feed: EventFeed;
  readonly #queue: EventQueue;
  readonly #session: Session;
  readonly #attendance: Attendance;
  /** Resolved when all is over, so that the invocation lasts until then. */
  readonly #over = Promise.withResolvers<void>();
  #started = false;
  /** Whether nobody reads any more. */
  #abandoned = false;
  #ending: number | null = null;

  constructor(
    env: Env,
    ctx: ExecutionContext,
    subscribing: Subscribing,
    { principal, address }: Reader,
    resolve: (outcome: EventsOutcome) => void,
  ) {
    this.#env = env;
    this.#ctx = ctx;
    this.#resolve = resolve;
    const { channelId } = subscribing;
    this.#feed = new EventFeed(subscribing);
    this.#queue = new EventQueue(settingsOf(env), (seq) =>
      guarded(this.#session, () =>
        this.#session.request({ type: "ack", "channel-id": channelId, seq }),
      ),
    );
    const identity = {
      connId: newConnId(Date.now()),
      principal: asReader(principal, channelId),
      batch: false,
      via: "http",
      address,
    } as const;
    this.#session = createSession(env, identity, {
      send: (message) => this.#does(this.#feed.take(message)),
      close: (code, reason) => {
        this.#attendance.ends(code);
        // Who comes back is handed it again.
        if (code === CLOSE_CODES.tooSlow) this.#queue.clears();
        this.#does(this.#feed.closed(code, reason));
      },
    });
    this.#attendance = new Attendance(env, ctx, identity, this.#session);
  }

  begins(): void {
    this.#ctx.waitUntil(this.#over.promise);
    this.#attendance.begins(() => this.#comments());
    guarded(this.#session, () => this.#session.request(this.#feed.subscribe));
  }

  /** The reader has gone. */
  abandon(): void {
    this.#abandoned = true;
    this.#attendance.ends(CLOSE_CODES.goingAway);
    this.#queue.clears();
    this.#finish();
    this.#resolve({ ok: false, refusal: { reason: "unavailable" } });
  }

  #does(step: Step): void {
    switch (step.kind) {
      case "says":
        if (step.events.length === 0) return;
        if (!this.#started) this.#start();
        this.#queue.add(...step.events);
        return;
      case "asks":
        this.#session.request(step.frame);
        return;
      case "refused":
        this.#end();
        this.#resolve({ ok: false, refusal: step.refusal });
        return;
      case "ends":
        this.#queue.add(...step.events);
        this.#end();
        return;
    }
  }

  #start(): void {
    this.#started = true;
    this.#queue.add({ text: retryField(Math.random()) });
    const source: UnderlyingSource<Uint8Array> = {
      pull: (controller) => this.#hand(controller),
      cancel: () => this.abandon(),
    };
    // Nothing is taken before it is asked for: what was asked for was read.
    const body = new ReadableStream(source, { highWaterMark: 0 });
    this.#resolve({ ok: true, body });
  }

  async #hand(
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    const chunk = await this.#queue.next();
    if (this.#abandoned) return;
    if (chunk !== undefined) {
      controller.enqueue(chunk);
      return;
    }
    controller.close();
    this.#finish();
  }

  /** While there is something to be read, nothing more is needed. */
  #comments(): void {
    if (this.#started && this.#queue.isEmpty) {
      this.#queue.add({ text: COMMENT });
    }
  }

  /** The session is over; what is waiting can still be read, for a while. */
  #end(): void {
    this.#attendance.ends(CLOSE_CODES.normal);
    this.#queue.ends();
    if (!this.#started || this.#abandoned) {
      this.#finish();
      return;
    }
    // A connection that is not read cannot be ended, but it can be made to
    // cost nothing.
    const { HEARTBEAT_MS } = settingsOf(this.#env);
    this.#ending = setTimeout(() => this.#queue.clears(), HEARTBEAT_MS);
  }

  #finish(): void {
    clearTimeout(this.#ending);
    this.#over.resolve();
  }
}

function asReader(principal: Principal, channelId: string): Principal {
  const granted = principal.policy.on(channelId);
  const grants = POSSIBLE.filter((operation) => allows(granted, operation));
  // It uses that channel alone.
  return { ...principal, policy: Policy.of({ "*": grants }) };
}
