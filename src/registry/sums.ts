/**
 * What goes on adding up in the registry, as it is kept on disk.
 *
 * @module
 */
import * as v from "valibot";

import { addToCounts, type Counts, noCounts } from "../telemetry/counters.ts";
import type { TelemetryCounts } from "../telemetry/sink.ts";

/** What goes on adding up. */
export interface Sums {
  counts: Counts;
  telemetry: TelemetryCounts;
  /** When each deployment was first heard of, newest last. */
  deployments: [name: string, at: number][];
  /**
   * Who was last heard of between this time, in ms, and the newest deployment
   * may not have come to tell all before the one before it ended.
   */
  doubtfulFrom: number;
}

const ByName = v.record(v.string(), v.number());

/** What is optional is missing in the sums of older versions. */
const SumsSchema = v.object({
  counts: v.object({
    published: v.number(),
    delivered: v.number(),
    rpc: v.object({
      answered: v.number(),
      failed: v.number(),
      "timed-out": v.number(),
      cancelled: v.number(),
    }),
    latency: ByName,
    latencyMs: v.optional(v.number()),
    unpublished: v.optional(ByName),
    unasked: v.optional(ByName),
    recoveries: v.optional(ByName),
    limited: v.optional(ByName),
    evictions: v.optional(v.number()),
  }),
  telemetry: v.record(
    v.string(),
    v.object({ processed: v.number(), dropped: v.number() }),
  ),
  deployments: v.array(v.tuple([v.string(), v.number()])),
  doubtfulFrom: v.number(),
});

/** The sums from their JSON; without any, none. */
export function readSums(kept: string | undefined): Sums {
  const counts = noCounts();
  if (kept === undefined) {
    return { counts, telemetry: {}, deployments: [], doubtfulFrom: 0 };
  }
  const sums = v.parse(SumsSchema, JSON.parse(kept));
  addToCounts(counts, sums.counts);
  return { ...sums, counts };
}
