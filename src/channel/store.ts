/**
 * What a channel keeps on disk, and the statements that read and write it.
 * Nothing is written for a channel that does not exist.
 *
 * @module
 */
import * as v from "valibot";

import {
  type ChannelConfig,
  DEFAULT_CHANNEL_CONFIG,
  PartialChannelConfigSchema,
  withChanges,
} from "../protocol/channel-config.ts";
import { readRows, type Sql } from "../storage/sql.ts";

/** What a channel is, apart from its messages and requests. */
export interface ChannelRecord {
  readonly epoch: string;
  readonly createdAt: number;
  config: ChannelConfig;
  /** Made by a subscription: removed again when idle. */
  autoCreated: boolean;
  /** The highest number given when nothing is kept that would tell. */
  seq: number;
  /** When a message was last numbered, likewise. */
  lastAt: number;
  /** Since when nobody is subscribed, or null. */
  idleSince: number | null;
  /** Until when connections that broke off are waited for, or null. */
  awayUntil: number | null;
}

/** A row of the log: the messages of one flush. */
export interface Segment {
  readonly slot: number;
  readonly first: number;
  readonly last: number;
  readonly storedAt: number;
  readonly bytes: number;
}

/** A publisher's message-id in a segment: its number and its key. */
export type StoredKey = readonly [seq: number, key: string];

const TABLES = [
  `CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    config TEXT NOT NULL,
    auto_created INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    idle_since INTEGER,
    away_until INTEGER
  )`,
  `CREATE TABLE segments (
    slot INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    keys TEXT,
    body TEXT NOT NULL
  )`,
  "CREATE TABLE calls (slot INTEGER PRIMARY KEY, body TEXT NOT NULL)",
  "CREATE TABLE audiences (id INTEGER PRIMARY KEY, members TEXT NOT NULL)",
];

const RecordRow = v.object({
  epoch: v.string(),
  created_at: v.number(),
  config: v.string(),
  auto_created: v.number(),
  seq: v.number(),
  last_at: v.number(),
  idle_since: v.nullable(v.number()),
  away_until: v.nullable(v.number()),
});
const SegmentRow = v.object({
  slot: v.number(),
  first_seq: v.number(),
  last_seq: v.number(),
  stored_at: v.number(),
  bytes: v.number(),
});
const BodyRow = v.object({ body: v.string() });
const KeysRow = v.object({ keys: v.nullable(v.string()) });
const StoredKeys = v.array(v.tuple([v.number(), v.string()]));
const SlotRow = v.object({ slot: v.number(), body: v.string() });
const AudienceRow = v.object({ id: v.number(), members: v.string() });
const Members = v.array(v.string());

/** Two JSON arrays as one, or null if one of them is null. */
const JOINED_KEYS = "SUBSTR(keys, 1, LENGTH(keys) - 1) || ',' || SUBSTR(?, 2)";

/** A channel's tables. */
export class ChannelStore {
  readonly #sql: Sql;
  #exists: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    const [table] = sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'channel'",
    );
    this.#exists = table !== undefined;
  }

  /** The channel, or undefined when it does not exist. */
  readRecord(): ChannelRecord | undefined {
    const [row] = this.#read(RecordRow, "SELECT * FROM channel");
    if (row === undefined) return undefined;
    const config = v.parse(PartialChannelConfigSchema, JSON.parse(row.config));
    return {
      epoch: row.epoch,
      createdAt: row.created_at,
      config: withChanges(DEFAULT_CHANNEL_CONFIG, config),
      autoCreated: row.auto_created === 1,
      seq: row.seq,
      lastAt: row.last_at,
      idleSince: row.idle_since,
      awayUntil: row.away_until,
    };
  }

  /** Makes the tables, if need be; without them nothing can be written. */
  prepare(): void {
    if (this.#exists) return;
    for (const statement of TABLES) this.#sql.exec(statement);
    this.#exists = true;
  }

  writeRecord(record: ChannelRecord): void {
    this.prepare();
    this.#sql.exec(
      "INSERT OR REPLACE INTO channel VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
      record.epoch,
      record.createdAt,
      JSON.stringify(record.config),
      record.autoCreated ? 1 : 0,
      record.seq,
      record.lastAt,
      record.idleSince,
      record.awayUntil,
    );
  }

  /** To be called when all storage was wiped: the tables are gone. */
  forget(): void {
    this.#exists = false;
  }

  /** All segments, oldest first, without their messages. */
  readSegments(): Segment[] {
    // Sorted here: rows that the database sorts are billed as read twice.
    const rows = this.#read(
      SegmentRow,
      "SELECT slot, first_seq, last_seq, stored_at, bytes FROM segments",
    );
    return rows
      .map((row) => ({
        slot: row.slot,
        first: row.first_seq,
        last: row.last_seq,
        storedAt: row.stored_at,
        bytes: row.bytes,
      }))
      .sort((a, b) => a.first - b.first);
  }

  /** The bodies of some segments, in the order of the slots. */
  readBodies(slots: readonly number[]): string[] {
    const rows = this.#read(
      BodyRow,
      `SELECT body FROM json_each(?) AS wanted
       CROSS JOIN segments ON slot = wanted.value`,
      JSON.stringify(slots),
    );
    return rows.map(({ body }) => body);
  }

  /** The message-ids that publishers gave, in the order of the slots. */
  readKeys(slots: readonly number[]): StoredKey[] {
    const rows = this.#read(
      KeysRow,
      `SELECT keys FROM json_each(?) AS wanted
       CROSS JOIN segments ON slot = wanted.value`,
      JSON.stringify(slots),
    );
    return rows.flatMap(({ keys }) =>
      keys === null ? [] : v.parse(StoredKeys, JSON.parse(keys)),
    );
  }

  /** Writes a segment, over whatever stands in its slot: one row. */
  writeSegment(segment: Segment, keys: readonly StoredKey[], body: string) {
    this.#sql.exec(
      "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)",
      segment.slot,
      segment.first,
      segment.last,
      segment.storedAt,
      segment.bytes,
      keys.length === 0 ? null : JSON.stringify(keys),
      body,
    );
  }

  /** Adds messages to a segment's: one row. */
  extendSegment(
    { slot, last, storedAt, bytes }: Segment,
    keys: readonly StoredKey[],
    body: string,
  ): void {
    const added = keys.length === 0 ? null : JSON.stringify(keys);
    this.#sql.exec(
      `UPDATE segments SET last_seq = ?, stored_at = ?, bytes = ?,
         keys = COALESCE(${JOINED_KEYS}, keys, ?), body = body || ? WHERE slot = ?`,
      last,
      storedAt,
      bytes,
      added,
      added,
      `\n${body}`,
      slot,
    );
  }

  deleteSegments(slots: readonly number[]): void {
    this.#sql.exec(
      "DELETE FROM segments WHERE slot IN (SELECT value FROM json_each(?))",
      JSON.stringify(slots),
    );
  }

  /** Rows of open requests, by slot; what a row holds is its caller's matter. */
  readCalls(): { slot: number; body: string }[] {
    return this.#read(SlotRow, "SELECT slot, body FROM calls ORDER BY slot");
  }

  writeCalls(slot: number, body: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO calls VALUES (?, ?)", slot, body);
  }

  deleteCalls(slot: number): void {
    this.#sql.exec("DELETE FROM calls WHERE slot = ?", slot);
  }

  /** Those who were asked together, by id. */
  readAudiences(): { id: number; members: string[] }[] {
    const rows = this.#read(AudienceRow, "SELECT id, members FROM audiences");
    return rows.map(({ id, members }) => ({
      id,
      members: v.parse(Members, JSON.parse(members)),
    }));
  }

  writeAudience(id: number, members: readonly string[]): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO audiences VALUES (?, ?)",
      id,
      JSON.stringify(members),
    );
  }

  deleteAudience(id: number): void {
    this.#sql.exec("DELETE FROM audiences WHERE id = ?", id);
  }

  #read<T>(
    schema: v.GenericSchema<unknown, T>,
    query: string,
    ...bindings: (string | number | null)[]
  ): T[] {
    if (!this.#exists) return [];
    return readRows(this.#sql, schema, query, ...bindings);
  }
}
