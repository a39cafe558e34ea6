/**
 * What a client may send: one schema a frame, its type inferred from it
 * (docs/protocol.md §3 to §5).
 *
 * @module
 */
import * as v from "valibot";

import {
  count,
  DeliverToSchema,
  flag,
  OwnMessageIdSchema,
  PositionSchema,
  pageLimit,
  RefSchema,
  TimeoutSchema,
  text,
} from "./fields.ts";

/** The most channels one page of a listing holds. */
export const MAX_LIST_LIMIT = 1_000;

const ref = v.optional(RefSchema);
/** Absent on a channel's own socket, where the path names the channel. */
const channelId = v.optional(text);

/** Every frame a client may send, by its `type`. */
export const CLIENT_FRAMES = {
  subscribe: v.object({
    type: v.literal("subscribe"),
    ref,
    "channel-id": channelId,
    since: v.optional(PositionSchema),
    "retained-limit": v.optional(count()),
  }),
  unsubscribe: v.object({
    type: v.literal("unsubscribe"),
    ref,
    "channel-id": channelId,
  }),
  publish: v.object({
    type: v.literal("publish"),
    ref,
    "channel-id": channelId,
    data: v.unknown(),
    "exclude-sender": v.optional(flag, false),
    "message-id": v.optional(OwnMessageIdSchema),
    ephemeral: v.optional(flag, false),
  }),
  ack: v.object({
    type: v.literal("ack"),
    ref,
    "channel-id": channelId,
    seq: count(),
  }),
  "rpc-request": v.object({
    type: v.literal("rpc-request"),
    ref,
    "channel-id": channelId,
    data: v.unknown(),
    "timeout-ms": v.optional(TimeoutSchema),
    "deliver-to": v.optional(DeliverToSchema, "all"),
  }),
  "rpc-response": v.object({
    type: v.literal("rpc-response"),
    ref,
    "request-id": text,
    data: v.unknown(),
    error: v.optional(flag, false),
    final: v.optional(flag, true),
  }),
  "rpc-cancel": v.object({
    type: v.literal("rpc-cancel"),
    ref,
    "request-id": text,
  }),
  ping: v.object({
    type: v.literal("ping"),
    ref,
    timestamp: v.optional(v.number("must be a number")),
  }),
  pong: v.object({ type: v.literal("pong"), ref }),
  authenticate: v.object({ type: v.literal("authenticate"), ref, token: text }),
  "list-channels": v.object({
    type: v.literal("list-channels"),
    ref,
    prefix: v.optional(text, ""),
    limit: v.optional(pageLimit(MAX_LIST_LIMIT), 100),
    cursor: v.optional(text),
  }),
  "get-subscriptions": v.object({ type: v.literal("get-subscriptions"), ref }),
} as const;

/** The `type` of a frame the server knows. */
export type ClientFrameType = keyof typeof CLIENT_FRAMES;

/** One client frame, by its type. */
export type ClientFrameOf<T extends ClientFrameType> = v.InferOutput<
  (typeof CLIENT_FRAMES)[T]
>;

/** Any frame a client may send and the server knows. */
export type ClientFrame = {
  [T in ClientFrameType]: ClientFrameOf<T>;
}[ClientFrameType];

/** A frame as a client may write it: what has a default may be left out. */
export type ClientFrameInput = {
  [T in ClientFrameType]: v.InferInput<(typeof CLIENT_FRAMES)[T]>;
}[ClientFrameType];

/**
 * Frames that are one channel's business: a session passes them on to the
 * channel's object, in order.
 */
export const CHANNEL_FRAME_TYPES = [
  "subscribe",
  "unsubscribe",
  "publish",
  "ack",
  "rpc-request",
  "rpc-response",
  "rpc-cancel",
] as const satisfies readonly ClientFrameType[];

/** The `type` of a frame that is one channel's business. */
export type ChannelFrameType = (typeof CHANNEL_FRAME_TYPES)[number];

/** A frame that is one channel's business. */
export type ChannelFrame = ClientFrameOf<ChannelFrameType>;

/** A frame that is the connection's own business. */
export type ConnectionFrame = Exclude<ClientFrame, ChannelFrame>;

const channelFrameTypes: ReadonlySet<string> = new Set(CHANNEL_FRAME_TYPES);

/** Whether a frame is one channel's business. */
export function isChannelFrame(frame: ClientFrame): frame is ChannelFrame {
  return channelFrameTypes.has(frame.type);
}

/** Whether a frame costs its sender little and is answered with much. */
export function isAskingForMuch({ type }: ClientFrame): boolean {
  return (
    type === "subscribe" || type === "unsubscribe" || type === "list-channels"
  );
}

/** A map: a text from outside is costly as the name of a property. */
const schemas = new Map<string, (typeof CLIENT_FRAMES)[ClientFrameType]>(
  Object.entries(CLIENT_FRAMES),
);

/** The schema of frames of a type, or undefined when the server knows none. */
export function clientFrameSchema(type: string) {
  return schemas.get(type);
}

/** Spellings of the original implementation that are accepted on input. */
export const ALIASES: Readonly<Record<string, string>> = {
  "exclude-sender?": "exclude-sender",
  "error?": "error",
};
