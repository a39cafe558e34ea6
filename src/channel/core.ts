/**
 * A channel's decisions: what every arrival and departure and every deadline
 * does; what every frame does is beside it (`routing.ts`). It knows no socket
 * and no platform; its host feeds it events and then flushes.
 *
 * @module
 */
import { encode } from "../protocol/codec.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { MISSED_HEARTBEATS, welcome } from "../protocol/replies.ts";
import { expireTokens, tokensDue } from "./authorization.ts";
import type { Connection, Opening } from "./connection.ts";
import { AWAY_MS } from "./connections.ts";
import { idleAt, remove, sweepLog } from "./lifetime.ts";
import { connectionGone, expireRequests } from "./requests.ts";
import { Routing, type RoutingHooks } from "./routing.ts";
import type { ChannelState } from "./state.ts";
import { leave } from "./subscribing.ts";

export class ChannelCore {
  readonly state: ChannelState;
  /** What becomes of each frame. */
  readonly routing: Routing;
  #lookedAt = 0;

  constructor(state: ChannelState, hooks: RoutingHooks) {
    this.state = state;
    this.routing = new Routing(state, hooks);
    state.deadlines.set("tokens", tokensDue(state.connections.expiring));
  }

  /** Whether the next flush has anything to do. */
  get pending(): boolean {
    const { outbox, dirty } = this.state;
    return outbox.pending || dirty || this.routing.pending;
  }

  /** Whether there are too many of somebody's connections for one more. */
  isCrowded(opening: Opening): boolean {
    const { connections, settings } = this.state;
    const { via, address, "user-id": userId } = opening;
    const { MAX_USER_CONNECTIONS, MAX_ADDRESS_CONNECTIONS } = settings;
    return (
      via === "direct" &&
      (connections.ofUser(userId) >= MAX_USER_CONNECTIONS ||
        connections.ofAddress(address) >= MAX_ADDRESS_CONNECTIONS)
    );
  }

  /** Closes all connections of a user on the channel's own path. */
  disconnectUser(userId: string, reason: string): number {
    const theirs = [...this.state.connections.all()].filter(
      (each) => !each.upstream && each.userId === userId,
    );
    for (const each of theirs)
      this.state.close(each, CLOSE_CODES.policy, reason);
    return theirs.length;
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
    const isBack =
      replaced !== undefined || connections.away.has(connection.id);
    connections.add(connection);
    if (connection.upstream) {
      // What it waits for is known when it has said how far it came.
      if (isBack) this.state.holdFor(connection.id);
      return;
    }
    const { id, userId } = connection;
    outbox.send(connection, encode(welcome(id, userId, settings, now)));
    telemetry.emit("sente-lite.server/connection-added", () => ({
      "conn-id": id,
      via: "direct",
    }));
    expireTokens(this.state, [connection]);
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
    state.deadlines.set("tokens", undefined);
    expireTokens(state, [...state.connections.expiring]);
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

  #forget(connection: Connection): void {
    this.state.connections.remove(connection);
    this.state.outbox.drop(connection);
    this.routing.forget(connection);
  }
}
