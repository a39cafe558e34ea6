/**
 * What a channel, or an isolate with its sessions, counts between two reports
 * to the registry, and how such counts add up.
 *
 * @module
 */
import type { PublishReason, RequestReason } from "../protocol/reasons.ts";
import { addHistogram, type Histogram, record, roughSum } from "./histogram.ts";

/** How requests ended. */
export const RPC_OUTCOMES = [
  "answered",
  "failed",
  "timed-out",
  "cancelled",
] as const;
/**
 * `answered` by a service, without `error`; `failed`: answered with `error`,
 * or nobody was left to answer.
 */
export type RpcCounts = Record<(typeof RPC_OUTCOMES)[number], number>;

/** How those fared who came back and said up to where they had everything. */
export const RECOVERIES = ["recovered", "gap"] as const;
export type Recovery = (typeof RECOVERIES)[number];

/** What is refused when there is too much of it in a second. */
export const RATE_LIMITS = ["frames", "publishes", "http"] as const;
export type RateLimited = (typeof RATE_LIMITS)[number];

/** Counts by name; what never happened is absent, so reports stay short. */
export type Sparse<K extends string> = Partial<Record<K, number>>;

/** Counts since the last report. */
export interface Counts {
  /** Messages published, ephemeral ones included. */
  published: number;
  /** Messages handed to sockets. */
  delivered: number;
  rpc: RpcCounts;
  /** From request to final answer, of requests that were answered. */
  latency: Histogram;
  /** The sum of these latencies, in ms. */
  latencyMs: number;
  /** Publishes refused. */
  unpublished: Sparse<PublishReason>;
  /** Requests of which nobody was asked. */
  unasked: Sparse<RequestReason>;
  recoveries: Sparse<Recovery>;
  limited: Sparse<RateLimited>;
  /** Times that a channel woke up with sockets that it had before. */
  evictions: number;
}

/** Counts as an older version of the service tells or has kept them. */
export type OlderCounts = Partial<Counts> &
  Pick<Counts, "published" | "delivered" | "rpc" | "latency">;

/**
 * Only a message and the end of a request are worth a report: what is counted
 * besides travels with the next one.
 */
export class Counters {
  #counts = noCounts();
  #changed = false;

  /** Whether something was counted that is worth a report. */
  get changed(): boolean {
    return this.#changed;
  }

  published(delivered: number): void {
    this.#counts.published++;
    this.#counts.delivered += delivered;
    this.#changed = true;
  }

  /** @param latencyMs absent where no service answered. */
  requestEnded(how: keyof RpcCounts, latencyMs?: number): void {
    this.#counts.rpc[how]++;
    if (latencyMs !== undefined) {
      record(this.#counts.latency, latencyMs);
      this.#counts.latencyMs += latencyMs;
    }
    this.#changed = true;
  }

  publishRefused(reason: PublishReason): void {
    add(this.#counts.unpublished, reason, 1);
  }

  requestRefused(reason: RequestReason): void {
    add(this.#counts.unasked, reason, 1);
  }

  recovery(outcome: Recovery): void {
    add(this.#counts.recoveries, outcome, 1);
  }

  limited(what: RateLimited): void {
    add(this.#counts.limited, what, 1);
  }

  evicted(): void {
    this.#counts.evictions++;
  }

  /** What was counted since this was last called. */
  take(): Counts {
    const counts = this.#counts;
    this.#counts = noCounts();
    this.#changed = false;
    return counts;
  }

  /** Counts again what could not be reported. */
  giveBack(counts: OlderCounts): void {
    addToCounts(this.#counts, counts);
    this.#changed = true;
  }
}

export function noCounts(): Counts {
  return {
    published: 0,
    delivered: 0,
    rpc: { answered: 0, failed: 0, "timed-out": 0, cancelled: 0 },
    latency: {},
    latencyMs: 0,
    unpublished: {},
    unasked: {},
    recoveries: {},
    limited: {},
    evictions: 0,
  };
}

/** Adds `more` to `counts`, in place. */
export function addToCounts(counts: Counts, more: OlderCounts): void {
  counts.published += more.published;
  counts.delivered += more.delivered;
  for (const outcome of RPC_OUTCOMES) counts.rpc[outcome] += more.rpc[outcome];
  addHistogram(counts.latency, more.latency);
  counts.latencyMs += more.latencyMs ?? roughSum(more.latency);
  addSparse(counts.unpublished, more.unpublished);
  addSparse(counts.unasked, more.unasked);
  addSparse(counts.recoveries, more.recoveries);
  addSparse(counts.limited, more.limited);
  counts.evictions += more.evictions ?? 0;
}

function addSparse<K extends string>(
  sums: Sparse<K>,
  more: Sparse<K> = {},
): void {
  for (const name in more) add(sums, name, more[name] ?? 0);
}

function add<K extends string>(sums: Sparse<K>, name: K, more: number): void {
  sums[name] = (sums[name] ?? 0) + more;
}
