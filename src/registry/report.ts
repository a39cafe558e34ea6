/**
 * What channels and isolates tell the registry, and which registry object
 * each tells it to.
 *
 * @module
 */
import type { Counts } from "../channel/counters.ts";
import type { ChannelConfig } from "../protocol/channel-config.ts";
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

/** What a channel tells: how it is, and what it counted since it last did. */
export interface ChannelReport {
  channelId: string;
  /** Higher than that of every report of the channel that was made before. */
  order: number;
  /** Null when the channel does not exist (any more). */
  channel: ReportedChannel | null;
  /** Clients on the channel's own path. */
  directConnections: number;
  counts: Counts;
  telemetry: TelemetryCounts;
  deployment: string;
}

/** What an isolate tells of the sessions in it. */
export interface IsolateReport {
  isolate: string;
  connections: number;
  telemetry: TelemetryCounts;
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

/** The names of all registry objects. */
export function allShards(shards: number): string[] {
  return Array.from({ length: shards }, (_, i) => String(i));
}
