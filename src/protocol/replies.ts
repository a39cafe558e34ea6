/**
 * Answers to frames that are the connection's own business, the same on a
 * session and on a channel's own socket (docs/protocol.md §3).
 *
 * @module
 */
import type { ClientFrameOf } from "./client-frames.ts";
import type { Inbound } from "./codec.ts";
import type { Ref } from "./fields.ts";
import { isLongerThan } from "./names.ts";
import type { AuthenticateReason, ErrorReason } from "./reasons.ts";
import type { ServerFrameOf } from "./server-frames.ts";

/** Refusals in a row after which a connection is closed with 1008. */
export const MAX_VIOLATIONS = 100;

/** Heartbeats of silence after which a connection that pings is closed. */
export const MISSED_HEARTBEATS = 2.5;

/** The close reason when a token has ended. */
export const TOKEN_EXPIRED = "the token has expired: fetch a new one";

/** The close reason after too many refusals. */
export const TOO_MANY_VIOLATIONS = `${MAX_VIOLATIONS} refused frames in a row`;

/** The first frame of every connection. `now` in ms since the Unix epoch. */
export function welcome(
  connId: string,
  userId: string | null,
  settings: {
    HEARTBEAT_MS: number;
    MAX_FRAME_BYTES: number;
    MAX_DEPTH: number;
    FRAMES_PER_SECOND: number;
    FRAMES_BURST: number;
  },
  now: number,
): ServerFrameOf<"welcome"> {
  return {
    type: "welcome",
    "conn-id": connId,
    "server-time": now,
    protocol: 1,
    "heartbeat-ms": settings.HEARTBEAT_MS,
    "max-frame-bytes": settings.MAX_FRAME_BYTES,
    "max-depth": settings.MAX_DEPTH,
    "frames-per-second": settings.FRAMES_PER_SECOND,
    "frames-burst": settings.FRAMES_BURST,
    "user-id": userId,
  };
}

export function pong(
  { ref, timestamp }: ClientFrameOf<"ping">,
  now: number,
): ServerFrameOf<"pong"> {
  const original = timestamp ?? null;
  return { type: "pong", ref, timestamp: now, "original-timestamp": original };
}

/** What a frame of an unknown type gets. */
export function echo(
  { ref, original }: Inbound & { kind: "unknown" },
  connId: string,
  now: number,
): ServerFrameOf<"echo"> {
  return { type: "echo", ref, original, "conn-id": connId, timestamp: now };
}

export function errorFrame(
  reason: ErrorReason,
  message: string,
  ref?: Ref,
): ServerFrameOf<"error"> {
  return { type: "error", ref, reason, message };
}

/** The answer to a frame that came sooner than frames may. */
export function tooManyFrames(
  retryAfterMs: number,
  perSecond: number,
  ref: Ref | undefined,
): ServerFrameOf<"error"> {
  const message = `a connection may send ${perSecond} frames a second`;
  const error = errorFrame("rate-limited", message, ref);
  return { ...error, "retry-after-ms": retryAfterMs };
}

/** The `ref` that the answer to an object of a message repeats. */
export function refOfInbound(inbound: Inbound): Ref | undefined {
  return inbound.kind === "frame" ? inbound.frame.ref : inbound.ref;
}

/** The answer to an `authenticate` frame, once its token was looked at. */
export function authenticateResult(
  ref: Ref | undefined,
  outcome:
    | { ok: true; principal: { expiresAt: number } }
    | { ok: false; reason: AuthenticateReason; message: string },
): ServerFrameOf<"authenticate-result"> {
  const head = { type: "authenticate-result", ref } as const;
  if (!outcome.ok) {
    const { reason, message } = outcome;
    return { ...head, success: false, reason, message };
  }
  const { expiresAt } = outcome.principal;
  return { ...head, success: true, "expires-at": expiresAt };
}

/** Why a message is refused unread, or undefined when it may be read. */
export function refuseUnread(
  message: string | ArrayBuffer,
  maxFrameBytes: number,
): ServerFrameOf<"error"> | undefined {
  if (typeof message !== "string") {
    const rule = "a frame must be a text message holding JSON";
    return errorFrame("unsupported-data", rule);
  }
  if (!isLongerThan(message, maxFrameBytes)) return undefined;
  const rule = `a frame must be at most ${maxFrameBytes} bytes`;
  return errorFrame("frame-too-large", rule);
}
