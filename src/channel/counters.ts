/**
 * What a channel counts between two reports to the registry.
 *
 * @module
 */
import {
  addHistogram,
  type Histogram,
  record,
} from "../telemetry/histogram.ts";

/** How requests ended. */
export interface RpcCounts {
  /** Answered by a service, without `error`. */
  answered: number;
  /** Answered with `error`, or nobody was left to answer. */
  failed: number;
  "timed-out": number;
  cancelled: number;
}

/** Counts since the last report. */
export interface Counts {
  /** Messages published, ephemeral ones included. */
  published: number;
  /** Messages handed to sockets. */
  delivered: number;
  rpc: RpcCounts;
  /** From request to final answer, of requests that were answered. */
  latency: Histogram;
}

export class Counters {
  #counts = noCounts();
  #changed = false;

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
    if (latencyMs !== undefined) record(this.#counts.latency, latencyMs);
    this.#changed = true;
  }

  /** What was counted since this was last called. */
  take(): Counts {
    const counts = this.#counts;
    this.#counts = noCounts();
    this.#changed = false;
    return counts;
  }

  /** Counts again what could not be reported. */
  giveBack(counts: Counts): void {
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
  };
}

/** Adds `more` to `counts`, in place. */
export function addToCounts(counts: Counts, more: Counts): void {
  counts.published += more.published;
  counts.delivered += more.delivered;
  counts.rpc.answered += more.rpc.answered;
  counts.rpc.failed += more.rpc.failed;
  counts.rpc["timed-out"] += more.rpc["timed-out"];
  counts.rpc.cancelled += more.rpc.cancelled;
  addHistogram(counts.latency, more.latency);
}
