/**
 * The closed sets of the protocol: reasons and close codes. What each means is
 * in docs/protocol.md; nothing is ever sent that is not listed here.
 *
 * @module
 */

/** Reasons of an `error` frame. */
export const ERROR_REASONS = [
  "invalid-json",
  "invalid-message",
  "unsupported-data",
  "frame-too-large",
  "wrong-channel",
  "rate-limited",
  "internal-error",
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** Reasons of a failed `subscription-result`. */
export const SUBSCRIBE_REASONS = [
  "channel-not-found",
  "max-subscribers-reached",
  "too-many-subscriptions",
  "too-many-channels",
  "forbidden",
  "invalid-channel-id",
  "outcome-unknown",
] as const;
export type SubscribeReason = (typeof SUBSCRIBE_REASONS)[number];

/** Reasons of a failed `unsubscription-result`. */
export const UNSUBSCRIBE_REASONS = [
  "not-subscribed",
  "channel-not-found",
  "invalid-channel-id",
  "outcome-unknown",
] as const;
export type UnsubscribeReason = (typeof UNSUBSCRIBE_REASONS)[number];

/** Reasons of a failed `publish-result`. */
export const PUBLISH_REASONS = [
  "channel-not-found",
  "forbidden",
  "rate-limited",
  "payload-too-large",
  "invalid-channel-id",
  "outcome-unknown",
] as const;
export type PublishReason = (typeof PUBLISH_REASONS)[number];

/** Reasons of an `unsubscribed` frame. */
export const UNSUBSCRIBED_REASONS = ["forbidden"] as const;
export type UnsubscribedReason = (typeof UNSUBSCRIBED_REASONS)[number];

/** Reasons of a `subscription-lost` frame. */
export const SUBSCRIPTION_LOST_REASONS = [
  "unavailable",
  "max-subscribers-reached",
  "channel-not-found",
  "gap",
] as const;
export type SubscriptionLostReason = (typeof SUBSCRIPTION_LOST_REASONS)[number];

/** Reasons of an `end` of an event stream. */
export const EVENTS_END_REASONS = [
  "channel-deleted",
  "channel-not-found",
  "forbidden",
  "too-many-connections",
  "disconnected",
] as const;
export type EventsEndReason = (typeof EVENTS_END_REASONS)[number];

/** Reasons why an RPC request was not delivered. */
export const REQUEST_REASONS = [
  "channel-not-found",
  "no-subscribers",
  "forbidden",
  "rate-limited",
  "invalid-channel-id",
  "too-many-requests",
  "outcome-unknown",
] as const;
export type RequestReason = (typeof REQUEST_REASONS)[number];

/** Reasons of a failed `rpc-response-result`. */
export const RESPONSE_REASONS = [
  "request-not-found",
  "not-a-recipient",
  "forbidden",
  "outcome-unknown",
] as const;
export type ResponseReason = (typeof RESPONSE_REASONS)[number];

/** Reasons of a failed `rpc-cancel-result`. */
export const CANCEL_REASONS = [
  "request-not-found",
  "not-the-requester",
  "outcome-unknown",
] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** Reasons of a final `rpc-response` that no service gave. */
export const RPC_END_REASONS = [
  "timeout",
  "responders-gone",
  "channel-deleted",
  "cancelled",
  "outcome-unknown",
] as const;
export type RpcEndReason = (typeof RPC_END_REASONS)[number];

/** Reasons of a failed `authenticate-result`. */
export const AUTHENTICATE_REASONS = [
  "auth-open",
  "invalid-token",
  "token-expired",
  "wrong-user",
  "unavailable",
] as const;
export type AuthenticateReason = (typeof AUTHENTICATE_REASONS)[number];

/** Reasons of an HTTP error body, with the status each travels with. */
export const HTTP_REASONS = {
  "invalid-json": 400,
  "invalid-message": 400,
  "invalid-config": 400,
  "invalid-query": 400,
  "invalid-channel-id": 400,
  "invalid-user-id": 400,
  "token-in-url": 400,
  "token-required": 401,
  "invalid-token": 401,
  "token-expired": 401,
  forbidden: 403,
  "origin-not-allowed": 403,
  "not-found": 404,
  "channel-not-found": 404,
  "method-not-allowed": 405,
  "channel-exists": 409,
  "payload-too-large": 413,
  "upgrade-required": 426,
  "rate-limited": 429,
  "too-many-requests": 429,
  "too-many-connections": 429,
  "too-many-channels": 429,
  "max-subscribers-reached": 429,
  "internal-error": 500,
  "auth-not-configured": 503,
  "no-subscribers": 503,
  "responders-gone": 503,
  "channel-deleted": 503,
  "outcome-unknown": 503,
  unavailable: 503,
  timeout: 504,
} as const;
export type HttpReason = keyof typeof HTTP_REASONS;

// One by one as well, so that a client holds only those that it goes by.
export const CLOSE_NORMAL = 1000;
export const CLOSE_POLICY = 1008;
export const CLOSE_TOO_LARGE = 1009;
export const CLOSE_TOKEN_EXPIRED = 4001;

/** WebSocket close codes that the server sends, by what they mean. */
export const CLOSE_CODES = {
  normal: CLOSE_NORMAL,
  goingAway: 1001,
  policy: CLOSE_POLICY,
  tooLarge: CLOSE_TOO_LARGE,
  internal: 1011,
  restart: 1012,
  tokenExpired: CLOSE_TOKEN_EXPIRED,
  heartbeatMissed: 4008,
  tooSlow: 4009,
} as const;
export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];
