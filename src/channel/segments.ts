/**
 * Which messages stand together in a row of the log.
 *
 * @module
 */
import type { ChannelConfig } from "../protocol/channel-config.ts";
import type { Encoded } from "../protocol/codec.ts";
import type { Segment, StoredKey } from "./store.ts";

/** A flush of more bytes becomes several segments. */
const MAX_SEGMENT_BYTES = 262_144;
/**
 * A segment goes on being written to while it holds no more than this share of
 * what the channel keeps. The fewer segments, the fewer rows are read when the
 * channel wakes; the larger they are, the more is kept beyond the promise.
 */
const EXTENDED_SHARE = 1 / 32;
/** A segment of more bytes is not written to again: it is written as a whole. */
const MAX_EXTENDED_BYTES = 3_584;

/** A message that waits to be written. */
export interface Pending extends Encoded {
  readonly seq: number;
  readonly key: string | undefined;
}

/** Parts messages into segments. */
export function groups(pending: readonly Pending[]): Pending[][] {
  const result: Pending[][] = [];
  let current: Pending[] = [];
  let bytes = 0;
  for (const message of pending) {
    if (current.length > 0 && bytes + message.bytes > MAX_SEGMENT_BYTES) {
      result.push(current);
      current = [];
      bytes = 0;
    }
    current.push(message);
    bytes += message.bytes;
  }
  result.push(current);
  return result;
}

/** A segment that has no slot yet. */
export function segmentOf(messages: readonly Pending[], now: number): Segment {
  return {
    slot: -1,
    first: messages[0]?.seq ?? 0,
    last: messages.at(-1)?.seq ?? 0,
    storedAt: now,
    bytes: totalBytes(messages),
  };
}

/** A segment with more messages in it, or undefined where they have no room. */
export function extendedBy(
  { slot, first, storedAt, ...newest }: Segment,
  messages: readonly Pending[],
  config: ChannelConfig,
  now: number,
): Segment | undefined {
  const last = newest.last + messages.length;
  const bytes = newest.bytes + totalBytes(messages);
  const ttl = config["recovery-ttl-ms"];
  const mostBytes = EXTENDED_SHARE * config["recovery-window-bytes"];
  const room =
    last - first + 1 <= EXTENDED_SHARE * config["recovery-window"] &&
    bytes <= Math.min(mostBytes, MAX_EXTENDED_BYTES) &&
    (ttl === 0 || now - storedAt <= EXTENDED_SHARE * ttl);
  return room ? { slot, first, last, storedAt: now, bytes } : undefined;
}

export function totalBytes(
  parts: readonly { readonly bytes: number }[],
): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The publishers' own message-ids. */
export function keysOf(messages: readonly Pending[]): StoredKey[] {
  return messages.flatMap(({ seq, key }) =>
    key === undefined ? [] : [[seq, key] as const],
  );
}

/** The messages as they stand in a row: one a line. */
export function bodyOf(messages: readonly Pending[]): string {
  return messages.map(({ text }) => text).join("\n");
}
