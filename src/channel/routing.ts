/**
 * What every frame of a connection does, and what sessions say of themselves.
 *
 * @module
 */
import type { Renewal } from "../access/authenticator.ts";
import { FrameLimit, type TooSoon } from "../access/frame-limit.ts";
import { allows } from "../access/grants.ts";
import { Renewals } from "../access/renewals.ts";
import {
  type ClientFrameOf,
  isAskingForMuch,
} from "../protocol/client-frames.ts";
import { encode } from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import { CLOSE_CODES, type ErrorReason } from "../protocol/reasons.ts";
import {
  echo,
  errorFrame,
  MAX_VIOLATIONS,
  pong,
  refOfInbound,
  TOO_MANY_VIOLATIONS,
} from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { logError } from "../telemetry/sink.ts";
import { regrant, renewed } from "./authorization.ts";
import type { Connection } from "./connection.ts";
import { type Arrival, Pacing } from "./pacing.ts";
import { publishFrame } from "./publishing.ts";
import { cancel, request, respond } from "./requests.ts";
import type { ChannelState } from "./state.ts";
import { resume, subscribe, unsubscribe } from "./subscribing.ts";

/** When a frame that came too early may be sent again, in ms. */
const RETRY_AFTER_MS = 1_000;

/** What cannot be answered here. */
export interface RoutingHooks {
  /** Answers `list-channels`, later, with `Routing.answer`. */
  listChannels(
    connection: Connection,
    frame: ClientFrameOf<"list-channels">,
  ): void;
  /** Looks at a token, later calling `Routing.renewed`. */
  renew(connection: Connection, frame: ClientFrameOf<"authenticate">): void;
  /**
   * Asks whether a user may create one more channel, later calling
   * `Routing.mayCreate`.
   */
  askToCreate(connection: Connection, userId: string): void;
}

export class Routing {
  readonly #state: ChannelState;
  readonly #hooks: RoutingHooks;
  /** Those who wait for a list of channels, and the tokens that they renew. */
  readonly #listing = new WeakSet<Connection>();
  readonly #renewals = new WeakMap<Connection, Renewals>();
  /** Who was told whether the channel may be created. */
  readonly #mayCreate = new WeakMap<Connection, boolean>();
  /** Frames that each client on the channel's own path may send. */
  readonly #frames = new WeakMap<Connection, FrameLimit>();
  readonly #pacing = new Pacing();

  constructor(state: ChannelState, hooks: RoutingHooks) {
    this.#state = state;
    this.#hooks = hooks;
  }

  /** Whether somebody waits whose turn may have come. */
  get pending(): boolean {
    return this.#pacing.pending;
  }

  /**
   * A message begins, whose frames are next.
   *
   * @returns whether it is to be read: arrays that come too soon are refused
   * unread, as they would cost their sender far less than the server.
   */
  begins(connection: Connection, message: string): boolean {
    if (connection.upstream) return true;
    const isArray = !message.trimStart().startsWith("{");
    const tooSoon = this.#limitOf(connection).begins(isArray, this.#state.now);
    if (tooSoon !== undefined) this.#answerTooSoon(connection, tooSoon);
    return tooSoon === undefined;
  }

  /** A frame arrived. */
  receive(connection: Connection, arrival: Arrival): void {
    if (connection.closed) return;
    if (!connection.upstream && arrival.kind !== "session") {
      const ref =
        arrival.kind === "overflow" ? undefined : refOfInbound(arrival);
      const tooSoon = this.#limitOf(connection).take(this.#state.now, ref);
      if (tooSoon !== undefined) {
        this.#answerTooSoon(connection, tooSoon);
        return;
      }
    }
    this.#take(connection, arrival);
  }

  #take(connection: Connection, arrival: Arrival): void {
    const deferred = this.#pacing.defer(connection, arrival);
    if (deferred === false) {
      this.#handleSafely(connection, arrival);
    } else if (deferred === "flooded") {
      const reason = "too many frames before the subscription is answered";
      this.#state.close(connection, CLOSE_CODES.policy, reason);
    }
  }

  /** Refuses a message that could not be read as frames. */
  refuseMessage(
    connection: Connection,
    error: ServerFrame & { type: "error" },
  ): void {
    const { reason, message } = error;
    const original = undefined;
    this.#limitOf(connection).begins(false, this.#state.now);
    const refused = { kind: "refused", reason, message, original } as const;
    this.receive(connection, { ...refused, ref: undefined });
    if (error.reason !== "frame-too-large") return;
    this.#state.close(connection, CLOSE_CODES.tooLarge, error.reason);
  }

  /** A token was looked at. */
  renewed(
    connection: Connection,
    ref: Ref | undefined,
    renewal: Renewal,
  ): void {
    this.#renewals.get(connection)?.end();
    if (this.#state.connections.get(connection.id) === connection) {
      renewed(this.#state, connection, ref, renewal);
    }
  }

  /** Whether a user may create the channel is known now. */
  mayCreate(connection: Connection, answer: boolean): void {
    this.#mayCreate.set(connection, answer);
    this.#pacing.release(connection);
  }

  /** Sends an answer that had to be waited for. */
  answer(connection: Connection, frame: ServerFrame): void {
    this.#listing.delete(connection);
    if (this.#state.connections.get(connection.id) === connection) {
      this.#state.reply(connection, frame);
    }
  }

  /** Lets those go on who wait for their replay. To be called on a flush. */
  proceed(): void {
    this.#pacing.proceed((connection, arrival) =>
      this.#take(connection, arrival),
    );
    if (!this.#pacing.pending) this.#state.existing?.log.release();
  }

  /** Drops what waits for a connection that is gone. */
  forget(connection: Connection): void {
    this.#pacing.forget(connection);
  }

  /** Whatever a frame holds, its sender must not wait for ever. */
  #handleSafely(connection: Connection, arrival: Arrival): void {
    try {
      this.#handle(connection, arrival);
    } catch (error) {
      logError("channel frame", error);
      const message = "the server failed to handle this frame";
      this.#failFrame(connection, arrival, "internal-error", message);
    }
  }

  #handle(connection: Connection, arrival: Arrival): void {
    const state = this.#state;
    if (connection.closed) return;
    if (isSignOfLife(arrival)) {
      state.backpressure.heard(connection, state.now);
    }
    switch (arrival.kind) {
      case "overflow": {
        const message = "wait until the subscription is answered";
        const retry = { "retry-after-ms": RETRY_AFTER_MS };
        const { arrival: early } = arrival;
        this.#failFrame(connection, early, "rate-limited", message, retry);
        return;
      }
      case "refused": {
        const { reason, message, ref } = arrival;
        this.#refuse(connection, errorFrame(reason, message, ref));
        return;
      }
      case "unknown":
        connection.violations = 0;
        state.reply(connection, echo(arrival, connection.id, state.now));
        this.#routed(connection, "echo");
        return;
      case "session":
        this.#hear(connection, arrival);
        return;
      case "frame":
        this.#route(connection, arrival);
        return;
    }
  }

  /** A session says something of itself. */
  #hear(connection: Connection, arrival: Arrival & { kind: "session" }): void {
    const { message } = arrival;
    switch (message.type) {
      case "$resume":
        this.#pacing.replay(connection, arrival, () =>
          resume(this.#state, connection, message),
        );
        break;
      case "$grants":
        regrant(this.#state, connection, message.grants);
        break;
    }
  }

  #subscribe(
    connection: Connection,
    frame: ClientFrameOf<"subscribe">,
    arrival: Arrival,
  ): void {
    const state = this.#state;
    const { userId, grants } = connection;
    const answer = this.#mayCreate.get(connection);
    this.#mayCreate.delete(connection);
    const creates =
      state.existing === undefined &&
      state.settings.autoCreate &&
      allows(grants, "subscribe") &&
      allows(grants, "create");
    if (!creates || userId === null || answer === true) {
      this.#pacing.replay(connection, arrival, () =>
        subscribe(state, connection, frame),
      );
    } else if (answer === undefined) {
      this.#pacing.hold(connection, arrival);
      this.#hooks.askToCreate(connection, userId);
    } else {
      state.reply(connection, {
        type: "subscription-result",
        ref: frame.ref,
        "channel-id": state.id,
        success: false,
        reason: "too-many-channels",
      });
    }
  }

  #limitOf(connection: Connection): FrameLimit {
    let limit = this.#frames.get(connection);
    if (limit === undefined) {
      limit = new FrameLimit(this.#state.settings);
      this.#frames.set(connection, limit);
    }
    return limit;
  }

  #answerTooSoon(connection: Connection, { error, counts }: TooSoon): void {
    this.#state.counters.limited("frames");
    if (counts) this.#refuse(connection, error);
    else this.#state.reply(connection, error);
  }

  #route(connection: Connection, arrival: Arrival & { kind: "frame" }): void {
    const state = this.#state;
    const { frame } = arrival;
    const named = "channel-id" in frame ? frame["channel-id"] : undefined;
    if (named !== undefined && named !== state.id) {
      const message = `this socket is for the channel ${JSON.stringify(state.id)} alone`;
      const error = errorFrame("wrong-channel", message, frame.ref);
      this.#refuse(connection, error);
      return;
    }
    connection.violations = 0;
    this.#routed(connection, frame.type);
    switch (frame.type) {
      case "subscribe":
        this.#subscribe(connection, frame, arrival);
        break;
      case "unsubscribe":
        unsubscribe(state, connection, frame);
        break;
      case "publish":
        publishFrame(state, connection, frame);
        break;
      case "ack":
        this.#acknowledge(connection, frame);
        break;
      case "rpc-request":
        request(state, connection, frame);
        break;
      case "rpc-response":
        respond(state, connection, frame);
        break;
      case "rpc-cancel":
        cancel(state, connection, frame);
        break;
      case "ping":
        state.reply(connection, pong(frame, state.now));
        break;
      case "pong":
        break;
      case "authenticate":
        this.#renew(connection, frame);
        break;
      case "list-channels":
        if (this.#listing.has(connection)) {
          const message = "wait for the list that was asked for";
          this.#refuse(
            connection,
            errorFrame("rate-limited", message, frame.ref),
          );
          break;
        }
        this.#listing.add(connection);
        this.#hooks.listChannels(connection, frame);
        break;
      case "get-subscriptions": {
        const subscriptions = connection.subscribed ? [state.id] : [];
        const type = "subscription-list";
        state.reply(connection, { type, ref: frame.ref, subscriptions });
        break;
      }
    }
  }

  #renew(connection: Connection, frame: ClientFrameOf<"authenticate">): void {
    const renewals = this.#renewals.get(connection) ?? new Renewals();
    this.#renewals.set(connection, renewals);
    const refused = renewals.begin(frame, this.#state.now);
    if (refused === undefined) this.#hooks.renew(connection, frame);
    else this.#refuse(connection, refused);
  }

  #acknowledge(connection: Connection, { seq }: ClientFrameOf<"ack">): void {
    const { existing, backpressure } = this.#state;
    if (existing === undefined || !connection.subscribed) return;
    backpressure.acknowledged(connection, seq, existing.log.seq);
  }

  #failFrame(
    connection: Connection,
    arrival: Arrival,
    reason: ErrorReason,
    message: string,
    rest: { "retry-after-ms"?: number } = {},
  ): void {
    const frame = arrival.kind === "frame" ? arrival.frame : undefined;
    const error = { ...errorFrame(reason, message, frame?.ref), ...rest };
    // Sessions wait for a reply to everything but these.
    const unanswered = arrival.kind === "session" || frame?.type === "ack";
    if (unanswered) this.#state.outbox.send(connection, encode(error));
    else this.#state.reply(connection, error);
  }

  #refuse(connection: Connection, error: ServerFrame & { type: "error" }) {
    if (connection.closed) return;
    this.#state.reply(connection, error);
    connection.violations++;
    if (connection.violations < MAX_VIOLATIONS) return;
    const { policy } = CLOSE_CODES;
    this.#state.close(connection, policy, TOO_MANY_VIOLATIONS);
  }

  #routed(connection: Connection, type: string): void {
    if (connection.upstream) return;
    this.#state.telemetry.emit("sente-lite.server/message-routing", () => ({
      "conn-id": connection.id,
      "message-type": type,
    }));
  }
}

/** What is answered with much and costs little does not show any reading. */
function isSignOfLife(arrival: Arrival): boolean {
  if (arrival.kind === "session") return false;
  if (arrival.kind !== "frame") return true;
  return !isAskingForMuch(arrival.frame);
}
