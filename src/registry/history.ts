/**
 * What the last fifteen minutes looked like, a sample for every second in
 * which something was reported or asked. Kept in memory alone: after a restart
 * it starts at nothing. It sets no timer and writes no row.
 *
 * @module
 */
import {
  addToCounts,
  type Counts,
  noCounts,
  type OlderCounts,
} from "../telemetry/counters.ts";

/** How far back samples are kept, in ms. */
export const HISTORY_MS = 900_000;
const SECOND_MS = 1_000;
const MAX_SAMPLES = HISTORY_MS / SECOND_MS;

/** How things stand. */
export interface Gauges {
  connections: number;
  channels: number;
  subscriptions: number;
  openRequests: number;
}

/** One second: what was counted in it, and how things stood at its end. */
export interface Sample extends Gauges {
  /** When it began, in ms. */
  at: number;
  counts: Counts;
}

/** The samples of one registry object. */
export class History {
  readonly #gauges: () => Gauges;
  readonly #samples: Sample[] = [];
  #second: { at: number; counts: Counts } | undefined;

  /** @param gauges how things stand; asked once a second at most. */
  constructor(gauges: () => Gauges) {
    this.#gauges = gauges;
  }

  /** Counts what a report tells; called before the gauges hear of it. */
  add(counts: OlderCounts, now: number): void {
    addToCounts(this.#turn(now).counts, counts);
  }

  /** The seconds that are over and began after a time in ms. */
  after(since: number, now: number): Sample[] {
    this.#turn(now);
    return this.#samples.filter(({ at }) => at > since);
  }

  /** Nothing has changed since the last call: gauges are of the second before. */
  #turn(now: number): { counts: Counts } {
    const at = now - (now % SECOND_MS);
    if (this.#second?.at === at) return this.#second;
    const over = this.#second;
    if (over !== undefined) this.#samples.push({ ...over, ...this.#gauges() });
    const first = this.#samples.findIndex((each) => each.at > at - HISTORY_MS);
    const old = first < 0 ? this.#samples.length : first;
    this.#samples.splice(0, Math.max(old, this.#samples.length - MAX_SAMPLES));
    this.#second = { at, counts: noCounts() };
    return this.#second;
  }
}

/** The samples of several registry objects as those of one. */
export function mergeSamples(shards: readonly (readonly Sample[])[]): Sample[] {
  const [only, ...others] = shards;
  if (only !== undefined && others.length === 0) return [...only];
  const times = new Set(shards.flatMap((shard) => shard.map(({ at }) => at)));
  const merged = [...times].sort((a, b) => a - b).map(emptySample);
  for (const shard of shards) {
    let next = 0;
    let last: Sample | undefined;
    for (const sum of merged) {
      const sample = shard[next];
      if (sample?.at === sum.at) {
        next++;
        last = sample;
        addToCounts(sum.counts, sample.counts);
      }
      // Who says nothing stands as before.
      if (last !== undefined) addGauges(sum, last);
    }
  }
  return merged;
}

function emptySample(at: number): Sample {
  const gauges = { connections: 0, channels: 0, subscriptions: 0 };
  return { at, counts: noCounts(), ...gauges, openRequests: 0 };
}

function addGauges(sum: Gauges, more: Gauges): void {
  sum.connections += more.connections;
  sum.channels += more.channels;
  sum.subscriptions += more.subscriptions;
  sum.openRequests += more.openRequests;
}
