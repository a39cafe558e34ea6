/**
 * What channels and isolates tell the registry, and which registry object
 * each tells it to.
 *
 * @module
 */

import type { ChannelConfig } from "../protocol/channel-config.ts";
import type { OlderCounts } from "../telemetry/counters.ts";
import type { TelemetryCounts } from "../telemetry/sink.ts";

/** A channel as it last reported. */
export interface ReportedChannel {
  createdAt: number;
  config: ChannelConfig;
  messageCount: number;
  subscriberCount: number;
  /** Messages that a new subscriber would be handed. */
  retentionCount: number;
  /** Open requests: how many were opened in each second since the epoch. */
  openRequests: Record<string, number>;
}

/** What was counted since the last report. */
export interface Counted {
  counts: OlderCounts;
  telemetry: TelemetryCounts;
}

/** What a channel tells: how it is, and what it counted since it last did. */
export interface ChannelReport extends Counted {
  channelId: string;
  /** Higher than that of every report of the channel that was made before. */
  order: number;
  /** Null when the channel does not exist (any more). */
  channel: ReportedChannel | null;
  /** Clients on the channel's own path. */
  directConnections: number;
  deployment: string;
}

/** What an isolate tells of the sessions in it. */
export interface IsolateReport extends Omit<Counted, "counts"> {
  isolate: string;
  connections: number;
  /** Absent from what an older version tells. */
  counts?: OlderCounts;
  deployment: string;
}

/** What the registry answers: when to report again at the earliest. */
export interface ReportAnswer {
  intervalMs: number;
}

/** The name of the registry object that knows a channel. */
export function shardOf(name: string, shards: number): string {
  // FNV-1a: spreads short names well, and needs no await.
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return String((hash >>> 0) % shards);
}

/** That of the one object that all isolates report to. */
export const ISOLATES_SHARD = shardOf("", 1);

/** The names of all registry objects. */
export function allShards(shards: number): string[] {
  return Array.from({ length: shards }, (_, i) => String(i));
}
