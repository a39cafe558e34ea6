/**
 * Answers that a session gives in a channel's place.
 *
 * @module
 */
import type {
  ChannelFrameType,
  ClientFrameOf,
} from "../protocol/client-frames.ts";
import type { Ref } from "../protocol/fields.ts";
import { CHANNEL_ID_RULE } from "../protocol/names.ts";
import type { Operation } from "../protocol/operations.ts";
import { errorFrame } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import type { Counters } from "../telemetry/counters.ts";

/** How long a client should wait before it tries a channel again, in ms. */
const RETRY_AFTER_MS = 1_000;

/** Counts an answer that refuses a publish or a request, and no other. */
export function countRefusal(counters: Counters, answer: ServerFrame): void {
  if (answer.type === "publish-result" && answer.reason !== undefined) {
    counters.publishRefused(answer.reason);
  } else if (answer.type === "rpc-request-result") {
    const { reason } = answer.delivery;
    if (reason !== undefined) counters.requestRefused(reason);
  }
}

/** A frame, as far as its answer needs it. */
interface Asked {
  readonly type: ChannelFrameType;
  readonly ref: Ref | undefined;
  /** Its channel-id or, for `rpc-response` and `rpc-cancel`, its request-id. */
  readonly subject: string;
}

/** The answer to a frame that names no possible channel. */
export function invalidChannel(asked: Asked): ServerFrame {
  const message = `\`channel-id\`: ${CHANNEL_ID_RULE}`;
  return (
    failedResult(asked, "invalid-channel-id", "request-not-found") ??
    errorFrame("invalid-message", message, asked.ref)
  );
}

/** The answer to a frame that was sent and whose reply will not come. */
export function unknownOutcome(asked: Asked): ServerFrame {
  const message = "whether the channel heard this is not known";
  return (
    failedResult(asked, "outcome-unknown", "outcome-unknown") ??
    errorFrame("internal-error", message, asked.ref)
  );
}

/**
 * The answer to a frame that could not be sent. It may be sent again: nothing
 * was done, or its message-id tells.
 */
export function unavailable({ type, ref, subject }: Asked): ServerFrame {
  const why = {
    reason: "rate-limited",
    "retry-after-ms": RETRY_AFTER_MS,
  } as const;
  const ids = { ref, "channel-id": subject };
  switch (type) {
    case "publish":
      return { type: "publish-result", ...ids, success: false, ...why };
    case "rpc-request": {
      const delivery = { success: false, ...why };
      const none = { "request-id": null };
      return { type: "rpc-request-result", ...ids, ...none, delivery };
    }
    case "subscribe":
    case "unsubscribe":
    case "rpc-response":
    case "rpc-cancel":
    case "ack": {
      const message = "the channel cannot take this now";
      return { ...errorFrame("rate-limited", message, ref), ...why };
    }
  }
}

/** The answer to what the client may not do on a channel. */
export function forbidden(
  asked: Asked,
  operation: Operation | undefined,
): ServerFrame {
  const { type, ref, subject } = asked;
  const why = { success: false, reason: "forbidden", operation } as const;
  const channel = { ref, "channel-id": subject };
  const request = { ref, "request-id": subject, success: false } as const;
  switch (type) {
    case "subscribe":
      return { type: "subscription-result", ...channel, ...why };
    case "publish":
      return { type: "publish-result", ...channel, ...why };
    case "rpc-request": {
      const none = { "request-id": null };
      return { type: "rpc-request-result", ...channel, ...none, delivery: why };
    }
    case "rpc-response":
      return { type: "rpc-response-result", ...request, ...why };
    case "unsubscribe": {
      const reason = "not-subscribed";
      const type = "unsubscription-result";
      return { type, ...channel, success: false, reason };
    }
    case "rpc-cancel":
      return {
        type: "rpc-cancel-result",
        ...request,
        reason: "request-not-found",
      };
    case "ack":
      return errorFrame("invalid-message", "nothing was handed over", ref);
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

/** A frame's own result with a reason; undefined for one that has none. */
function failedResult(
  { type, ref, subject }: Asked,
  byChannel: "invalid-channel-id" | "outcome-unknown",
  byRequest: "request-not-found" | "outcome-unknown",
): ServerFrame | undefined {
  const channel = {
    ref,
    "channel-id": subject,
    success: false,
    reason: byChannel,
  } as const;
  const request = {
    ref,
    "request-id": subject,
    success: false,
    reason: byRequest,
  } as const;
  switch (type) {
    case "subscribe":
      return { type: "subscription-result", ...channel };
    case "unsubscribe":
      return { type: "unsubscription-result", ...channel };
    case "publish":
      return { type: "publish-result", ...channel };
    case "rpc-request": {
      const delivery = { success: false, reason: byChannel };
      const ids = { ref, "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ...ids, delivery };
    }
    case "rpc-response":
      return { type: "rpc-response-result", ...request };
    case "rpc-cancel":
      return { type: "rpc-cancel-result", ...request };
    case "ack":
      return undefined;
  }
}
