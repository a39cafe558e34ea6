/**
 * The channels that are shown one by one in `/metrics`: those that fit one of
 * the patterns of `METRICS_PER_CHANNEL`.
 *
 * @module
 */
import { commonStart, matches } from "../access/policy.ts";
import type { Entry, RegistryStore } from "./store.ts";

/** Channels that are looked through for those that fit a pattern, and at once. */
const MAX_LOOKED_THROUGH = 10_000;
const LOOK_STEP = 500;

/** Channels that fit, and whether there may be more of them. */
export interface Watched<T> {
  readonly channels: T[];
  readonly cutOff: boolean;
}

/**
 * Those that fit one of the patterns. With too many it is always the same ones
 * that are left out: those with the last names.
 *
 * @param limit so many at most.
 */
export function findWatched(
  store: RegistryStore,
  patterns: readonly string[],
  limit: number,
): Watched<Entry> {
  const found = new Map<string, Entry>();
  let cutOff = false;
  for (const pattern of patterns) {
    const { ids, sawAll } = idsThatFit(store, pattern, limit + 1);
    if (!sawAll) cutOff = true;
    for (const id of ids) {
      const entry = found.get(id) ?? store.read(id);
      if (entry?.exists) found.set(id, entry);
    }
  }
  const channels = [...found.values()].sort(byChannelId);
  if (channels.length > limit) cutOff = true;
  return { channels: channels.slice(0, limit), cutOff };
}

function idsThatFit(
  store: RegistryStore,
  pattern: string,
  limit: number,
): { ids: string[]; sawAll: boolean } {
  if (!pattern.includes("*")) return { ids: [pattern], sawAll: true };
  const start = commonStart([pattern]);
  const ids: string[] = [];
  let after: string | undefined;
  for (let looked = 0; looked < MAX_LOOKED_THROUGH; looked += LOOK_STEP) {
    const step = Math.min(LOOK_STEP, isAny(pattern) ? limit : LOOK_STEP);
    const some = store.listIds(start, after, step);
    for (const id of some) {
      if (!matches(pattern, id)) continue;
      // One more than wanted tells that there are too many.
      if (ids.push(id) === limit) return { ids, sawAll: true };
    }
    after = some.at(-1);
    if (some.length < step) return { ids, sawAll: true };
  }
  return { ids, sawAll: false };
}

/** Whether all that start as it does fit: no more rows are read than wanted. */
function isAny(pattern: string): boolean {
  return pattern.indexOf("*") === pattern.length - 1;
}

/** Orders channels by the code points of their ids: the byte order of UTF-8. */
export function byChannelId(
  a: { readonly channelId: string },
  b: { readonly channelId: string },
): number {
  const [left, right] = [[...a.channelId], [...b.channelId]];
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference =
      (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
