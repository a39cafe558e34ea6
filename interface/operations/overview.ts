import * as v from "valibot";

import { ListQuerySchema, SinceSchema } from "../../src/http/schemas.ts";
import {
  ChannelPageSchema,
  HealthSchema,
  ProbeSchema,
  ServerStatsSchema,
  StatsHistorySchema,
} from "../../src/protocol/answers.ts";
import type { Operation } from "../operation.ts";
import { CONFIG, CREATED_AT, refusal } from "../values.ts";

const HEALTH = v.union([HealthSchema, ProbeSchema]);

/** Everything at a glance, and these documents. */
export const OVERVIEW: readonly Operation[] = [
  {
    method: "GET",
    path: "/health",
    id: "getHealth",
    tag: "overview",
    summary: "Whether all is well",
    description:
      "For `admin` on every channel with figures; anybody else is told the status alone. At most two seconds old.",
    needs: "none",
    answers: {
      200: { description: "It is healthy.", schema: HEALTH },
      503: {
        description:
          "It is not: more than ten RPC requests are open for over 60 s, the registry is out of reach, or a setting of the deployment is wrong.",
        schema: ProbeSchema,
      },
    },
    reasons: ["rate-limited", "internal-error"],
    examples: [
      {
        name: "all",
        summary: "For who may see everything",
        status: 200,
        figures: true,
        answer: {
          status: "healthy",
          connections: 15,
          channels: 8,
          "system-health": {
            healthy: true,
            "total-channels": 8,
            "total-subscriptions": 42,
            "active-connections": 15,
            "pending-rpc-requests": 2,
            "old-rpc-requests": 0,
          },
          "uptime-ms": 125000,
        },
      },
      {
        name: "probe",
        summary: "For anybody else",
        as: "nobody",
        status: 200,
        answer: { status: "healthy" },
      },
    ],
  },
  {
    method: "GET",
    path: "/stats",
    id: "getStats",
    tag: "overview",
    summary: "Figures of all channels and requests",
    description: "At most two seconds old.",
    needs: "admin",
    answers: {
      200: { description: "The figures.", schema: ServerStatsSchema },
    },
    reasons: ["forbidden"],
    examples: [
      {
        name: "figures",
        summary: "Of a service with one channel",
        given: [{ channel: "chat", messages: ["hello", "world"] }],
        status: 200,
        figures: true,
        answer: {
          "active-connections": 1,
          "total-messages": 10,
          "server-config": {
            auth: "open",
            "auto-create": true,
            "heartbeat-ms": 30000,
            "max-frame-bytes": 65536,
            "max-data-bytes": 60000,
            "max-subscriptions": 100,
            "max-outstanding": 10000,
            "default-config": { ...CONFIG, "message-retention": 10 },
          },
          "channel-stats": {
            channels: {
              chat: {
                "subscriber-count": 0,
                "message-count": 2,
                "created-at": CREATED_AT,
                "retention-count": 2,
                "messages-per-second": 0.05,
              },
            },
            "total-channels": 1,
            "total-subscriptions": 0,
            "active-connections": 1,
            "pending-rpc-requests": 0,
          },
          "rpc-stats": {
            open: 0,
            answered: 3,
            failed: 1,
            "timed-out": 2,
            cancelled: 1,
            "latency-ms": { p50: 8, p95: 11, p99: 11 },
          },
          "delivery-stats": { published: 10, delivered: 14 },
          "telemetry-stats": {
            level: "info",
            processed: 16,
            dropped: 0,
            events: {
              "sente-lite.channels/channel-created": {
                processed: 2,
                dropped: 0,
              },
            },
          },
        },
      },
      {
        name: "forbidden",
        summary: "With a token that grants less than all",
        as: "reader",
        status: 403,
        answer: refusal("forbidden", "this needs admin on every channel"),
      },
    ],
  },
  {
    method: "GET",
    path: "/stats/history",
    id: "readHistory",
    tag: "overview",
    summary: "What the last 15 minutes were like",
    description:
      "For `admin` on every channel. `samples` are columns: the same place in each is the same second, which began `at`. Kept in memory: it starts over when the registry does.",
    needs: "admin",
    query: SinceSchema,
    answers: {
      200: { description: "The history.", schema: StatsHistorySchema },
    },
    reasons: ["invalid-query", "forbidden"],
    examples: [
      {
        name: "quiet",
        summary: "Nothing since a moment in the future",
        query: { since: 9_000_000_000_000 },
        status: 200,
        figures: true,
        answer: {
          status: "healthy",
          "server-time": 1795414500250,
          "uptime-ms": 66250,
          "kept-ms": 900_000,
          now: {
            connections: 0,
            channels: 1,
            subscriptions: 0,
            "open-requests": 0,
            "old-requests": 0,
            "total-messages": 10,
            "total-deliveries": 14,
          },
          samples: {
            at: [],
            connections: [],
            channels: [],
            subscriptions: [],
            "open-requests": [],
            published: [],
            delivered: [],
            answered: [],
            failed: [],
            "timed-out": [],
            cancelled: [],
            "latency-ms": [],
          },
        },
      },
      {
        name: "forbidden",
        summary: "With a token that grants less than all",
        as: "reader",
        status: 403,
        answer: refusal("forbidden", "this needs admin on every channel"),
      },
    ],
  },
  {
    method: "GET",
    path: "/channels",
    id: "listChannels",
    tag: "overview",
    summary: "A page of channels, in byte order of their ids",
    description:
      "Those whose `info` is granted, at most two seconds old. `cursor` goes into the next query.",
    needs: "token",
    query: ListQuerySchema,
    answers: { 200: { description: "The page.", schema: ChannelPageSchema } },
    reasons: ["invalid-query"],
    examples: [
      {
        name: "page",
        summary: "Channels that start with `chat`",
        given: [
          {
            channel: "chat",
            config: { "message-retention": 50 },
            messages: ["hello", "world"],
          },
        ],
        query: { prefix: "chat", limit: 10 },
        status: 200,
        figures: true,
        answer: {
          channels: {
            chat: {
              config: CONFIG,
              "created-at": CREATED_AT,
              "message-count": 2,
              "subscriber-count": 0,
              "messages-per-second": 0.05,
            },
          },
          cursor: null,
        },
      },
      {
        name: "no-token",
        summary: "Without a token",
        as: "nobody",
        status: 401,
        answer: refusal(
          "token-required",
          "a token is required: send it as `Authorization: Bearer <token>`, or offer the subprotocol `sente-lite.token.<token>`",
        ),
      },
    ],
  },
];
