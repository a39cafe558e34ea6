/**
 * The answers of the service that come by several ways in.
 *
 * @module
 */
import { expect } from "vitest";

/** The message that stands in every channel that exists. */
export const KEPT = { text: "kept" };

export const integer = expect.any(Number);
export const name = expect.any(String);

export const message = (channel: string) => ({
  type: "channel-message",
  "channel-id": channel,
  data: KEPT,
  "message-id": "msg-1",
  seq: 1,
  "published-at": integer,
  "broadcast-time": integer,
  "sender-conn-id": null,
  "sender-user-id": "root",
});

export const published = (channel: string) => ({
  type: "publish-result",
  "channel-id": channel,
  success: true,
  "message-id": "msg-2",
  seq: 2,
  "delivered-to": 1,
});

export const answered = (channel: string) => ({
  type: "rpc-response",
  "request-id": name,
  "channel-id": channel,
  data: "answer",
  error: false,
  final: true,
  "responder-conn-id": name,
  "created-at": integer,
});

const summary = {
  config: expect.any(Object),
  "created-at": integer,
  "message-count": integer,
  "subscriber-count": integer,
};
export const info = {
  ...summary,
  seq: integer,
  epoch: name,
  "pending-rpc-requests": 0,
};
/** A channel that lists itself knows no rate. */
const listing = [
  summary,
  { ...summary, "messages-per-second": expect.any(Number) },
];
export const listed = (channel: string) => ({
  channels: { [channel]: expect.toBeOneOf(listing) },
  cursor: null,
});
export const NONE_LISTED = { channels: {}, cursor: null };

export const subscribed = (channel: string, rest: object) => ({
  type: "subscription-result",
  "channel-id": channel,
  success: true,
  "subscriber-count": 2,
  "retained-messages": [],
  epoch: name,
  seq: 1,
  ...rest,
});

export const notSubscribed = (channel: string, operation = "subscribe") => ({
  type: "subscription-result",
  "channel-id": channel,
  success: false,
  reason: "forbidden",
  operation,
});
