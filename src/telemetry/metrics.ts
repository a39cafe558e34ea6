/**
 * Every metric of `GET /metrics`: its name, type, unit, labels and meaning. The
 * table in docs/operations.md is checked against this one by a test.
 *
 * @module
 */
import { PUBLISH_REASONS, REQUEST_REASONS } from "../protocol/reasons.ts";
import { RATE_LIMITS, RECOVERIES, RPC_OUTCOMES } from "./counters.ts";
import { EVENT_NAMES } from "./events.ts";

/** What a metric is. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  /** The last part of its name, where it has one. */
  readonly unit?: "seconds";
  /** The one label of its series, where they have one. */
  readonly label?: string;
  /**
   * All values of that label, which are always shown: what has not happened yet
   * is 0. Absent where only the channels in question have series.
   */
  readonly values?: readonly string[];
  readonly meaning: string;
}

/** All metrics, by name; the samples of a counter have `_total` behind it. */
export const METRICS = {
  sente_lite_connections: {
    type: "gauge",
    meaning:
      "clients connected: sessions, event streams, and sockets of channels' own paths",
  },
  sente_lite_channels: {
    type: "gauge",
    meaning: "channels that exist",
  },
  sente_lite_subscriptions: {
    type: "gauge",
    meaning: "subscriptions of all clients to all channels",
  },
  sente_lite_messages: {
    type: "counter",
    meaning: "messages published, ephemeral ones included",
  },
  sente_lite_deliveries: {
    type: "counter",
    meaning: "messages handed to sockets",
  },
  sente_lite_publish_refusals: {
    type: "counter",
    label: "reason",
    values: PUBLISH_REASONS,
    meaning: "publishes that were refused, or whose outcome is unknown",
  },
  sente_lite_rpc_requests: {
    type: "counter",
    label: "outcome",
    values: RPC_OUTCOMES,
    meaning:
      "RPC requests that ended; failed: answered with an error, or nobody was left to answer",
  },
  sente_lite_rpc_refusals: {
    type: "counter",
    label: "reason",
    values: REQUEST_REASONS,
    meaning: "RPC requests that nobody was asked",
  },
  sente_lite_rpc_latency_seconds: {
    type: "histogram",
    unit: "seconds",
    meaning: "from an RPC request to the final answer of a service",
  },
  sente_lite_rpc_open_requests: {
    type: "gauge",
    meaning: "RPC requests that wait for an answer",
  },
  sente_lite_rpc_old_requests: {
    type: "gauge",
    meaning: "those of them that have waited for over 60 seconds",
  },
  sente_lite_recoveries: {
    type: "counter",
    label: "outcome",
    values: RECOVERIES,
    meaning:
      "subscribers that came back and were handed all they had missed, or not all of it",
  },
  sente_lite_evictions: {
    type: "counter",
    meaning: "channels that woke up with sockets from before they left memory",
  },
  sente_lite_rate_limited: {
    type: "counter",
    label: "limit",
    values: RATE_LIMITS,
    meaning:
      "what came too soon: frames of a connection, publishes to a channel, requests over HTTP",
  },
  sente_lite_telemetry_events: {
    type: "counter",
    label: "event",
    values: EVENT_NAMES,
    meaning: "events, logged or not",
  },
  sente_lite_telemetry_dropped: {
    type: "counter",
    meaning: "events that were to be logged and never were",
  },
  sente_lite_deployment_start_time_seconds: {
    type: "gauge",
    unit: "seconds",
    meaning:
      "when the present deployment was first heard of, since the Unix epoch",
  },
  sente_lite_channel_subscribers: {
    type: "gauge",
    label: "channel",
    meaning: "subscribers of one channel",
  },
  sente_lite_channel_messages: {
    type: "counter",
    label: "channel",
    meaning:
      "the newest number of one channel: its messages but for ephemeral ones",
  },
  sente_lite_channel_message_rate: {
    type: "gauge",
    label: "channel",
    meaning:
      "messages a second of one channel over the last minute, ephemeral ones included",
  },
  sente_lite_channel_series_cut_off: {
    type: "gauge",
    meaning:
      "1 while more channels fit METRICS_PER_CHANNEL than are shown, else 0",
  },
} as const satisfies Record<string, MetricDefinition>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** Every metric, in the order of the table. */
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** What the samples of a metric are called. */
export function sampleName(name: MetricName): string {
  return METRICS[name].type === "counter" ? `${name}_total` : name;
}
