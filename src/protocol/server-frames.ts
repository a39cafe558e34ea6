/**
 * What the server sends: one schema a frame, its type inferred from it
 * (docs/protocol.md §3 to §5). The server builds these types; clients and
 * tests validate with the schemas.
 *
 * @module
 */
import * as v from "valibot";

import { ChannelConfigSchema } from "./channel-config.ts";
import { RefSchema } from "./fields.ts";
import { OPERATIONS } from "./operations.ts";
import {
  AUTHENTICATE_REASONS,
  CANCEL_REASONS,
  ERROR_REASONS,
  PUBLISH_REASONS,
  REQUEST_REASONS,
  RESPONSE_REASONS,
  RPC_END_REASONS,
  SUBSCRIBE_REASONS,
  SUBSCRIPTION_LOST_REASONS,
  UNSUBSCRIBE_REASONS,
  UNSUBSCRIBED_REASONS,
} from "./reasons.ts";

const ref = v.optional(RefSchema);
const integer = v.pipe(v.number(), v.safeInteger());
const id = v.string();
const nullableId = v.nullable(v.string());
/** Which operation is `forbidden`. */
const operation = v.optional(v.picklist(OPERATIONS));

/** A message as subscribers get it and as it is retained. */
export const ChannelMessageSchema = v.object({
  type: v.literal("channel-message"),
  "channel-id": id,
  data: v.unknown(),
  "message-id": id,
  /** Absent on an ephemeral message, which has no number. */
  seq: v.optional(integer),
  "published-at": integer,
  "broadcast-time": integer,
  "sender-conn-id": nullableId,
  "sender-user-id": nullableId,
});

/** A channel as listings show it. */
export const ChannelSummarySchema = v.object({
  config: ChannelConfigSchema,
  "created-at": integer,
  "message-count": integer,
  "subscriber-count": integer,
  /** Over the last minute; only the registry knows it. */
  "messages-per-second": v.optional(v.number()),
});

/** Every frame the server sends, by its `type`. */
export const SERVER_FRAMES = {
  welcome: v.object({
    type: v.literal("welcome"),
    "conn-id": id,
    "server-time": integer,
    protocol: v.literal(1),
    "heartbeat-ms": integer,
    "max-frame-bytes": integer,
    "max-depth": integer,
    "frames-per-second": integer,
    "frames-burst": integer,
    "user-id": nullableId,
  }),
  pong: v.object({
    type: v.literal("pong"),
    ref,
    timestamp: v.optional(integer),
    "original-timestamp": v.optional(v.nullable(v.number())),
  }),
  "authenticate-result": v.object({
    type: v.literal("authenticate-result"),
    ref,
    success: v.boolean(),
    "expires-at": v.optional(integer),
    reason: v.optional(v.picklist(AUTHENTICATE_REASONS)),
    message: v.optional(v.string()),
  }),
  "token-expiring": v.object({
    type: v.literal("token-expiring"),
    "expires-at": integer,
  }),
  "channel-list": v.object({
    type: v.literal("channel-list"),
    ref,
    channels: v.record(v.string(), ChannelSummarySchema),
    cursor: nullableId,
  }),
  "subscription-list": v.object({
    type: v.literal("subscription-list"),
    ref,
    subscriptions: v.array(id),
  }),
  echo: v.object({
    type: v.literal("echo"),
    ref,
    original: v.looseObject({}),
    "conn-id": id,
    timestamp: integer,
  }),
  error: v.object({
    type: v.literal("error"),
    ref,
    reason: v.picklist(ERROR_REASONS),
    message: v.string(),
    "retry-after-ms": v.optional(integer),
  }),
  "subscription-result": v.object({
    type: v.literal("subscription-result"),
    ref,
    "channel-id": id,
    success: v.boolean(),
    "subscriber-count": v.optional(integer),
    "retained-messages": v.optional(v.array(ChannelMessageSchema)),
    epoch: v.optional(v.string()),
    seq: v.optional(integer),
    recovered: v.optional(v.boolean()),
    reason: v.optional(v.picklist(SUBSCRIBE_REASONS)),
    operation,
    current: v.optional(integer),
    max: v.optional(integer),
  }),
  "unsubscription-result": v.object({
    type: v.literal("unsubscription-result"),
    ref,
    "channel-id": id,
    success: v.boolean(),
    reason: v.optional(v.picklist(UNSUBSCRIBE_REASONS)),
  }),
  "publish-result": v.object({
    type: v.literal("publish-result"),
    ref,
    "channel-id": id,
    success: v.boolean(),
    "message-id": v.optional(id),
    seq: v.optional(integer),
    "delivered-to": v.optional(integer),
    duplicate: v.optional(v.literal(true)),
    reason: v.optional(v.picklist(PUBLISH_REASONS)),
    operation,
    "retry-after-ms": v.optional(integer),
  }),
  "channel-message": ChannelMessageSchema,
  "channel-deleted": v.object({
    type: v.literal("channel-deleted"),
    "channel-id": id,
  }),
  "subscription-lost": v.object({
    type: v.literal("subscription-lost"),
    "channel-id": id,
    reason: v.picklist(SUBSCRIPTION_LOST_REASONS),
  }),
  unsubscribed: v.object({
    type: v.literal("unsubscribed"),
    "channel-id": id,
    reason: v.picklist(UNSUBSCRIBED_REASONS),
  }),
  "rpc-request-result": v.object({
    type: v.literal("rpc-request-result"),
    ref,
    "request-id": nullableId,
    "channel-id": id,
    delivery: v.object({
      success: v.boolean(),
      "delivered-to": v.optional(integer),
      subscribers: v.optional(v.array(id)),
      reason: v.optional(v.picklist(REQUEST_REASONS)),
      operation,
      "retry-after-ms": v.optional(integer),
    }),
  }),
  "rpc-request": v.object({
    type: v.literal("rpc-request"),
    "request-id": id,
    "channel-id": id,
    data: v.unknown(),
    "sender-conn-id": nullableId,
    "sender-user-id": nullableId,
    "created-at": integer,
    "timeout-ms": integer,
  }),
  "rpc-response-result": v.object({
    type: v.literal("rpc-response-result"),
    ref,
    "request-id": id,
    success: v.boolean(),
    reason: v.optional(v.picklist(RESPONSE_REASONS)),
    operation,
  }),
  "rpc-response": v.object({
    type: v.literal("rpc-response"),
    "request-id": id,
    "channel-id": id,
    data: v.unknown(),
    error: v.boolean(),
    final: v.boolean(),
    /** Null where no service gave the answer. */
    "responder-conn-id": nullableId,
    "created-at": integer,
    reason: v.optional(v.picklist(RPC_END_REASONS)),
  }),
  "rpc-cancel-result": v.object({
    type: v.literal("rpc-cancel-result"),
    ref,
    "request-id": id,
    success: v.boolean(),
    reason: v.optional(v.picklist(CANCEL_REASONS)),
  }),
  "rpc-cancel": v.object({ type: v.literal("rpc-cancel"), "request-id": id }),
} as const;

/** The `type` of a frame the server sends. */
export type ServerFrameType = keyof typeof SERVER_FRAMES;

/** One server frame, by its type. */
export type ServerFrameOf<T extends ServerFrameType> = v.InferOutput<
  (typeof SERVER_FRAMES)[T]
>;

/** Any frame the server sends. */
export type ServerFrame = {
  [T in ServerFrameType]: ServerFrameOf<T>;
}[ServerFrameType];

/** A message as subscribers get it. */
export type ChannelMessage = v.InferOutput<typeof ChannelMessageSchema>;

/** A channel as listings show it. */
export type ChannelSummary = v.InferOutput<typeof ChannelSummarySchema>;

/** Whether `type` is one the server sends. */
export function isServerFrameType(type: string): type is ServerFrameType {
  return Object.hasOwn(SERVER_FRAMES, type);
}
