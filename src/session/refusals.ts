/**
 * Answers that a session gives in a channel's place.
 *
 * @module
 */
import type { ChannelFrame, ClientFrameOf } from "../protocol/client-frames.ts";
import { CHANNEL_ID_RULE } from "../protocol/names.ts";
import { errorFrame } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import type { Entry } from "./upstream.ts";

/**
 * The answer to a frame that names no possible channel.
 *
 * @param subject its channel-id or request-id.
 */
export function invalidChannel(
  frame: ChannelFrame,
  subject: string,
): ServerFrame {
  const { type, ref } = frame;
  const failed = { success: false, reason: "invalid-channel-id" } as const;
  const unknown = { success: false, reason: "request-not-found" } as const;
  switch (type) {
    case "subscribe":
      return {
        type: "subscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "unsubscribe":
      return {
        type: "unsubscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "publish":
      return { type: "publish-result", ref, "channel-id": subject, ...failed };
    case "rpc-request": {
      const ids = { "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ref, ...ids, delivery: failed };
    }
    case "rpc-response":
      return {
        type: "rpc-response-result",
        ref,
        "request-id": subject,
        ...unknown,
      };
    case "rpc-cancel":
      return {
        type: "rpc-cancel-result",
        ref,
        "request-id": subject,
        ...unknown,
      };
    case "ack":
      return errorFrame(
        "invalid-message",
        `\`channel-id\`: ${CHANNEL_ID_RULE}`,
        ref,
      );
  }
}

/** The answer to one subscription too many. */
export function tooManySubscriptions(
  { ref, "channel-id": channelId = "" }: ClientFrameOf<"subscribe">,
  current: number,
  max: number,
): ServerFrame {
  return {
    type: "subscription-result",
    ref,
    "channel-id": channelId,
    success: false,
    reason: "too-many-subscriptions",
    current,
    max,
  };
}

/** The answer to a frame that was sent and whose reply will not come. */
export function unknownOutcome({ type, ref, subject }: Entry): ServerFrame {
  const reason = "outcome-unknown";
  const failed = { success: false, reason } as const;
  switch (type) {
    case "subscribe":
      return {
        type: "subscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "unsubscribe":
      return {
        type: "unsubscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "publish":
      return { type: "publish-result", ref, "channel-id": subject, ...failed };
    case "rpc-request": {
      const ids = { "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ref, ...ids, delivery: failed };
    }
    case "rpc-response":
      return {
        type: "rpc-response-result",
        ref,
        "request-id": subject,
        ...failed,
      };
    case "rpc-cancel":
      return {
        type: "rpc-cancel-result",
        ref,
        "request-id": subject,
        ...failed,
      };
    case "ack":
      return errorFrame("internal-error", "not acknowledged", ref);
  }
}

/** How long a client should wait before it tries a channel again, in ms. */
const RETRY_AFTER_MS = 1_000;

/**
 * The answer to a frame that could not be sent. It may be sent again: nothing
 * was done, or its message-id tells.
 */
export function unavailable({ type, ref, subject }: Entry): ServerFrame {
  const rest = {
    reason: "rate-limited",
    "retry-after-ms": RETRY_AFTER_MS,
  } as const;
  const failed = { success: false, ...rest } as const;
  switch (type) {
    case "publish":
      return { type: "publish-result", ref, "channel-id": subject, ...failed };
    case "rpc-request": {
      const ids = { "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ref, ...ids, delivery: failed };
    }
    case "subscribe":
    case "unsubscribe":
    case "rpc-response":
    case "rpc-cancel":
    case "ack": {
      const message = "the channel cannot take this now";
      return { ...errorFrame("rate-limited", message, ref), ...rest };
    }
  }
}
