/**
 * A histogram of latencies: four buckets for every doubling, so that a
 * percentile read from it is at most a fifth too high.
 *
 * @module
 */

/** How many latencies fell into a bucket, by the bucket's number. */
export type Histogram = Record<number, number>;

const BUCKETS_A_DOUBLING = 4;

/** Counts a latency in milliseconds. */
export function record(histogram: Histogram, ms: number): void {
  const bucket = Math.ceil(BUCKETS_A_DOUBLING * Math.log2(Math.max(ms, 1)));
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/**
 * Bounds for those who want few buckets, in ms: every doubling, which is where
 * a bucket ends. No request stays open for longer than the last.
 */
export const BOUNDS_MS: readonly number[] = Array.from(
  { length: 20 },
  (_, doubling) => 2 ** doubling,
);

/** How many latencies were not above a bound of `BOUNDS_MS`. */
export function countUpTo(histogram: Histogram, boundMs: number): number {
  const last = BUCKETS_A_DOUBLING * Math.log2(boundMs);
  let sum = 0;
  for (const [bucket, count] of Object.entries(histogram)) {
    if (Number(bucket) <= last) sum += count;
  }
  return sum;
}

/** The sum of all latencies in ms where none was kept: at most a fifth too high. */
export function roughSum(histogram: Histogram): number {
  return Object.entries(histogram).reduce(
    (sum, [bucket, count]) => sum + count * upperBound(Number(bucket)),
    0,
  );
}

/** Adds `more` to `histogram`, in place. */
export function addHistogram(histogram: Histogram, more: Histogram): void {
  for (const [bucket, count] of Object.entries(more)) {
    const number = Number(bucket);
    histogram[number] = (histogram[number] ?? 0) + count;
  }
}

/**
 * The latency in milliseconds that a share of all was not above.
 *
 * @param share from 0 to 1.
 * @returns null when nothing was counted.
 */
export function percentile(histogram: Histogram, share: number): number | null {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= share * total) return upperBound(bucket);
  }
  return null;
}

/** The latency in milliseconds that a bucket is not above. */
export function upperBound(bucket: number): number {
  return Math.round(2 ** (bucket / BUCKETS_A_DOUBLING));
}
