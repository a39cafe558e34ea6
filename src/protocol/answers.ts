/**
 * What the service answers over HTTP (docs/protocol.md §6). The types are
 * inferred from these schemas; the service builds them, clients and tests
 * validate. Of these schemas the Worker imports the types alone, since bundlers
 * would keep all of them. Frames that are answers as well stand in
 * `server-frames.ts`.
 *
 * @module
 */
import * as v from "valibot";

import { ChannelConfigSchema } from "./channel-config.ts";
import { ChannelMessageSchema, ChannelSummarySchema } from "./server-frames.ts";

const integer = v.pipe(v.number(), v.safeInteger());

/** `GET` and `PUT /channels/:id`. */
export const ChannelInfoSchema = v.object({
  ...ChannelSummarySchema.entries,
  seq: integer,
  epoch: v.string(),
  "pending-rpc-requests": integer,
});

/** `GET /channels`. */
export const ChannelPageSchema = v.object({
  channels: v.record(v.string(), ChannelSummarySchema),
  /** Where the next page starts, or null on the last one. */
  cursor: v.nullable(v.string()),
});

/** `GET /channels/:id/messages`. */
export const HistoryPageSchema = v.object({
  "channel-id": v.string(),
  epoch: v.string(),
  seq: integer,
  complete: v.boolean(),
  more: v.optional(v.literal(true)),
  messages: v.array(ChannelMessageSchema),
});

/** `GET /health`, for those who may not see more. */
export const ProbeSchema = v.object({
  status: v.picklist(["healthy", "unhealthy"]),
});

/** `GET /health`, for `admin` on every channel. */
export const HealthSchema = v.object({
  ...ProbeSchema.entries,
  connections: integer,
  channels: integer,
  "system-health": v.object({
    healthy: v.boolean(),
    "total-channels": integer,
    "total-subscriptions": integer,
    "active-connections": integer,
    "pending-rpc-requests": integer,
    "old-rpc-requests": integer,
  }),
  "uptime-ms": integer,
});

/** `GET /health/live`. */
export const LiveSchema = v.object({ status: v.literal("live") });

/** `GET /health/ready`. */
export const ReadySchema = v.object({
  status: v.picklist(["ready", "not-ready"]),
});

const ServerConfigSchema = v.object({
  auth: v.picklist(["jwt", "open"]),
  "auto-create": v.boolean(),
  "heartbeat-ms": integer,
  "max-frame-bytes": integer,
  "max-data-bytes": integer,
  "max-subscriptions": integer,
  "max-outstanding": integer,
  "default-config": ChannelConfigSchema,
});

const ChannelStatsSchema = v.object({
  "subscriber-count": integer,
  "message-count": integer,
  "created-at": integer,
  "retention-count": integer,
  "messages-per-second": v.number(),
});

const EventCountSchema = v.object({ processed: integer, dropped: integer });

/** Null before the first. */
const percentile = v.nullable(v.number());

/** `GET /stats`. */
export const ServerStatsSchema = v.object({
  "active-connections": integer,
  "total-messages": integer,
  "server-config": ServerConfigSchema,
  "channel-stats": v.object({
    channels: v.record(v.string(), ChannelStatsSchema),
    "total-channels": integer,
    "total-subscriptions": integer,
    "active-connections": integer,
    "pending-rpc-requests": integer,
  }),
  "rpc-stats": v.object({
    open: integer,
    answered: integer,
    failed: integer,
    "timed-out": integer,
    cancelled: integer,
    "latency-ms": v.object({
      p50: percentile,
      p95: percentile,
      p99: percentile,
    }),
  }),
  "delivery-stats": v.object({ published: integer, delivered: integer }),
  "telemetry-stats": v.object({
    level: v.picklist(["debug", "info", "error", "off"]),
    processed: integer,
    dropped: integer,
    events: v.record(v.string(), EventCountSchema),
  }),
  truncated: v.optional(v.literal(true)),
});

/** One subscriber of a channel. */
export const SubscriberSchema = v.object({
  "conn-id": v.string(),
  "user-id": v.nullable(v.string()),
  via: v.picklist(["direct", "session"]),
  "subscribed-at": integer,
});

/** The body of `GET /channels/:id/subscribers`. */
export const SubscriberListSchema = v.object({
  "channel-id": v.string(),
  "server-time": integer,
  "subscriber-count": integer,
  subscribers: v.array(SubscriberSchema),
  truncated: v.optional(v.literal(true)),
});

const integers = v.array(integer);

/** Counts by upper bound in ms: how many answers took so long at most. */
const LatencySchema = v.record(v.string(), integer);

/** The body of `GET /stats/history`. */
export const StatsHistorySchema = v.object({
  status: v.picklist(["healthy", "unhealthy"]),
  /** Why it is not healthy, for people. */
  message: v.optional(v.string()),
  "server-time": integer,
  "uptime-ms": integer,
  /** How far back samples are kept. */
  "kept-ms": integer,
  now: v.object({
    connections: integer,
    channels: integer,
    subscriptions: integer,
    "open-requests": integer,
    "old-requests": integer,
    "total-messages": integer,
    "total-deliveries": integer,
  }),
  /** Columns of equal length: a second each, oldest first. */
  samples: v.object({
    at: integers,
    connections: integers,
    channels: integers,
    subscriptions: integers,
    "open-requests": integers,
    published: integers,
    delivered: integers,
    answered: integers,
    failed: integers,
    "timed-out": integers,
    cancelled: integers,
    "latency-ms": v.array(LatencySchema),
  }),
});

/** `POST /users/:user-id/disconnect`. */
export const DisconnectedSchema = v.object({
  "user-id": v.string(),
  connections: integer,
});

/** A channel as it is at this moment. */
export type ChannelInfo = v.InferOutput<typeof ChannelInfoSchema>;

/** A page of channels. */
export type ChannelPage = v.InferOutput<typeof ChannelPageSchema>;

/** A page of stored messages. */
export type HistoryPage = v.InferOutput<typeof HistoryPageSchema>;

/** The body of `GET /health`. */
export type Health = v.InferOutput<typeof HealthSchema>;

/** The body of `GET /stats`. */
export type ServerStats = v.InferOutput<typeof ServerStatsSchema>;

/** What ending a user's connections comes to. */
export type Disconnected = v.InferOutput<typeof DisconnectedSchema>;

/** One subscriber of a channel. */
export type Subscriber = v.InferOutput<typeof SubscriberSchema>;
/** The body of `GET /channels/:id/subscribers`. */
export type SubscriberList = v.InferOutput<typeof SubscriberListSchema>;
/** The body of `GET /stats/history`. */
export type StatsHistory = v.InferOutput<typeof StatsHistorySchema>;
