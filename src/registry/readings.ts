/**
 * What the registry knows, as the numbers of `GET /metrics`.
 *
 * @module
 */
import type { Sparse } from "../telemetry/counters.ts";
import type { Readings, Sample } from "../telemetry/exposition.ts";
import { METRICS } from "../telemetry/metrics.ts";
import type { Figures, KnownChannel } from "./snapshot.ts";
import { byChannelId, type Watched } from "./watched.ts";

/** The most channels that `/metrics` shows one by one, with three series each. */
export const MAX_METRICS_CHANNELS = 100;

/** The channels of all registry objects, as many as are shown. */
export function together(
  parts: readonly Watched<KnownChannel>[],
): Watched<KnownChannel> {
  const channels = parts.flatMap((part) => part.channels).sort(byChannelId);
  const isTooMany = channels.length > MAX_METRICS_CHANNELS;
  return {
    channels: channels.slice(0, MAX_METRICS_CHANNELS),
    cutOff: isTooMany || parts.some(({ cutOff }) => cutOff),
  };
}

/** Figures as metrics. */
export function readings(
  { counts, telemetry, ...figures }: Figures,
  { channels, cutOff }: Watched<KnownChannel>,
): Readings {
  const dropped = Object.values(telemetry).map((event) => event.dropped);
  const perChannel = (read: (channel: KnownChannel) => number): Sample[] =>
    channels.map((channel) => ({
      label: channel.channelId,
      value: read(channel),
    }));
  return {
    sente_lite_connections: one(figures.connections),
    sente_lite_channels: one(figures.channels),
    sente_lite_subscriptions: one(figures.subscriptions),
    sente_lite_messages: one(counts.published),
    sente_lite_deliveries: one(counts.delivered),
    sente_lite_publish_refusals: each(
      METRICS.sente_lite_publish_refusals.values,
      counts.unpublished,
    ),
    sente_lite_rpc_requests: each(
      METRICS.sente_lite_rpc_requests.values,
      counts.rpc,
    ),
    sente_lite_rpc_refusals: each(
      METRICS.sente_lite_rpc_refusals.values,
      counts.unasked,
    ),
    sente_lite_rpc_latency_seconds: {
      histogram: counts.latency,
      sumMs: counts.latencyMs,
    },
    sente_lite_rpc_open_requests: one(figures.openRequests),
    sente_lite_rpc_old_requests: one(figures.oldRequests),
    sente_lite_recoveries: each(
      METRICS.sente_lite_recoveries.values,
      counts.recoveries,
    ),
    sente_lite_evictions: one(counts.evictions),
    sente_lite_rate_limited: each(
      METRICS.sente_lite_rate_limited.values,
      counts.limited,
    ),
    sente_lite_telemetry_events: METRICS.sente_lite_telemetry_events.values.map(
      (event) => ({ label: event, value: telemetry[event]?.processed ?? 0 }),
    ),
    sente_lite_telemetry_dropped: one(
      dropped.reduce((sum, count) => sum + count, 0),
    ),
    sente_lite_deployment_start_time_seconds: one(figures.since / 1_000),
    sente_lite_channel_subscribers: perChannel(
      (channel) => channel.subscriberCount,
    ),
    sente_lite_channel_messages: perChannel((channel) => channel.messageCount),
    sente_lite_channel_message_rate: perChannel(
      (channel) => channel.messagesPerSecond,
    ),
    sente_lite_channel_series_cut_off: one(cutOff ? 1 : 0),
  };
}

function one(value: number): Sample[] {
  return [{ value }];
}

/** What never happened is 0, so that the first time is seen as an increase. */
function each<K extends string>(
  names: readonly K[],
  counts: Sparse<K>,
): Sample[] {
  return names.map((label) => ({ label, value: counts[label] ?? 0 }));
}
