/**
 * All that one channel is while it is awake. The operations beside this file
 * work on it; none of them sends or writes: frames go to the outbox, and what
 * must be kept waits for `commit`.
 *
 * @module
 */
import { RateLimit } from "../access/rate-limit.ts";
import type { Settings } from "../config.ts";
import { type Encoded, encode } from "../protocol/codec.ts";
import type { CloseCode } from "../protocol/reasons.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import type { UpstreamHeader } from "../protocol/upstream.ts";
import { Counters } from "../telemetry/counters.ts";
import type { Telemetry } from "../telemetry/sink.ts";
import { Backpressure } from "./backpressure.ts";
import { Calls } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { AWAY_MS, Connections } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { MessageLog } from "./log.ts";
import { Outbox } from "./outbox.ts";
import type { ChannelRecord, ChannelStore } from "./store.ts";

/** What a channel needs of its host. */
export interface ChannelHost {
  readonly channelId: string;
  readonly settings: Settings;
  readonly store: ChannelStore;
  readonly telemetry: Telemetry;
  /** Now, in ms since the Unix epoch. */
  readonly clock: () => number;
  /** Sets the alarm. */
  readonly arm: (at: number) => void;
  /** The sockets, in any order. */
  readonly connections: readonly Connection[];
  /** Deletes all storage. */
  readonly wipe: () => void;
}

/** The most bytes of final answers that wait for requesters that are away. */
const MAX_HELD_BYTES = 8_388_608;

/** An answer for a requester that is away. */
interface HeldAnswer {
  readonly id: string;
  readonly frame: Encoded;
  readonly final: boolean;
}

/** A channel that exists: its record and its messages. */
export interface Existing {
  readonly record: ChannelRecord;
  readonly log: MessageLog;
}

export class ChannelState {
  readonly id: string;
  readonly settings: Settings;
  readonly telemetry: Telemetry;
  readonly store: ChannelStore;
  readonly connections: Connections;
  readonly calls: Calls;
  readonly outbox = new Outbox();
  readonly deadlines: Deadlines;
  readonly counters = new Counters();
  readonly backpressure: Backpressure;
  /** What all together may publish. */
  readonly publishes: RateLimit;
  readonly #host: ChannelHost;
  #existing: Existing | undefined;
  #recordChanged = false;
  #wiped = false;
  /** Answers to requesters that are away, by conn-id. */
  readonly #held = new Map<string, HeldAnswer[]>();
  #heldBytes = 0;

  constructor(host: ChannelHost) {
    this.#host = host;
    this.id = host.channelId;
    this.settings = host.settings;
    this.telemetry = host.telemetry;
    this.store = host.store;
    this.backpressure = new Backpressure(host.settings);
    this.publishes = new RateLimit({
      perSecond: host.settings.PUBLISHES_PER_SECOND,
      burst: host.settings.PUBLISHES_BURST,
    });
    this.connections = new Connections(host.connections, host.clock);
    this.deadlines = new Deadlines(host.arm);
    const record = host.store.readRecord();
    if (record !== undefined) this.#existing = this.#withLog(record);
    this.calls = new Calls(
      host.store,
      (id) => this.connections.get(id) !== undefined,
    );
    this.#awaitTheLost();
    this.#noticeIdleness();
    // Whoever is here before anybody came was here before it was evicted.
    if (this.connections.size > 0) this.counters.evicted();
  }

  get now(): number {
    return this.#host.clock();
  }

  /** The channel, or undefined when it does not exist. */
  get existing(): Existing | undefined {
    return this.#existing;
  }

  /** Whether something must be written before anything is sent. */
  get dirty(): boolean {
    return (
      this.#wiped ||
      this.#recordChanged ||
      this.calls.dirty ||
      this.#existing?.log.dirty === true
    );
  }

  /** Closes a connection; nothing that it sent behind this is done. */
  close(connection: Connection, code: CloseCode, reason: string): void {
    connection.closed = true;
    this.outbox.close(connection, code, reason);
  }

  /** Makes the channel exist. */
  begin(record: ChannelRecord): Existing {
    this.#existing = this.#withLog(record);
    this.#recordChanged = true;
    return this.#existing;
  }

  /** Makes the channel not exist, with all it kept. */
  end(): void {
    this.#existing = undefined;
    this.#recordChanged = false;
    this.#wiped = true;
    // From here on nothing of what is stored counts.
    this.store.forget();
    this.calls.clear();
  }

  /** Changes what is kept of the channel itself. */
  change(changes: Partial<ChannelRecord>): void {
    if (this.#existing === undefined) return;
    Object.assign(this.#existing.record, changes);
    this.#recordChanged = true;
  }

  /** Sends the direct reply to one of its frames to a connection. */
  reply(connection: Connection, frame: ServerFrame): UpstreamHeader {
    return this.outbox.reply(connection, encode(frame));
  }

  /** Sends a requester an answer to its request, now or when it is back. */
  sendAnswer(
    requester: string,
    id: string,
    frame: Encoded,
    final: boolean,
  ): void {
    const connection = this.connections.get(requester);
    // Behind what waits until the requester has resumed, nothing overtakes.
    if (connection !== undefined && !this.#held.has(requester)) {
      const header = this.outbox.send(connection, frame);
      if (final) header.ended = [...(header.ended ?? []), id];
      return;
    }
    const expected = connection ?? this.connections.away.get(requester);
    if (expected === undefined) return;
    // Not kept: its session then learns that the outcome is unknown.
    if (this.#heldBytes + frame.bytes > MAX_HELD_BYTES) return;
    this.#heldBytes += frame.bytes;
    const held = this.#held.get(requester) ?? [];
    held.push({ id, frame, final });
    this.#held.set(requester, held);
  }

  /** Has answers wait for a requester until it has resumed. */
  holdFor(requester: string): void {
    if (!this.#held.has(requester)) this.#held.set(requester, []);
  }

  /** Whether answers wait for a requester. */
  holdsFor(requester: string): boolean {
    return this.#held.has(requester);
  }

  /** The answers that waited for a requester. */
  takeHeld(requester: string): readonly HeldAnswer[] {
    const held = this.#held.get(requester) ?? [];
    this.#held.delete(requester);
    for (const { frame } of held) this.#heldBytes -= frame.bytes;
    return held;
  }

  /**
   * Deletes all storage if the channel has ended. To be called before the
   * transaction: the platform cannot do both at once, but it confirms both
   * before anything that was sent goes out.
   */
  wipe(): void {
    if (!this.#wiped) return;
    this.#wiped = false;
    this.deadlines.found(undefined);
    this.#host.wipe();
  }

  /** Writes all that waits. To be called within one transaction. */
  commit(): void {
    const { now } = this;
    if (this.#existing === undefined) return;
    this.store.prepare();
    const { record, log } = this.#existing;
    const lastAt = log.dirty ? (log.lastStoredAt ?? now) : record.lastAt;
    if (log.dirty && !log.commit(now) && record.seq < log.seq) {
      this.change({ seq: log.seq, lastAt });
    }
    if (this.#recordChanged) this.store.writeRecord(record);
    this.#recordChanged = false;
    this.calls.commit();
  }

  #withLog(record: ChannelRecord): Existing {
    const log = new MessageLog({
      store: this.#host.store,
      epoch: record.epoch,
      config: () => record.config,
      seq: record.seq,
      now: this.#host.clock(),
    });
    return { record, log };
  }

  /**
   * After a crash the sockets are gone, but open requests are not: those who
   * come back in time count as never gone. After hibernation a requester is
   * still there, and whoever is not has left.
   */
  #awaitTheLost(): void {
    const record = this.#existing?.record;
    if (record === undefined) return;
    const isGone = (id: string) => this.connections.get(id) === undefined;
    const crashed =
      record.awayUntil !== null ||
      [...this.calls.all()].some(({ requester }) => isGone(requester));
    if (!crashed) return;
    const { awayUntil } = record;
    // Nobody is connected although they were still waited for: it crashed
    // again, and all have their time once more.
    const again = this.connections.size === 0 && (awayUntil ?? 0) > this.now;
    const until = awayUntil === null || again ? this.now + AWAY_MS : awayUntil;
    if (awayUntil !== until) this.change({ awayUntil: until });
    const lost = new Set([...this.calls.participants()].filter(isGone));
    for (const id of lost) this.connections.waitFor(id, until);
    this.calls.expect(lost);
  }

  /** A crash takes the subscribers without a word. */
  #noticeIdleness(): void {
    const record = this.#existing?.record;
    if (record?.idleSince !== null || !record.autoCreated) return;
    if (this.connections.subscriberCount > 0) return;
    this.change({ idleSince: this.now });
  }
}
