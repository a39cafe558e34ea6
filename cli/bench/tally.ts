/**
 * What became of every message.
 *
 * @module
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** Latencies in ms by part of all that were not above. */
export interface Latencies {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How many latencies were up to a bound, above the bound before it. */
export interface Bucket {
  readonly upToMs: number;
  readonly count: number;
}

/** What one subscriber has of one publisher. */
interface Line {
  next: number;
  readonly missing: Set<number>;
}

const US_PER_MS = 1_000;

/** Counts and compares, for all publishers and subscribers. */
export class Tally {
  published = 0;
  delivered = 0;
  repeated = 0;
  reordered = 0;
  /** Numbers that were not acknowledged, by publisher. */
  readonly #failed: Set<number>[];
  /** How many numbers each publisher has given. */
  readonly #given: number[];
  readonly #lines: Line[][];
  readonly #latencies: RecordableHistogram = createHistogram();
  readonly #buckets = new Map<number, number>();

  constructor(publishers: number, subscribers: number) {
    const each = <T>(count: number, make: () => T) =>
      Array.from({ length: count }, make);
    this.#failed = each(publishers, () => new Set());
    this.#given = each(publishers, () => 0);
    this.#lines = each(subscribers, () =>
      each(publishers, () => ({ next: 0, missing: new Set() })),
    );
  }

  /** The next number of a publisher's messages. */
  give(publisher: number): number {
    const number = this.#given[publisher] ?? 0;
    this.#given[publisher] = number + 1;
    return number;
  }

  /** A message was acknowledged. */
  acknowledge(): void {
    this.published += 1;
  }

  /** A message was not acknowledged: it may have come, or not. */
  fail(publisher: number, number: number): void {
    this.#failed[publisher]?.add(number);
  }

  /** How many messages were not acknowledged. */
  get failed(): number {
    return this.#failed.reduce((sum, { size }) => sum + size, 0);
  }

  /** A subscriber was handed a message. */
  take(
    subscriber: number,
    publisher: number,
    number: number,
    latencyMs: number,
  ): void {
    const line = this.#lines[subscriber]?.[publisher];
    if (line === undefined) return;
    this.delivered += 1;
    if (number >= line.next) {
      for (; line.next < number; line.next += 1) line.missing.add(line.next);
      line.next = number + 1;
    } else if (line.missing.delete(number)) this.reordered += 1;
    else this.repeated += 1;
    const us = Math.max(1, Math.round(latencyMs * US_PER_MS));
    this.#latencies.record(us);
    const bucket = Math.ceil(Math.log2(us));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  /** Deliveries of acknowledged messages that have not come. */
  get lost(): number {
    let lost = 0;
    for (const lines of this.#lines) {
      for (const [publisher, { next, missing }] of lines.entries()) {
        const failed = this.#failed[publisher] ?? new Set();
        const given = this.#given[publisher] ?? 0;
        const isLost = (number: number) => (failed.has(number) ? 0 : 1);
        for (const number of missing) lost += isLost(number);
        for (let at = next; at < given; at += 1) lost += isLost(at);
      }
    }
    return lost;
  }

  /** Undefined when nothing was delivered. */
  get latencies(): Latencies | undefined {
    if (this.delivered === 0) return undefined;
    const of = this.#latencies;
    const at = (part: number) => of.percentile(part) / US_PER_MS;
    return {
      min: of.min / US_PER_MS,
      mean: of.mean / US_PER_MS,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      max: of.max / US_PER_MS,
    };
  }

  /** Latencies by doublings, without those that nothing fell into. */
  get buckets(): Bucket[] {
    return [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, count]) => ({ upToMs: 2 ** bucket / US_PER_MS, count }));
  }
}
