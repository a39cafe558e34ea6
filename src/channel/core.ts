/**
 * A channel's decisions: what every frame, every arrival and departure and
 * every deadline does. It knows no socket and no platform; its host feeds it
 * events and then flushes.
 *
 * @module
 */
import {
  type ClientFrameOf,
  isAskingForMuch,
} from "../protocol/client-frames.ts";
import { encode } from "../protocol/codec.ts";
import {
  CLOSE_CODES,
  type CloseCode,
  type ErrorReason,
} from "../protocol/reasons.ts";
import {
  authenticateResult,
  echo,
  errorFrame,
  MAX_VIOLATIONS,
  MISSED_HEARTBEATS,
  pong,
  TOO_MANY_VIOLATIONS,
  welcome,
} from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { logError } from "../telemetry/sink.ts";
import type { Connection } from "./connection.ts";
import { AWAY_MS } from "./connections.ts";
import { idleAt, remove, sweepLog } from "./lifetime.ts";
import { type Arrival, Pacing } from "./pacing.ts";
import { publishFrame } from "./publishing.ts";
import {
  cancel,
  connectionGone,
  expireRequests,
  request,
  respond,
} from "./requests.ts";
import type { ChannelState } from "./state.ts";
import { leave, resume, subscribe, unsubscribe } from "./subscribing.ts";

/** When a frame that came too early may be sent again, in ms. */
const RETRY_AFTER_MS = 1_000;

/** What the core cannot answer itself. */
export interface CoreHooks {
  /** Answers `list-channels`, later, with `ChannelCore.answer`. */
  listChannels(
    connection: Connection,
    frame: ClientFrameOf<"list-channels">,
  ): void;
}

export class ChannelCore {
  readonly state: ChannelState;
  readonly #hooks: CoreHooks;
  #lookedAt = 0;
  /** Those who wait for a list of channels. */
  readonly #listing = new WeakSet<Connection>();
  readonly #pacing = new Pacing();

  constructor(state: ChannelState, hooks: CoreHooks) {
    this.state = state;
    this.#hooks = hooks;
  }

  /** Whether the next flush has anything to do. */
  get pending(): boolean {
    const { outbox, dirty } = this.state;
    return outbox.pending || dirty || this.#pacing.pending;
  }

  /** A socket was opened. */
  connect(connection: Connection): void {
    const { connections, settings, outbox, now, telemetry } = this.state;
    const replaced = connections.get(connection.id);
    if (replaced !== undefined) {
      replaced.closed = true;
      leave(this.state, replaced);
      this.#forget(replaced);
      const reason = "replaced by a newer socket";
      outbox.close(replaced, CLOSE_CODES.restart, reason);
    }
    connections.add(connection);
    if (connection.upstream) return;
    const { id, userId } = connection;
    outbox.send(connection, encode(welcome(id, userId, settings, now)));
    telemetry.emit("sente-lite.server/connection-added", () => ({
      "conn-id": id,
      via: "direct",
    }));
  }

  /**
   * A socket is gone.
   *
   * @param broken whether it broke off, so that a session may come back.
   */
  disconnect(connection: Connection, code: number, broken: boolean): void {
    const { connections, calls, now, telemetry } = this.state;
    if (connections.get(connection.id) !== connection) return;
    leave(this.state, connection);
    this.#forget(connection);
    const expected =
      calls.involves(connection.id) || this.state.holdsFor(connection.id);
    if (broken && connection.upstream && expected) {
      const until = now + AWAY_MS;
      connections.waitFor(connection.id, until);
      this.state.change({ awayUntil: until });
    } else {
      connectionGone(this.state, connection.id);
    }
    if (connection.upstream) return;
    telemetry.emit("sente-lite.server/connection-removed", () => ({
      "conn-id": connection.id,
      via: "direct",
      code,
    }));
  }

  /** A frame arrived. */
  receive(connection: Connection, arrival: Arrival): void {
    const deferred = this.#pacing.defer(connection, arrival);
    if (deferred === false) {
      this.#handleSafely(connection, arrival);
    } else if (deferred === "flooded") {
      const reason = "too many frames before the subscription is answered";
      this.#close(connection, CLOSE_CODES.policy, reason);
    }
  }

  /** Refuses a message that could not be read as frames. */
  refuseMessage(
    connection: Connection,
    error: ServerFrame & { type: "error" },
  ): void {
    const { reason, message } = error;
    const original = undefined;
    const refused = { kind: "refused", reason, message, original } as const;
    this.receive(connection, { ...refused, ref: undefined });
    if (error.reason !== "frame-too-large") return;
    this.#close(connection, CLOSE_CODES.tooLarge, error.reason);
  }

  /** Sends an answer that had to be waited for. */
  answer(connection: Connection, frame: ServerFrame): void {
    this.#listing.delete(connection);
    if (this.state.connections.get(connection.id) === connection) {
      this.state.reply(connection, frame);
    }
  }

  /** Lets those go on who wait for their replay. To be called on a flush. */
  proceed(): void {
    this.#pacing.proceed((connection, arrival) =>
      this.receive(connection, arrival),
    );
    if (!this.#pacing.pending) this.state.existing?.log.release();
  }

  /**
   * Closes sockets whose heartbeats have stopped. They are answered without
   * waking the channel, so only looking at their times finds that out.
   */
  closeSilent(): void {
    const { connections, settings, outbox, now } = this.state;
    if (now < this.#lookedAt + settings.HEARTBEAT_MS) return;
    this.#lookedAt = now;
    const latest = now - MISSED_HEARTBEATS * settings.HEARTBEAT_MS;
    for (const connection of connections.all()) {
      const heartbeat = connection.socket.lastHeartbeatAt();
      if (heartbeat === undefined) continue;
      if (Math.max(heartbeat, connection.heardAt) >= latest) continue;
      const { heartbeatMissed } = CLOSE_CODES;
      outbox.close(connection, heartbeatMissed, "heartbeat missed");
    }
  }

  /** Does what is due. To be called when the alarm comes, however late. */
  due(): void {
    const { state } = this;
    state.deadlines.found(undefined);
    expireRequests(state);
    for (const id of state.connections.takeLost(state.now)) {
      connectionGone(state, id);
    }
    const expiresAt = state.existing?.log.expiresAt;
    if (expiresAt !== undefined && expiresAt <= state.now) sweepLog(state);
    const idle = idleAt(state);
    if (idle !== undefined && idle <= state.now) remove(state, "idle");
  }

  /** Whether something is to be written that need not be, for now. */
  get stale(): boolean {
    return this.state.calls.stale;
  }

  /** Whether something must be written before anything is sent. */
  get dirty(): boolean {
    return this.state.dirty || this.#awaitsInVain;
  }

  /** Writes all that waits, and arms the alarm. */
  commit(): void {
    if (this.#awaitsInVain) this.state.change({ awayUntil: null });
    this.state.commit();
    this.arm();
  }

  /** Whether it is on record that somebody is awaited, but nobody is. */
  get #awaitsInVain(): boolean {
    const { connections, existing } = this.state;
    const awaited = existing?.record.awayUntil ?? null;
    return awaited !== null && connections.away.size === 0;
  }

  /** Arms the alarm for the earliest deadline. */
  arm(): void {
    const { state } = this;
    const { connections, deadlines } = state;
    deadlines.set("calls", state.calls.earliestDeadline);
    const away = [...connections.away.values()];
    deadlines.set("away", away.length === 0 ? undefined : Math.min(...away));
    deadlines.set("idle", idleAt(state));
    deadlines.set("trim", state.existing?.log.expiresAt);
    deadlines.arm();
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
    const { state } = this;
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
      case "resume":
        this.#pacing.replay(connection, arrival, () =>
          resume(state, connection, arrival.resume),
        );
        return;
      case "frame":
        this.#route(connection, arrival);
        return;
    }
  }

  #route(connection: Connection, arrival: Arrival & { kind: "frame" }): void {
    const { state } = this;
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
        this.#pacing.replay(connection, arrival, () =>
          subscribe(state, connection, frame),
        );
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
        state.reply(connection, authenticateResult(frame));
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

  #acknowledge(connection: Connection, { seq }: ClientFrameOf<"ack">): void {
    const { existing, backpressure } = this.state;
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
    const unanswered = arrival.kind === "resume" || frame?.type === "ack";
    if (unanswered) this.state.outbox.send(connection, encode(error));
    else this.state.reply(connection, error);
  }

  /** Closes a connection; nothing that it sent behind this is done. */
  #close(connection: Connection, code: CloseCode, reason: string): void {
    connection.closed = true;
    this.state.outbox.close(connection, code, reason);
  }

  #refuse(connection: Connection, error: ServerFrame & { type: "error" }) {
    if (connection.closed) return;
    this.state.reply(connection, error);
    connection.violations++;
    if (connection.violations < MAX_VIOLATIONS) return;
    const { policy } = CLOSE_CODES;
    this.#close(connection, policy, TOO_MANY_VIOLATIONS);
  }

  #routed(connection: Connection, type: string): void {
    if (connection.upstream) return;
    this.state.telemetry.emit("sente-lite.server/message-routing", () => ({
      "conn-id": connection.id,
      "message-type": type,
    }));
  }

  #forget(connection: Connection): void {
    this.state.connections.remove(connection);
    this.state.outbox.drop(connection);
    this.#pacing.forget(connection);
  }
}

/** What is answered with much and costs little does not show any reading. */
function isSignOfLife(arrival: Arrival): boolean {
  if (arrival.kind === "resume") return false;
  if (arrival.kind !== "frame") return true;
  return !isAskingForMuch(arrival.frame);
}
