/**
 * What many durations were like.
 *
 * @module
 */

/** In the unit of the durations. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Sums up durations. */
export function latencies(durations: readonly number[]): Latencies {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
