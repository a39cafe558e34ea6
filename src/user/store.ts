/**
 * What is kept of one user: on which channels' own paths there may be sockets,
 * and how many channels were created of late. Without either there is no table.
 *
 * @module
 */
import * as v from "valibot";

import { readRows, type Sql } from "../storage/sql.ts";

/** For so long channels that were created count, in ms. */
export const DAY_MS = 86_400_000;
/** Channels noted of one user: asking more would take too many calls. */
const MAX_CHANNELS = 1_000;
/** For so long a channel is kept beyond the end of its socket, in ms. */
const NOTE_STEP_MS = 60_000;

const SCHEMA = [
  "CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS creations (id INTEGER PRIMARY KEY, since INTEGER NOT NULL, count INTEGER NOT NULL)",
];

const ChannelRow = v.object({ id: v.string(), until: v.number() });
const CreationsRow = v.object({ since: v.number(), count: v.number() });

export class UserStore {
  readonly #sql: Sql;
  /** When sockets on a channel's own path end at the latest, in ms. */
  #channels: Map<string, number>;
  #hasTables: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    const tables = "SELECT name FROM sqlite_master WHERE name = 'channels'";
    this.#hasTables = [...sql.exec(tables)].length > 0;
    const rows = this.#hasTables
      ? readRows(sql, ChannelRow, "SELECT id, until FROM channels")
      : [];
    this.#channels = new Map(rows.map(({ id, until }) => [id, until]));
  }

  channels(): string[] {
    return [...this.#channels.keys()];
  }

  /**
   * Notes a channel, until a time in ms.
   *
   * @returns whether that was news.
   */
  note(channelId: string, until: number): boolean {
    const known = this.#channels.get(channelId) ?? 0;
    if (until <= known) return false;
    this.#begin();
    // A little longer: the next socket then need not be written.
    const kept = until + NOTE_STEP_MS;
    this.#channels.set(channelId, kept);
    this.#trim();
    const insert = "INSERT OR REPLACE INTO channels (id, until) VALUES (?, ?)";
    this.#sql.exec(insert, channelId, kept);
    return true;
  }

  /** Forgets the channel whose sockets end first when there are too many. */
  #trim(): void {
    if (this.#channels.size <= MAX_CHANNELS) return;
    const [first] = [...this.#channels].sort(([, a], [, b]) => a - b);
    if (first === undefined) return;
    this.#channels.delete(first[0]);
    this.#sql.exec("DELETE FROM channels WHERE id = ?", first[0]);
  }

  /**
   * Counts one more channel that is created, unless that were too many in a
   * day; a day begins with the first.
   */
  countCreation(max: number, now: number): boolean {
    this.#begin();
    const [row] = readRows(
      this.#sql,
      CreationsRow,
      "SELECT since, count FROM creations",
    );
    const current =
      row !== undefined && now < row.since + DAY_MS ? row : undefined;
    const { since, count } = current ?? { since: now, count: 0 };
    if (count >= max) return false;
    const replace =
      "INSERT OR REPLACE INTO creations (id, since, count) VALUES (0, ?, ?)";
    this.#sql.exec(replace, since, count + 1);
    return true;
  }

  /**
   * Forgets what is over.
   *
   * @returns when there will be something again, in ms; undefined when nothing
   * is left.
   */
  forget(now: number): number | undefined {
    for (const [id, until] of this.#channels) {
      if (until > now) continue;
      this.#channels.delete(id);
      this.#sql.exec("DELETE FROM channels WHERE id = ?", id);
    }
    const ends = [...this.#channels.values()];
    if (this.#hasTables) {
      const creations = readRows(
        this.#sql,
        CreationsRow,
        "SELECT since, count FROM creations",
      );
      for (const { since } of creations) {
        if (since + DAY_MS > now) ends.push(since + DAY_MS);
      }
    }
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** Notes that all storage was deleted. */
  wiped(): void {
    this.#hasTables = false;
    this.#channels = new Map();
  }

  #begin(): void {
    if (this.#hasTables) return;
    for (const statement of SCHEMA) this.#sql.exec(statement);
    this.#hasTables = true;
  }
}
