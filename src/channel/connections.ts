/**
 * The sockets of a channel: who is connected, who is subscribed and in which
 * order, who is asked next, and who is away and may come back.
 *
 * @module
 */
import { Tally } from "../access/tally.ts";
import type { Connection } from "./connection.ts";

/** How long a connection that broke off may take to come back, in ms. */
export const AWAY_MS = 5_000;

export class Connections {
  readonly #byId = new Map<string, Connection>();
  /** In order of subscription, once sorted. */
  readonly #subscribers = new Map<string, Connection>();
  readonly #clock: () => number;
  readonly #changed = new Set<Connection>();
  readonly #away = new Map<string, number>();
  /** How many of the subscribers may not answer requests. */
  #mute = 0;
  /** Those whose tokens end. */
  readonly #expiring = new Set<Connection>();
  /** Clients on the channel's own path, by user and by address. */
  readonly #users = new Tally();
  readonly #addresses = new Tally();
  #version = 0;
  /** The order of the subscriber asked last, and who keeps it. */
  #cursor = 0;
  #cursorKeeper: Connection | undefined;
  #lastOrder = 0;
  #sorted = true;

  /**
   * @param connections as they were before hibernation, in any order.
   * @param clock now, in ms.
   */
  constructor(
    connections: readonly Connection[],
    clock: () => number = Date.now,
  ) {
    this.#clock = clock;
    for (const connection of connections) {
      this.#watch(connection);
      if (connection.cursor === undefined) continue;
      this.#cursor = connection.cursor;
      this.#cursorKeeper = connection;
    }
    for (const connection of connections) {
      if (!connection.subscribed) continue;
      this.#subscribers.set(connection.id, connection);
      if (!connection.mayRespond) this.#mute++;
      this.#lastOrder = Math.max(this.#lastOrder, connection.order ?? 0);
    }
    this.#sorted = false;
    this.#lastOrder = Math.max(this.#lastOrder, this.#cursor);
  }

  /** Changes whenever somebody subscribes or leaves. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byId.size;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** How many subscribers may answer requests. */
  get responderCount(): number {
    return this.#subscribers.size - this.#mute;
  }

  /** In order of subscription. */
  *responders(): Iterable<Connection> {
    for (const connection of this.subscribers()) {
      if (connection.mayRespond) yield connection;
    }
  }

  all(): Iterable<Connection> {
    return this.#byId.values();
  }

  /** In order of subscription. */
  subscribers(): Iterable<Connection> {
    if (!this.#sorted) this.#sort();
    return this.#subscribers.values();
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  /** Those whose tokens end. */
  get expiring(): Iterable<Connection> {
    return this.#expiring;
  }

  /** How many clients on the channel's own path are a user's. */
  ofUser(userId: string | null): number {
    return this.#users.count(userId);
  }

  /** And how many have an address. */
  ofAddress(address: string | null): number {
    return this.#addresses.count(address);
  }

  add(connection: Connection): void {
    this.#watch(connection);
    this.#changed.add(connection);
    this.#away.delete(connection.id);
  }

  /** Has everything kept that must survive hibernation. */
  keepChanged(): void {
    for (const connection of this.#changed) connection.keep();
    this.#changed.clear();
  }

  /** Forgets a connection that is gone; it must not be subscribed any more. */
  remove(connection: Connection): void {
    if (this.#byId.get(connection.id) === connection) {
      this.#byId.delete(connection.id);
    }
    this.#expiring.delete(connection);
    this.#tally(connection, -1);
  }

  /** @param order its place before a crash, to which it comes back. */
  subscribe(connection: Connection, order = this.#nextOrder()): void {
    if (connection.subscribed) return;
    if (order <= this.#lastOrder) this.#sorted = false;
    this.#lastOrder = Math.max(this.#lastOrder, order);
    connection.order = order;
    this.#subscribers.set(connection.id, connection);
    if (!connection.mayRespond) this.#mute++;
    this.#version++;
  }

  /** Has `change` alter what a connection may do. */
  regrant(connection: Connection, change: () => void): void {
    const could = connection.mayRespond;
    change();
    const can = connection.mayRespond;
    if (!connection.subscribed || could === can) return;
    this.#mute += can ? -1 : 1;
    this.#version++;
  }

  unsubscribe(connection: Connection): void {
    if (!connection.subscribed) return;
    connection.order = null;
    this.#subscribers.delete(connection.id);
    if (!connection.mayRespond) this.#mute--;
    this.#version++;
    if (connection.cursor === undefined) return;
    // Somebody who stays must remember who was asked last.
    connection.cursor = undefined;
    this.#cursorKeeper = undefined;
    const [heir] = this.subscribers();
    if (heir !== undefined) this.#keepCursor(heir);
  }

  /**
   * The subscriber to ask next: among those with the fewest open requests, the
   * next in order of subscription after the one asked last.
   *
   * @param except the requester, who is never asked.
   * @param openRequests how many open requests a subscriber was asked.
   */
  next(
    except: Connection | undefined,
    openRequests: (connection: Connection) => number,
  ): Connection | undefined {
    let best: Connection | undefined;
    let bestRank: readonly [number, boolean] = [0, false];
    for (const connection of this.responders()) {
      if (connection === except) continue;
      const wrapped = (connection.order ?? 0) <= this.#cursor;
      const open = openRequests(connection);
      const [bestOpen, bestWrapped] = bestRank;
      const better =
        best === undefined ||
        open < bestOpen ||
        (open === bestOpen && bestWrapped && !wrapped);
      if (!better) continue;
      best = connection;
      bestRank = [open, wrapped];
    }
    if (best !== undefined) this.#moveCursor(best);
    return best;
  }

  /** Ids of connections that broke off and are waited for. */
  get away(): ReadonlyMap<string, number> {
    return this.#away;
  }

  /** Waits for a connection to come back until a time in ms. */
  waitFor(id: string, until: number): void {
    this.#away.set(id, until);
  }

  /** Forgets those who did not come back in time, and returns their ids. */
  takeLost(now: number): string[] {
    const lost = [...this.#away]
      .filter(([, until]) => until <= now)
      .map(([id]) => id);
    for (const id of lost) this.#away.delete(id);
    return lost;
  }

  #moveCursor(asked: Connection): void {
    if (this.#cursorKeeper !== undefined) this.#cursorKeeper.cursor = undefined;
    this.#cursor = asked.order ?? 0;
    this.#keepCursor(asked);
  }

  /** By time: behind all who may yet come back from before a crash. */
  #nextOrder(): number {
    return Math.max(this.#lastOrder + 1, this.#clock());
  }

  #sort(): void {
    const subscribers = [...this.#subscribers.values()];
    subscribers.sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
    this.#subscribers.clear();
    for (const each of subscribers) this.#subscribers.set(each.id, each);
    this.#sorted = true;
  }

  #keepCursor(keeper: Connection): void {
    this.#cursorKeeper = keeper;
    keeper.cursor = this.#cursor;
  }

  #tally({ identity, upstream }: Connection, change: 1 | -1): void {
    // A session is counted where it ends.
    if (upstream) return;
    this.#users.add(identity["user-id"], change);
    this.#addresses.add(identity.address, change);
  }

  #watch(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    if (connection.expiresAt !== null) this.#expiring.add(connection);
    this.#tally(connection, 1);
    connection.onChange = (changed) => this.#changed.add(changed);
  }
}
