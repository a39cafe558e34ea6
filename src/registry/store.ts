/**
 * What the registry keeps on disk: a row for every channel, one for every
 * isolate with sessions, one for all sums.
 *
 * @module
 */
import * as v from "valibot";

import { ChannelConfigSchema } from "../protocol/channel-config.ts";
import { readRows, type Sql } from "../storage/sql.ts";
import type { Claim } from "./claims.ts";
import type { ReportedChannel } from "./report.ts";

/** A channel as it last reported. */
export interface Entry extends ReportedChannel {
  channelId: string;
  directConnections: number;
  heardAt: number;
  /** That of the report it stands for. */
  order: number;
  /** False for a name with connections but without a channel. */
  exists: boolean;
}

/** A channel that claims to be in use. */
export interface Claiming extends Claim {
  /** Absent where there are none. */
  readonly openRequests: Entry["openRequests"] | undefined;
}

/** An isolate as it last reported. */
export interface Isolate {
  isolate: string;
  connections: number;
  heardAt: number;
}

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS channels (
    id TEXT PRIMARY KEY,
    subscribers INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    direct INTEGER NOT NULL,
    open INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    present INTEGER NOT NULL,
    detail TEXT NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS isolates (
    id TEXT PRIMARY KEY,
    connections INTEGER NOT NULL,
    heard_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS sums (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
];

/** The longest channel-id is 200 bytes: 50 characters of four bytes. */
const AFTER_ALL = "\u{10ffff}".repeat(51);

const Row = v.object({
  id: v.string(),
  subscribers: v.number(),
  messages: v.number(),
  direct: v.number(),
  heard_at: v.number(),
  present: v.number(),
  detail: v.string(),
});
const Detail = v.object({
  createdAt: v.number(),
  config: ChannelConfigSchema,
  retentionCount: v.number(),
  order: v.number(),
  openRequests: v.record(v.string(), v.number()),
});
const IdRow = v.object({ id: v.string() });
const ClaimRow = v.object({
  id: v.string(),
  heard_at: v.number(),
  detail: v.nullable(v.string()),
});
const TotalsRow = v.object({
  channels: v.number(),
  subscribers: v.number(),
  direct: v.number(),
});
const IsolateRow = v.object({
  id: v.string(),
  connections: v.number(),
  heard_at: v.number(),
});
const LastHeardRow = v.object({ at: v.number() });
const SumsRow = v.object({ body: v.string() });

export class RegistryStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
  }

  read(channelId: string): Entry | undefined {
    const query = "SELECT * FROM channels WHERE id = ?";
    return this.#entries(query, channelId)[0];
  }

  write(entry: Entry): void {
    const { createdAt, config, retentionCount, openRequests, order } = entry;
    const detail = { createdAt, config, retentionCount, openRequests, order };
    this.#sql.exec(
      "INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      entry.channelId,
      entry.subscriberCount,
      entry.messageCount,
      entry.directConnections,
      openCount(entry),
      entry.heardAt,
      entry.exists ? 1 : 0,
      JSON.stringify(detail),
    );
  }

  delete(channelId: string): void {
    this.#sql.exec("DELETE FROM channels WHERE id = ?", channelId);
  }

  /** Existing channels in byte order of their ids, after a cursor. */
  list(prefix: string, cursor: string | undefined, limit: number): Entry[] {
    return this.#entries(
      `SELECT * FROM channels
       WHERE id >= ? AND id < ? AND id > ? AND present = 1
       ORDER BY id LIMIT ?`,
      prefix,
      prefix + AFTER_ALL,
      cursor ?? "",
      limit,
    );
  }

  /** Like `list`, the ids alone. */
  listIds(prefix: string, cursor: string | undefined, limit: number): string[] {
    const rows = readRows(
      this.#sql,
      IdRow,
      `SELECT id FROM channels
       WHERE id >= ? AND id < ? AND id > ? AND present = 1
       ORDER BY id LIMIT ?`,
      prefix,
      prefix + AFTER_ALL,
      cursor ?? "",
      limit,
    );
    return rows.map(({ id }) => id);
  }

  /** Existing channels with the most messages first. */
  busiest(limit: number): Entry[] {
    return this.#entries(
      `SELECT * FROM channels WHERE present = 1
       ORDER BY messages DESC, id LIMIT ?`,
      limit,
    );
  }

  /**
   * Those that claim to be in use, in any order, and the open requests of those
   * that have any. Looks at all channels.
   *
   * @param from whoever was last heard of in the span from here, in ms,
   * @param to to here, counts too.
   */
  claiming(from: number, to: number): Claiming[] {
    const rows = readRows(
      this.#sql,
      ClaimRow,
      `SELECT id, heard_at, CASE WHEN open > 0 THEN detail END AS detail
       FROM channels WHERE subscribers > 0 OR direct > 0 OR open > 0
         OR (heard_at >= ? AND heard_at < ?)`,
      from,
      to,
    );
    return rows.map(({ id, heard_at, detail }) => ({
      channelId: id,
      heardAt: heard_at,
      openRequests:
        detail === null
          ? undefined
          : v.parse(Detail, JSON.parse(detail)).openRequests,
    }));
  }

  /** When any channel was last heard of, in ms; 0 without any. */
  lastHeardAt(): number {
    const query = "SELECT COALESCE(MAX(heard_at), 0) AS at FROM channels";
    return readRows(this.#sql, LastHeardRow, query)[0]?.at ?? 0;
  }

  totals(): { channels: number; subscribers: number; direct: number } {
    const [row] = readRows(
      this.#sql,
      TotalsRow,
      `SELECT COALESCE(SUM(present), 0) AS channels,
         COALESCE(SUM(subscribers), 0) AS subscribers,
         COALESCE(SUM(direct), 0) AS direct FROM channels`,
    );
    return row ?? { channels: 0, subscribers: 0, direct: 0 };
  }

  readIsolates(): Isolate[] {
    const rows = readRows(this.#sql, IsolateRow, "SELECT * FROM isolates");
    return rows.map(({ id, connections, heard_at }) => ({
      isolate: id,
      connections,
      heardAt: heard_at,
    }));
  }

  writeIsolate({ isolate, connections, heardAt }: Isolate): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO isolates VALUES (?, ?, ?)",
      isolate,
      connections,
      heardAt,
    );
  }

  deleteIsolate(isolate: string): void {
    this.#sql.exec("DELETE FROM isolates WHERE id = ?", isolate);
  }

  /** The JSON of the sums, or undefined before the first. */
  readSums(): string | undefined {
    return readRows(this.#sql, SumsRow, "SELECT body FROM sums")[0]?.body;
  }

  writeSums(body: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO sums VALUES (1, ?)", body);
  }

  #entries(query: string, ...bindings: (string | number | null)[]): Entry[] {
    return readRows(this.#sql, Row, query, ...bindings).map((row) => ({
      ...v.parse(Detail, JSON.parse(row.detail)),
      channelId: row.id,
      subscriberCount: row.subscribers,
      messageCount: row.messages,
      directConnections: row.direct,
      heardAt: row.heard_at,
      exists: row.present === 1,
    }));
  }
}

/** How many requests a channel has open. */
export function openCount({ openRequests }: Entry): number {
  return Object.values(openRequests).reduce((sum, count) => sum + count, 0);
}
