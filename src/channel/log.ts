/**
 * A channel's messages: numbering, what is kept of them, and what a subscriber
 * is handed (docs/protocol.md §4 and §7).
 *
 * A flush writes one row: a segment of its own, or the newest one with more in
 * it. Trimming is by whole segments, oldest first, and only where all that was
 * promised is still kept without them; the slot of a trimmed segment is written
 * over by the next one.
 *
 * @module
 */
import type { ChannelConfig } from "../protocol/channel-config.ts";
import type { Encoded } from "../protocol/codec.ts";
import type { Position } from "../protocol/fields.ts";
import { utf8Length } from "../protocol/names.ts";
import {
  bodyOf,
  extendedBy,
  groups,
  keysOf,
  type Pending,
  segmentOf,
  totalBytes,
} from "./segments.ts";
import type { ChannelStore, Segment } from "./store.ts";

/** What a subscriber is handed. */
export interface Replay {
  /** Absent without a position to recover from. */
  readonly recovered: boolean | undefined;
  /** Encoded messages, oldest first. */
  readonly messages: readonly string[];
}

/** What the log needs of its channel. */
export interface LogOptions {
  readonly store: ChannelStore;
  readonly epoch: string;
  /** Read whenever it matters: a configuration can change. */
  readonly config: () => ChannelConfig;
  /** The highest number given, where no segment tells. */
  readonly seq: number;
  readonly now: number;
}

export class MessageLog {
  readonly #store: ChannelStore;
  readonly #epoch: string;
  readonly #config: () => ChannelConfig;
  #seq: number;
  /** Oldest first; numbers without holes up to `#seq` or `#pending`. */
  #segments: Segment[] = [];
  /** The bytes of `#segments`. */
  #bytes = 0;
  #pending: Pending[] = [];
  /** Slots of trimmed segments, oldest first. */
  #free: number[] = [];
  /** Slots to be deleted with the next commit. */
  #doomed: number[] = [];
  #nextSlot = 0;
  /** The messages' own ids, read when first needed. */
  #keys: Map<string, number> | undefined;
  #memo: { after: number; upTo: number; messages: string[] } | undefined;

  constructor({ store, epoch, config, seq, now }: LogOptions) {
    this.#store = store;
    this.#epoch = epoch;
    this.#config = config;
    const stored = store.readSegments();
    const newest = stored.at(-1);
    this.#seq = Math.max(seq, newest?.last ?? 0);
    this.#nextSlot = Math.max(-1, ...stored.map(({ slot }) => slot)) + 1;
    for (const segment of stored) {
      const previous = this.#segments.at(-1);
      // Before a hole there is only what was trimmed and not yet overwritten.
      if (previous !== undefined && previous.last + 1 !== segment.first) {
        this.#free.push(...this.#segments.map(({ slot }) => slot));
        this.#segments = [];
      }
      this.#segments.push(segment);
    }
    this.#bytes = totalBytes(this.#segments);
    this.#trim(now);
  }

  /** The newest number given. */
  get seq(): number {
    return this.#seq;
  }

  /** When the newest stored message was stored, in ms, or undefined. */
  get lastStoredAt(): number | undefined {
    return this.#segments.at(-1)?.storedAt;
  }

  /** How many messages are kept. */
  get size(): number {
    return this.#seq - this.#oldest + 1;
  }

  /** Whether messages wait to be written. */
  get dirty(): boolean {
    return this.#pending.length > 0 || this.#doomed.length > 0;
  }

  /** Whether the configuration has nothing stored. */
  get keepsNothing(): boolean {
    const config = this.#config();
    const window = Math.min(
      config["recovery-window"],
      config["recovery-window-bytes"],
    );
    return config["message-retention"] === 0 && window === 0;
  }

  /**
   * Gives a message its number.
   *
   * @param build encodes the message once its number is known.
   * @param key identifies a publisher's own message-id.
   */
  append(build: (seq: number) => Encoded, key?: string): Encoded {
    const seq = this.#seq + 1;
    const message = build(seq);
    this.#seq = seq;
    this.#memo = undefined;
    this.#pending.push({ ...message, seq, key });
    if (key !== undefined) this.#knownKeys().set(key, seq);
    return message;
  }

  /** The number of a kept message that was published under this key. */
  find(key: string): number | undefined {
    if (this.keepsNothing) return undefined;
    const seq = this.#knownKeys().get(key);
    return seq !== undefined && seq >= this.#oldest ? seq : undefined;
  }

  /** What a subscriber is handed, what is not yet written included. */
  replay(
    since: Position | undefined,
    retainedLimit: number | undefined,
    now: number,
  ): Replay {
    this.#trim(now);
    if (since !== undefined && this.#holdsAllAfter(since)) {
      return { recovered: true, messages: this.#after(since.seq) };
    }
    const retention = this.#config()["message-retention"];
    const limit = Math.min(retention, retainedLimit ?? retention, this.size);
    return {
      recovered: since === undefined ? undefined : false,
      messages: this.#after(this.#seq - limit),
    };
  }

  /** Kept messages after a number, oldest first, as far as the limits allow. */
  page(
    after: number,
    limit: number,
    maxBytes: number,
    now: number,
  ): { messages: string[]; complete: boolean; more: boolean } {
    this.#trim(now);
    const messages: string[] = [];
    let bytes = 0;
    const kept = this.#after(after);
    for (const message of kept) {
      bytes += utf8Length(message);
      if (messages.length === limit || bytes > maxBytes) break;
      messages.push(message);
    }
    return {
      messages,
      complete: after + 1 >= this.#oldest && after <= this.#seq,
      more: messages.length < kept.length,
    };
  }

  /** Forgets what was read for replays. */
  release(): void {
    this.#memo = undefined;
  }

  /**
   * Writes what waits: one row a segment.
   *
   * @returns whether a row tells the newest number; if not, the caller must
   * keep it.
   */
  commit(now: number): boolean {
    if (!this.dirty) return true;
    if (this.#doomed.length > 0) this.#store.deleteSegments(this.#doomed);
    this.#doomed = [];
    if (this.#pending.length === 0) return this.#segments.length > 0;
    const pending = this.#pending;
    this.#pending = [];
    if (this.keepsNothing) {
      this.#keys?.clear();
      return false;
    }
    if (this.#extend(pending, now)) return true;
    const fresh = groups(pending);
    const waiting = fresh.map((messages) => segmentOf(messages, now));
    this.#segments.push(...waiting);
    this.#bytes += totalBytes(waiting);
    this.#trim(now);
    for (const [i, segment] of waiting.entries()) {
      const at = this.#segments.lastIndexOf(segment);
      const messages = fresh[i];
      if (at < 0 || messages === undefined) continue;
      const slot = this.#free.shift() ?? this.#nextSlot++;
      const placed = { ...segment, slot };
      this.#segments[at] = placed;
      this.#store.writeSegment(placed, keysOf(messages), bodyOf(messages));
    }
    return this.#segments.length > 0;
  }

  /** Adds to the newest segment, if what is pending is but little. */
  #extend(pending: readonly Pending[], now: number): boolean {
    const newest = this.#segments.at(-1);
    if (newest === undefined) return false;
    const extended = extendedBy(newest, pending, this.#config(), now);
    if (extended === undefined) return false;
    this.#segments[this.#segments.length - 1] = extended;
    this.#bytes += extended.bytes - newest.bytes;
    this.#trim(now);
    this.#store.extendSegment(extended, keysOf(pending), bodyOf(pending));
    return true;
  }

  /** When trimming by age would next free something, in ms, or undefined. */
  get expiresAt(): number | undefined {
    const ttl = this.#config()["recovery-ttl-ms"];
    const newest = this.#segments.at(-1);
    // What is left behind can go at any time.
    if (newest === undefined) return this.#free.length > 0 ? 0 : undefined;
    const [oldest] = this.#segments;
    const droppable =
      oldest !== undefined &&
      this.#seq - oldest.last >= this.#config()["message-retention"];
    if (ttl === 0 || !(droppable || this.#free.length > 0)) return undefined;
    return newest.storedAt + ttl;
  }

  /** Has the next commit delete from storage what need not be kept. */
  sweep(now: number): void {
    this.#trim(now);
    this.#doomed.push(...this.#free);
    this.#free = [];
  }

  get #oldest(): number {
    return this.#segments[0]?.first ?? this.#pending[0]?.seq ?? this.#seq + 1;
  }

  #holdsAllAfter({ epoch, seq }: Position): boolean {
    return epoch === this.#epoch && seq <= this.#seq && seq >= this.#oldest - 1;
  }

  #after(seq: number): string[] {
    const memo = this.#memo;
    if (memo?.after === seq && memo.upTo === this.#seq) return memo.messages;
    const wanted = this.#segments.filter(({ last }) => last > seq);
    const [first] = wanted;
    const stored =
      first === undefined
        ? []
        : this.#store
            .readBodies(wanted.map(({ slot }) => slot))
            .flatMap((body) => body.split("\n"))
            .slice(Math.max(0, seq + 1 - first.first));
    const messages = [
      ...stored,
      ...this.#pending.filter((each) => each.seq > seq).map(({ text }) => text),
    ];
    this.#memo = { after: seq, upTo: this.#seq, messages };
    return messages;
  }

  /** Lets go of segments as long as all that was promised remains. */
  #trim(now: number): void {
    const config = this.#config();
    const retention = config["message-retention"];
    const window = Math.max(config["recovery-window"], retention);
    const windowBytes = config["recovery-window-bytes"];
    const ttl = config["recovery-ttl-ms"];
    let dropped = 0;
    for (const segment of this.#segments) {
      const left = this.#seq - segment.last;
      const bytesLeft = this.#bytes - segment.bytes;
      const old = ttl > 0 && segment.storedAt + ttl <= now;
      const enough = left >= window || bytesLeft >= windowBytes || old;
      if (left < retention || !enough) break;
      dropped++;
      this.#bytes = bytesLeft;
      if (segment.slot >= 0) this.#free.push(segment.slot);
    }
    if (dropped === 0) return;
    this.#segments.splice(0, dropped);
    this.#memo = undefined;
    this.#dropKeys();
  }

  #dropKeys(): void {
    if (this.#keys === undefined) return;
    for (const [key, seq] of this.#keys) {
      if (seq >= this.#oldest) return;
      this.#keys.delete(key);
    }
  }

  #knownKeys(): Map<string, number> {
    if (this.#keys === undefined) {
      const slots = this.#segments.map(({ slot }) => slot);
      const stored = this.#store.readKeys(slots);
      this.#keys = new Map(stored.map(([seq, key]) => [key, seq]));
    }
    return this.#keys;
  }
}
