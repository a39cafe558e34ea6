/**
 * The figures of registry objects, put together.
 *
 * @module
 */
import { addToCounts, noCounts } from "../telemetry/counters.ts";
import { addCounts } from "../telemetry/sink.ts";
import type { Figures } from "./snapshot.ts";

/** More old requests than this are unhealthy. */
export const MAX_OLD_REQUESTS = 10;

/** The figures of all registry objects as those of one. */
export function addUp(shards: readonly Figures[]): Figures {
  const total: Figures = {
    connections: 0,
    channels: 0,
    subscriptions: 0,
    openRequests: 0,
    oldRequests: 0,
    counts: noCounts(),
    telemetry: {},
    since: Number.POSITIVE_INFINITY,
  };
  for (const shard of shards) {
    total.connections += shard.connections;
    total.channels += shard.channels;
    total.subscriptions += shard.subscriptions;
    total.openRequests += shard.openRequests;
    total.oldRequests += shard.oldRequests;
    total.since = Math.min(total.since, shard.since);
    addToCounts(total.counts, shard.counts);
    addCounts(total.telemetry, shard.telemetry);
  }
  return total;
}
