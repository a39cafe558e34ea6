/**
 * The last fifteen minutes, second by second, as the service tells of them,
 * and what a chart makes of that.
 *
 * @module
 */
import type { StatsHistory } from "../../../src/protocol/answers.ts";

/** One second. Counts are those of that second alone. */
export interface Second {
  readonly at: number;
  readonly connections: number;
  readonly channels: number;
  readonly subscriptions: number;
  readonly open: number;
  readonly published: number;
  readonly delivered: number;
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  /** How many answers took so many ms at most. */
  readonly latency: Readonly<Record<string, number>>;
}

type Gauge = "connections" | "channels" | "subscriptions" | "open";
type Count = "published" | "delivered" | "answered" | "failed" | "timedOut";

/** Points of a chart are so far apart, in ms. */
export const STEP_MS = 5_000;
/**
 * A rate is taken over so long, in ms: channels report every two seconds, so
 * over one it would jump up and down.
 */
const RATE_MS = 10_000;
const LATENCY_MS = 30_000;

/** The columns of an answer as rows. */
export function secondsOf({ samples }: StatsHistory): Second[] {
  return samples.at.map((at, i) => ({
    at,
    connections: samples.connections[i] ?? 0,
    channels: samples.channels[i] ?? 0,
    subscriptions: samples.subscriptions[i] ?? 0,
    open: samples["open-requests"][i] ?? 0,
    published: samples.published[i] ?? 0,
    delivered: samples.delivered[i] ?? 0,
    answered: samples.answered[i] ?? 0,
    failed: samples.failed[i] ?? 0,
    timedOut: samples["timed-out"][i] ?? 0,
    latency: samples["latency-ms"][i] ?? {},
  }));
}

/** The times of a chart's points, oldest first, in ms. */
export function gridOf(now: number, keptMs: number): number[] {
  const last = now - (now % STEP_MS);
  const length = keptMs / STEP_MS + 1;
  return Array.from({ length }, (_, i) => last - (length - 1 - i) * STEP_MS);
}

/** How something stood at each time; null before the first second known. */
export function gaugeAt(
  seconds: readonly Second[],
  grid: readonly number[],
  key: Gauge,
): (number | null)[] {
  let next = 0;
  let last: number | null = null;
  return grid.map((time) => {
    for (let each = seconds[next]; each && each.at <= time; ) {
      last = each[key];
      each = seconds[++next];
    }
    return last;
  });
}

/** How often something happened a second, at each time. */
export function rateAt(
  seconds: readonly Second[],
  grid: readonly number[],
  key: Count,
): (number | null)[] {
  const beginning = seconds[0]?.at ?? Number.POSITIVE_INFINITY;
  return grid.map((time) => {
    if (time < beginning) return null;
    const total = within(seconds, time, RATE_MS).reduce(
      (sum, each) => sum + each[key],
      0,
    );
    return total / (RATE_MS / 1_000);
  });
}

/** A percentile of latency at each time; null where nothing was answered. */
export function latencyAt(
  seconds: readonly Second[],
  grid: readonly number[],
  share: number,
): (number | null)[] {
  return grid.map((time) =>
    latencyOf(within(seconds, time, LATENCY_MS), share),
  );
}

/** The latency in ms that a share of all answers was not above. */
export function latencyOf(
  seconds: readonly Second[],
  share: number,
): number | null {
  const counts = new Map<number, number>();
  let total = 0;
  for (const { latency } of seconds) {
    for (const [bound, count] of Object.entries(latency)) {
      counts.set(Number(bound), (counts.get(Number(bound)) ?? 0) + count);
      total += count;
    }
  }
  let seen = 0;
  for (const [bound, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= share * total) return bound;
  }
  return null;
}

/** How many of all requests that ended did so in one way, from 0 to 1. */
export function shareOf(
  seconds: readonly Second[],
  key: "failed" | "timedOut",
): number | null {
  let ended = 0;
  let counted = 0;
  for (const each of seconds) {
    ended += each.answered + each.failed + each.timedOut;
    counted += each[key];
  }
  return ended === 0 ? null : counted / ended;
}

/** The seconds within so long before a time. They are in order. */
function within(
  seconds: readonly Second[],
  time: number,
  ms: number,
): readonly Second[] {
  return seconds.slice(
    firstAfter(seconds, time - ms),
    firstAfter(seconds, time),
  );
}

function firstAfter(seconds: readonly Second[], time: number): number {
  let low = 0;
  let high = seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seconds[middle]?.at ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
