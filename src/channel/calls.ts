/**
 * A channel's open RPC requests: who asked, who was asked, until when; and how
 * they are kept (docs/protocol.md §5).
 *
 * Requests of one flush share a row, and so do the subscribers that were asked
 * together: a burst of requests costs a few rows, a request that has ended when
 * it would be written none.
 *
 * @module
 */
import * as v from "valibot";

import type { ChannelStore } from "./store.ts";

/** The most requests that share a row, which is rewritten as they end. */
const MAX_CALLS_A_ROW = 64;

/** The subscribers that were asked together. */
export interface Audience {
  readonly id: number;
  /** The ids of those asked, in order of subscription. */
  readonly members: ReadonlySet<string>;
  /** Those whose sockets are still there. */
  readonly present: Set<string>;
  /** Whether a session is among them. */
  readonly hasSessions: boolean;
  /** Its open requests. */
  readonly calls: Set<Call>;
  stored: boolean;
}

/** An open request. */
export interface Call {
  readonly id: string;
  /** The conn-id of the one who asked. */
  readonly requester: string;
  readonly createdAt: number;
  readonly deadline: number;
  /** One conn-id, or many. */
  readonly asked: string | Audience;
  /**
   * Whether a session asked or was asked: should the object crash, its client
   * is still there, and must neither lose a request nor be told of one that
   * has ended.
   */
  readonly hasSessions: boolean;
  slot: number | undefined;
}

const StoredCalls = v.array(
  v.object({
    id: v.string(),
    requester: v.string(),
    createdAt: v.number(),
    deadline: v.number(),
    asked: v.union([v.string(), v.number()]),
  }),
);

export class Calls {
  readonly #store: ChannelStore;
  readonly #byId = new Map<string, Call>();
  readonly #byRequester = new Map<string, Set<Call>>();
  /** Requests with one recipient, by its conn-id. */
  readonly #byRecipient = new Map<string, Set<Call>>();
  readonly #audiences = new Map<number, Audience>();
  /** The audience of the present subscribers, and of which version they are. */
  #current: { audience: Audience; version: number } | undefined;
  readonly #rows = new Map<number, Set<Call>>();
  readonly #changedRows = new Set<number>();
  /** Open requests that are in no row yet. */
  readonly #unwritten = new Set<Call>();
  /** How many of them a session is part of. */
  #urgent = 0;
  /** Whether one of the ended requests may not stay on record. */
  #mustForget = false;
  #retired: number[] = [];
  /** No request ends before this, in ms. */
  #earliest = Number.POSITIVE_INFINITY;

  /** @param isConnected whether a connection is there after hibernation. */
  constructor(store: ChannelStore, isConnected: (connId: string) => boolean) {
    this.#store = store;
    for (const { id, members } of store.readAudiences()) {
      const present = new Set(members.filter(isConnected));
      const calls = new Set<Call>();
      const rest = { calls, stored: true, hasSessions: true };
      const audience = { id, members: new Set(members), present, ...rest };
      this.#audiences.set(id, audience);
    }
    for (const { slot, body } of store.readCalls()) {
      const row = new Set<Call>();
      this.#rows.set(slot, row);
      for (const { asked, ...rest } of v.parse(StoredCalls, JSON.parse(body))) {
        const recipient =
          typeof asked === "string" ? asked : this.#audiences.get(asked);
        if (recipient === undefined) continue;
        const where = { asked: recipient, hasSessions: true, slot };
        const call: Call = { ...rest, ...where };
        row.add(call);
        this.#index(call);
      }
    }
    for (const audience of this.#audiences.values()) this.#retire(audience);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Whether something must be written before anything is sent. */
  get dirty(): boolean {
    return this.#urgent > 0 || this.#mustForget;
  }

  /**
   * Whether the rows differ from what is open. Where no session takes part
   * that can wait for the next write: a crash takes all sockets as well, and
   * with them everybody whom a request could concern.
   */
  get stale(): boolean {
    return (
      this.#unwritten.size > 0 ||
      this.#changedRows.size > 0 ||
      this.#retired.length > 0
    );
  }

  /** When the first deadline may be, in ms; never too late. */
  get earliestDeadline(): number | undefined {
    return this.#byId.size === 0 ? undefined : this.#earliest;
  }

  all(): Iterable<Call> {
    return this.#byId.values();
  }

  get(id: string): Call | undefined {
    return this.#byId.get(id);
  }

  /** The open requests of one connection. */
  of(requester: string): readonly Call[] {
    return [...(this.#byRequester.get(requester) ?? [])];
  }

  /** How many requests a connection has open. */
  openOf(requester: string): number {
    return this.#byRequester.get(requester)?.size ?? 0;
  }

  /** How many open requests a subscriber was asked. */
  openFor(connId: string): number {
    let open = this.#byRecipient.get(connId)?.size ?? 0;
    for (const { calls, members } of this.#audiences.values()) {
      if (calls.size > 0 && members.has(connId)) open += calls.size;
    }
    // Its own requests it was not asked.
    for (const { asked } of this.#byRequester.get(connId) ?? []) {
      if (typeof asked !== "string" && asked.members.has(connId)) open--;
    }
    return open;
  }

  /**
   * All present subscribers, to be asked together.
   *
   * @param version changes whenever the subscribers do.
   */
  audience(
    version: number,
    subscribers: () => Iterable<{ id: string; upstream: boolean }>,
  ): Audience {
    if (this.#current?.version === version) return this.#current.audience;
    const all = [...subscribers()];
    const members = new Set(all.map(({ id }) => id));
    const hasSessions = all.some(({ upstream }) => upstream);
    const id = Math.max(0, ...this.#audiences.keys(), ...this.#retired) + 1;
    const rest = { calls: new Set<Call>(), stored: false, hasSessions };
    const audience = { id, members, present: new Set(members), ...rest };
    const replaced = this.#current?.audience;
    this.#audiences.set(id, audience);
    this.#current = { audience, version };
    if (replaced !== undefined) this.#retire(replaced);
    return audience;
  }

  open(call: Omit<Call, "slot">): void {
    const opened: Call = { ...call, slot: undefined };
    this.#index(opened);
    this.#unwritten.add(opened);
    if (opened.hasSessions) this.#urgent++;
  }

  /** Forgets a request that has ended. */
  end(call: Call): void {
    if (!this.#byId.delete(call.id)) return;
    removeFrom(this.#byRequester, call.requester, call);
    if (typeof call.asked === "string") {
      removeFrom(this.#byRecipient, call.asked, call);
    } else {
      call.asked.calls.delete(call);
      this.#retire(call.asked);
    }
    if (this.#unwritten.delete(call) && call.hasSessions) this.#urgent--;
    if (call.slot === undefined) return;
    this.#rows.get(call.slot)?.delete(call);
    this.#changedRows.add(call.slot);
    if (call.hasSessions) this.#mustForget = true;
  }

  /** Forgets all requests, which the wiping of the storage has ended. */
  clear(): void {
    for (const call of [...this.#byId.values()]) this.end(call);
    this.#rows.clear();
    this.#changedRows.clear();
    this.#audiences.clear();
    this.#current = undefined;
    this.#retired = [];
    this.#mustForget = false;
  }

  /** Whether a connection was asked. */
  isRecipient(call: Call, connId: string): boolean {
    if (typeof call.asked === "string") return call.asked === connId;
    return call.asked.members.has(connId) && call.requester !== connId;
  }

  /** The ids of those asked whose sockets are still there. */
  presentRecipients(call: Call): string[] {
    if (typeof call.asked === "string") return [call.asked];
    return [...call.asked.present].filter((id) => id !== call.requester);
  }

  /**
   * Notes that a connection is gone for good.
   *
   * @returns the requests that nobody is left to answer.
   */
  recipientGone(connId: string): Call[] {
    const orphans = [...(this.#byRecipient.get(connId) ?? [])];
    for (const { present, calls } of this.#audiences.values()) {
      if (!present.delete(connId) || present.size > 1) continue;
      // The requester may be among those present, but was not asked.
      const [last] = present;
      for (const call of calls) {
        if (last === undefined || last === call.requester) orphans.push(call);
      }
    }
    return orphans;
  }

  /** Whether an open request depends on a connection. */
  involves(connId: string): boolean {
    return this.#byRequester.has(connId) || this.openFor(connId) > 0;
  }

  /** The conn-ids that open requests depend on. */
  participants(): Set<string> {
    const ids = new Set([
      ...this.#byRequester.keys(),
      ...this.#byRecipient.keys(),
    ]);
    for (const { calls, members } of this.#audiences.values()) {
      if (calls.size > 0) for (const id of members) ids.add(id);
    }
    return ids;
  }

  /** Counts connections as present that are waited for. */
  expect(connIds: ReadonlySet<string>): void {
    for (const { members, present } of this.#audiences.values()) {
      for (const id of connIds) if (members.has(id)) present.add(id);
    }
  }

  /** The requests whose deadline has come. */
  expired(now: number): Call[] {
    if (now < this.#earliest) return [];
    const expired: Call[] = [];
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const call of this.#byId.values()) {
      if (call.deadline <= now) expired.push(call);
      else this.#earliest = Math.min(this.#earliest, call.deadline);
    }
    return expired;
  }

  /** Writes what changed. */
  commit(): void {
    const fresh = [...this.#unwritten];
    this.#unwritten.clear();
    this.#urgent = 0;
    this.#mustForget = false;
    // A row that has become empty is written over rather than deleted.
    const reusable = [...this.#changedRows].filter(
      (slot) => this.#rows.get(slot)?.size === 0,
    );
    for (let i = 0; i < fresh.length; i += MAX_CALLS_A_ROW) {
      const slot = reusable.shift() ?? this.#freeSlot();
      const calls = fresh.slice(i, i + MAX_CALLS_A_ROW);
      for (const call of calls) call.slot = slot;
      this.#rows.set(slot, new Set(calls));
      this.#changedRows.add(slot);
    }
    for (const slot of this.#changedRows) this.#commitRow(slot);
    this.#changedRows.clear();
    for (const id of this.#retired) this.#store.deleteAudience(id);
    this.#retired = [];
  }

  #commitRow(slot: number): void {
    const calls = this.#rows.get(slot) ?? new Set();
    if (calls.size === 0) {
      this.#rows.delete(slot);
      this.#store.deleteCalls(slot);
      return;
    }
    const stored = Array.from(calls, (call) => {
      const { id, requester, createdAt, deadline, asked } = call;
      const row = { id, requester, createdAt, deadline };
      if (typeof asked === "string") return { ...row, asked };
      if (!asked.stored) {
        asked.stored = true;
        this.#store.writeAudience(asked.id, [...asked.members]);
      }
      return { ...row, asked: asked.id };
    });
    this.#store.writeCalls(slot, JSON.stringify(stored));
  }

  #freeSlot(): number {
    let slot = this.#rows.size;
    while (this.#rows.has(slot)) slot++;
    return slot;
  }

  #index(call: Call): void {
    this.#byId.set(call.id, call);
    addTo(this.#byRequester, call.requester, call);
    if (typeof call.asked === "string") {
      addTo(this.#byRecipient, call.asked, call);
    } else {
      call.asked.calls.add(call);
    }
    this.#earliest = Math.min(this.#earliest, call.deadline);
  }

  /** Lets go of an audience that no request needs any more. */
  #retire(audience: Audience): void {
    if (audience.calls.size > 0 || this.#current?.audience === audience) return;
    if (!this.#audiences.delete(audience.id)) return;
    if (audience.stored) this.#retired.push(audience.id);
  }
}

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set?.delete(value) && set.size === 0) map.delete(key);
}
