/**
 * Which scenario covers which row of docs/protocol.md: every frame the server
 * sends, every reason of every result, every close code. The scenarios of a
 * file are checked to have caused what stands here (test/workerd); for the
 * rest the test that covers it is named, and checked to mention it.
 */

/** The scenario files of test/workerd/scenarios. */
export type ScenarioFile = "channels" | "connection" | "rpc";

/** A scenario file, or the path of another test below test/. */
type Where = ScenarioFile | `${string}.test.ts`;

/** Frames, by type. */
export const FRAMES: Record<string, Where> = {
  welcome: "connection",
  pong: "connection",
  "authenticate-result": "connection",
  "token-expiring": "channel/tokens.test.ts",
  unsubscribed: "channel/tokens.test.ts",
  "channel-list": "system/scenario.test.ts",
  "subscription-list": "connection",
  echo: "connection",
  error: "connection",
  "subscription-result": "channels",
  "unsubscription-result": "channels",
  "publish-result": "channels",
  "channel-message": "channels",
  "channel-deleted": "channels",
  "subscription-lost": "session/breaking.test.ts",
  "rpc-request-result": "rpc",
  "rpc-request": "rpc",
  "rpc-response-result": "rpc",
  "rpc-response": "rpc",
  "rpc-cancel-result": "rpc",
  "rpc-cancel": "rpc",
};

/** Reasons, by the frame that carries them. */
export const REASONS: Record<string, Record<string, Where>> = {
  "authenticate-result": {
    "auth-open": "connection",
    "invalid-token": "session/authorization.test.ts",
    "token-expired": "access/token.test.ts",
    "wrong-user": "access/token.test.ts",
    unavailable: "access/token.test.ts",
  },
  error: {
    "invalid-json": "connection",
    "invalid-message": "connection",
    "unsupported-data": "connection",
    "frame-too-large": "connection",
    "wrong-channel": "connection",
    "rate-limited": "session/limits.test.ts",
    "internal-error": "channel/core-errors.test.ts",
  },
  unsubscribed: { forbidden: "channel/tokens.test.ts" },
  "event: end": {
    "channel-deleted": "system/events.test.ts",
    "channel-not-found": "session/event-feed.test.ts",
    forbidden: "session/event-feed.test.ts",
    "too-many-connections": "system/access-limits.test.ts",
    disconnected: "system/tokens.test.ts",
  },
  "subscription-result": {
    "channel-not-found": "channel/subscribing.test.ts",
    "max-subscribers-reached": "channels",
    "too-many-subscriptions": "session/limits.test.ts",
    "too-many-channels": "channel/tokens.test.ts",
    forbidden: "connection",
    "invalid-channel-id": "connection",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "unsubscription-result": {
    "not-subscribed": "channels",
    "channel-not-found": "channels",
    "invalid-channel-id": "connection",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "publish-result": {
    "channel-not-found": "channels",
    forbidden: "connection",
    "rate-limited": "session/limits.test.ts",
    "payload-too-large": "channels",
    "invalid-channel-id": "connection",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "subscription-lost": {
    unavailable: "session/breaking.test.ts",
    "max-subscribers-reached": "session/breaking.test.ts",
    "channel-not-found": "session/breaking.test.ts",
    gap: "session/breaking.test.ts",
  },
  "rpc-request-result": {
    "channel-not-found": "rpc",
    "no-subscribers": "rpc",
    forbidden: "connection",
    "rate-limited": "session/limits.test.ts",
    "invalid-channel-id": "connection",
    "too-many-requests": "rpc",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "rpc-response-result": {
    "request-not-found": "rpc",
    "not-a-recipient": "rpc",
    forbidden: "connection",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "rpc-response": {
    timeout: "rpc",
    "responders-gone": "rpc",
    "channel-deleted": "rpc",
    cancelled: "rpc",
    "outcome-unknown": "session/breaking.test.ts",
  },
  "rpc-cancel-result": {
    "request-not-found": "rpc",
    "not-the-requester": "rpc",
    "outcome-unknown": "session/breaking.test.ts",
  },
};

/** Close codes, by number. */
export const CLOSES: Record<number, Where | "the platform" | "tokens"> = {
  1000: "session/limits.test.ts",
  1001: "the platform",
  1008: "connection",
  1009: "connection",
  1011: "the platform",
  1012: "session/limits.test.ts",
  4001: "tokens",
  4008: "session/limits.test.ts",
  4009: "channel/backpressure.test.ts",
};
