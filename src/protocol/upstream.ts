/**
 * What a session and a channel say to each other besides the client's own
 * frames. It never reaches a client.
 *
 * A channel sends a session a header, a newline and the client's messages
 * verbatim, one a line (encoded JSON never holds a newline). The header says
 * what the session must know without parsing what it forwards.
 *
 * @module
 */
import * as v from "valibot";

import { PositionSchema } from "./fields.ts";
import { GrantsSchema } from "./operations.ts";
import { SUBSCRIPTION_LOST_REASONS } from "./reasons.ts";

/** Headers that carry a connection's identity from the Worker to a channel. */
export const IDENTITY_HEADER = "x-sente-lite-identity";

/** How a subscription fared when its connection came back. */
export const RESUME_OUTCOMES = [
  "recovered",
  ...SUBSCRIPTION_LOST_REASONS,
  "forbidden",
] as const;
export type ResumeOutcome = (typeof RESUME_OUTCOMES)[number];

/** What stands before the newline. Absent keys mean "as before". */
export const UpstreamHeaderSchema = v.object({
  /** How many bytes the messages take. */
  bytes: v.optional(v.number()),
  /** The highest message number passed on, or passed over, so far. */
  seq: v.optional(v.number()),
  /** Whether the connection is subscribed now; if so, in which epoch and place. */
  subscribed: v.optional(v.boolean()),
  epoch: v.optional(v.string()),
  order: v.optional(v.number()),
  /** How many direct replies the messages hold. */
  replies: v.optional(v.number()),
  /** Requests of this connection that were opened or ended. */
  opened: v.optional(v.array(v.string())),
  ended: v.optional(v.array(v.string())),
  /** The answer to a resume. */
  resumed: v.optional(
    v.object({
      subscription: v.nullable(v.picklist(RESUME_OUTCOMES)),
      /** Of the requests named, those the channel does not know. */
      "unknown-requests": v.array(v.string()),
    }),
  ),
});
export type UpstreamHeader = v.InferOutput<typeof UpstreamHeaderSchema>;

/** A session's first frame on a socket that replaces another. */
export const ResumeSchema = v.object({
  type: v.literal("$resume"),
  /** Where the subscription stood, or null when there was none. */
  subscription: v.nullable(
    v.object({ ...PositionSchema.entries, order: v.number() }),
  ),
  /** The requests whose final answer has not come. */
  requests: v.array(v.string()),
});
export type Resume = v.InferOutput<typeof ResumeSchema>;

/** What a session says when its client's token grants something else now. */
export const GrantsMessageSchema = v.object({
  type: v.literal("$grants"),
  grants: GrantsSchema,
});

/** What a session says of itself, between its client's frames. */
export const SessionMessageSchema = v.variant("type", [
  ResumeSchema,
  GrantsMessageSchema,
]);
export type SessionMessage = v.InferOutput<typeof SessionMessageSchema>;

/** How its text starts; no client can send that through a session. */
export const SESSION_MESSAGE_START = '{"type":"$';

/** A session's own message as text. */
export function encodeSessionMessage(message: SessionMessage): string {
  const { type, ...rest } = message;
  return JSON.stringify({ type, ...rest });
}

/** One upstream message. */
export function encodeUpstream(
  header: UpstreamHeader,
  messages: readonly string[],
): string {
  return `${JSON.stringify(header)}\n${messages.join("\n")}`;
}

/**
 * Takes an upstream message apart.
 *
 * @throws {TypeError} when it is not one.
 */
export function decodeUpstream(message: string): {
  header: Readonly<UpstreamHeader>;
  messages: string[];
} {
  const newline = message.indexOf("\n");
  if (newline < 0) throw new TypeError("an upstream message without a header");
  const header = parseHeader(message.slice(0, newline));
  const rest = message.slice(newline + 1);
  return { header, messages: rest === "" ? [] : rest.split("\n") };
}

let latest: { text: string; header: UpstreamHeader } | undefined;

/** The sessions of an isolate hear the same of a flush, one after another. */
function parseHeader(text: string): UpstreamHeader {
  if (latest?.text !== text) {
    latest = { text, header: v.parse(UpstreamHeaderSchema, JSON.parse(text)) };
  }
  return latest.header;
}
