/**
 * How much came in each of the last seconds, and how long it took.
 *
 * @module
 */

/** Over how long it is shown, and how far points are apart, in ms. */
const SPAN_MS = 300_000;
const STEP_MS = 2_000;

interface Bucket {
  count: number;
  latencies: number[];
}

/** Latencies of one step that are looked at. */
const MAX_LATENCIES = 500;

export interface Metered {
  readonly times: number[];
  /** Messages a second. */
  readonly rates: (number | null)[];
  readonly p50: (number | null)[];
  readonly p95: (number | null)[];
}

export class Meter {
  readonly #buckets = new Map<number, Bucket>();
  readonly #since = Date.now();
  /** How far the service's clock is ahead, in ms; undefined until it is known. */
  ahead: number | undefined;

  /** Counts a message that came now. */
  count(now: number, publishedAt: number): void {
    const step = Math.floor(now / STEP_MS);
    const bucket = this.#buckets.get(step) ?? { count: 0, latencies: [] };
    bucket.count++;
    if (bucket.latencies.length < MAX_LATENCIES) {
      const taken = now + (this.ahead ?? 0) - publishedAt;
      bucket.latencies.push(Math.max(0, taken));
    }
    this.#buckets.set(step, bucket);
  }

  /** The last five minutes. */
  read(now: number): Metered {
    const last = Math.floor(now / STEP_MS) - 1;
    const first = last - SPAN_MS / STEP_MS + 1;
    for (const step of [...this.#buckets.keys()]) {
      if (step < first) this.#buckets.delete(step);
    }
    const metered: Metered = { times: [], rates: [], p50: [], p95: [] };
    for (let step = first; step <= last; step++) {
      const bucket = this.#buckets.get(step);
      const latencies = (bucket?.latencies ?? []).sort((a, b) => a - b);
      const isSeen = (step + 1) * STEP_MS > this.#since;
      metered.times.push(step * STEP_MS);
      const rate = (bucket?.count ?? 0) / (STEP_MS / 1_000);
      metered.rates.push(isSeen ? rate : null);
      metered.p50.push(shareOf(latencies, 0.5));
      metered.p95.push(shareOf(latencies, 0.95));
    }
    return metered;
  }
}

function shareOf(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}
