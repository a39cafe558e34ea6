/**
 * Answers over HTTP (docs/protocol.md §6), as far as they are printed.
 *
 * @module
 */
import * as v from "valibot";

import { ChannelConfigSchema } from "../src/protocol/channel-config.ts";
import { count } from "../src/protocol/fields.ts";
import { ChannelSummarySchema } from "../src/protocol/server-frames.ts";

/** `GET /health`; only administrators are told more than the status. */
export const HealthSchema = v.object({
  status: v.picklist(["healthy", "unhealthy"]),
  "system-health": v.optional(
    v.object({
      "total-channels": count(),
      "total-subscriptions": count(),
      "active-connections": count(),
      "pending-rpc-requests": count(),
    }),
  ),
  "uptime-ms": v.optional(count()),
});

/** A page of `GET /channels`. */
export const ChannelPageSchema = v.object({
  channels: v.record(v.string(), ChannelSummarySchema),
  cursor: v.nullable(v.string()),
});

/** `GET` and `PUT /channels/:id` */
export const ChannelInfoSchema = v.object({
  ...ChannelSummarySchema.entries,
  seq: count(),
  epoch: v.string(),
  "pending-rpc-requests": count(),
});

/** What is known of a channel. */
export type ChannelInfo = v.InferOutput<typeof ChannelInfoSchema>;

/** `PATCH /channels/:id` */
export const ConfigSchema = ChannelConfigSchema;

/** The part of `GET /stats` that people are shown. */
export const StatsSchema = v.object({
  "active-connections": count(),
  "total-messages": count(),
  "channel-stats": v.object({
    channels: v.record(
      v.string(),
      v.object({
        "subscriber-count": count(),
        "message-count": count(),
        "messages-per-second": v.number(),
      }),
    ),
    "total-channels": count(),
    "total-subscriptions": count(),
    "pending-rpc-requests": count(),
  }),
  "rpc-stats": v.object({
    answered: count(),
    failed: count(),
    "timed-out": count(),
    cancelled: count(),
    "latency-ms": v.object({
      p50: v.nullable(v.number()),
      p95: v.nullable(v.number()),
      p99: v.nullable(v.number()),
    }),
  }),
  "delivery-stats": v.object({ published: count(), delivered: count() }),
});

/** The figures of a service. */
export type Stats = v.InferOutput<typeof StatsSchema>;
