/**
 * What each reason and close code means, what causes it and what to do: the
 * one list of which docs/reasons.md is made. The compiler refuses a reason of
 * src/protocol/reasons.ts that has no entry here. No part of the service
 * imports it, so that none carries the texts.
 *
 * @module
 */
import type { ClientReason } from "../src/client/errors.ts";
import type {
  AuthenticateReason,
  CancelReason,
  CloseCode,
  ErrorReason,
  EventsEndReason,
  HttpReason,
  PublishReason,
  RequestReason,
  ResponseReason,
  RpcEndReason,
  SubscribeReason,
  SubscriptionLostReason,
  UnsubscribedReason,
  UnsubscribeReason,
} from "../src/protocol/reasons.ts";

/** What there is to say of a reason. */
export interface Entry {
  readonly meaning: string;
  readonly cause: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Any reason that the server gives. */
export type ServerReason =
  | AuthenticateReason
  | CancelReason
  | ErrorReason
  | EventsEndReason
  | HttpReason
  | PublishReason
  | RequestReason
  | ResponseReason
  | RpcEndReason
  | SubscribeReason
  | SubscriptionLostReason
  | UnsubscribedReason
  | UnsubscribeReason;

/** Every reason that the server gives. */
export const SERVER_REASONS: Readonly<Record<ServerReason, Entry>> = {
  "auth-not-configured": {
    meaning: "The deployment lets nobody in.",
    cause: "`AUTH` is unset, or `jwt`, and there is no key for tokens.",
    remedy:
      "Whoever deploys sets `JWT_SECRET`, `JWT_PUBLIC_KEY` or `JWT_JWKS_URL`, or `AUTH=open` to let everybody in.",
  },
  "auth-open": {
    meaning: "There is nothing to authenticate.",
    cause:
      "`authenticate` was sent to a service with `AUTH=open`, which verifies no token.",
    remedy: "Send none; everybody has every right there.",
  },
  cancelled: {
    meaning: "The request was cancelled.",
    cause: "Its requester sent `rpc-cancel`.",
    remedy: "Nothing: it is what was asked for.",
  },
  "channel-deleted": {
    meaning:
      "The channel was deleted while a request was open on it, or a stream of its events.",
    cause: "`DELETE /channels/:id`, or `deleteChannel` of another Worker.",
    remedy:
      "Ask, or read, again once the channel is there; the request may have been handled.",
  },
  "channel-exists": {
    meaning: "The channel exists with another configuration.",
    cause: "`PUT` with other settings than the channel has.",
    remedy:
      "Take it as it is, change it with `PATCH`, or delete it and create it again.",
  },
  "channel-not-found": {
    meaning: "There is no such channel.",
    cause:
      "Nobody has created it or subscribed to it, it was deleted, or it was removed when idle. Publishing and asking create none, and subscribing none where `AUTO_CREATE` is off.",
    remedy: "Subscribe first, or create it with `PUT /channels/:id`.",
  },
  disconnected: {
    meaning: "The user's connections were ended.",
    cause: "`POST /users/:user-id/disconnect`, by an operator.",
    remedy: "Stay away, and report it.",
  },
  forbidden: {
    meaning: "The token does not grant it.",
    cause:
      "The operation, which `operation` or `message` names, is not granted on the channel; in `unsubscribed`: a newer token does not grant `subscribe` any more.",
    remedy: "Use a token that grants it.",
  },
  "frame-too-large": {
    meaning: "The message is too long. The socket is closed with 1009.",
    cause: "It has more than `max-frame-bytes` (`MAX_FRAME_BYTES`).",
    remedy: "Send less at once; the welcome says how much is possible.",
  },
  gap: {
    meaning:
      "The subscription is restored, but messages that were missed are gone.",
    cause:
      "The channel's object restarted, and the channel no longer holds all that came since.",
    remedy:
      "Subscribe again to be handed what is retained; load state anew where every message counts.",
  },
  "internal-error": {
    meaning: "A fault of the server.",
    cause: "An error that nobody foresaw; the log has it.",
    remedy: "Try again; report it if it stays.",
  },
  "invalid-channel-id": {
    meaning: "The channel-id cannot be one.",
    cause:
      "It is empty, longer than 200 UTF-8 bytes, has control characters or lone surrogates, is `.` or `..`, or starts with `$`; or the path is not valid percent-encoding.",
    remedy: "Choose another name; percent-encode it in paths.",
  },
  "invalid-config": {
    meaning: "The configuration cannot be one.",
    cause: "An unknown setting, or one that is out of range.",
    remedy: "Mend what `message` names.",
  },
  "invalid-json": {
    meaning: "It is not JSON.",
    cause:
      "A message or a body that does not parse; a body that is nested too deep.",
    remedy: "Send JSON.",
  },
  "invalid-message": {
    meaning: "A field is missing or wrong.",
    cause:
      "`message` names the field. Also an array of none or more than 256 objects, one nested too deep, a wrong header `idempotency-key`.",
    remedy: "Mend what `message` names.",
  },
  "invalid-query": {
    meaning: "A query parameter is wrong.",
    cause: "A `limit` or `after` that is no number, or out of range.",
    remedy: "Mend what `message` names.",
  },
  "invalid-token": {
    meaning: "It is not a token of this service.",
    cause:
      "Another key, issuer or audience, a missing claim, a wrong form, or several different tokens; `message` says which.",
    remedy: "Fetch a token from the issuer that the deployment trusts.",
  },
  "invalid-user-id": {
    meaning: "The user-id cannot be one.",
    cause:
      "It is longer than 200 characters, or the path is not valid percent-encoding.",
    remedy: "Percent-encode the `sub` of the user's tokens.",
  },
  "max-subscribers-reached": {
    meaning: "The channel is full.",
    cause:
      "It has `max-subscribers` subscribers; `current` and `max` say how many.",
    remedy: "Try again later, or raise the setting with `PATCH`.",
  },
  "method-not-allowed": {
    meaning: "The path has no such method.",
    cause: "The header `allow` lists those that it has.",
    remedy: "Use one of those.",
  },
  "no-subscribers": {
    meaning: "Nobody is there to answer the request.",
    cause: "No subscriber but the requester may `respond` on the channel.",
    remedy: "Try again once a service is there.",
  },
  "not-a-recipient": {
    meaning: "This connection was not asked.",
    cause:
      "An answer to a request that was sent to others, or to a connection that is no more.",
    remedy: "Answer only what came as `rpc-request` on the same connection.",
  },
  "not-found": {
    meaning: "There is no such path.",
    cause: "A path that is none of the service's.",
    remedy: "See `/openapi.json`.",
  },
  "not-subscribed": {
    meaning: "The connection is not subscribed to the channel.",
    cause: "`unsubscribe` without a subscription.",
    remedy: "Nothing: there is none to end.",
  },
  "not-the-requester": {
    meaning: "Somebody else has asked.",
    cause: "`rpc-cancel` for a request of another connection.",
    remedy: "Cancel on the connection that asked.",
  },
  "origin-not-allowed": {
    meaning: "The page may not use the service.",
    cause: "Its origin is neither this host nor in `ALLOWED_ORIGINS`.",
    remedy: "Whoever deploys adds the origin to `ALLOWED_ORIGINS`.",
  },
  "outcome-unknown": {
    meaning: "It may have been done, or not.",
    cause:
      "The channel's object restarted, or its call failed, between request and reply.",
    remedy:
      "Publish with a `message-id`, which may be repeated; repeat the rest only where doing it twice does no harm.",
  },
  "payload-too-large": {
    meaning: "There is too much data.",
    cause:
      "`data` has more than `MAX_DATA_BYTES` as JSON, or the body more than `MAX_BODY_BYTES`.",
    remedy: "Send less.",
  },
  "rate-limited": {
    meaning: "Too much at once; nothing was done.",
    cause:
      "A connection sent more frames than it may, all together published more to a channel than they may, the channel is overloaded or out of reach, or too many HTTP requests came.",
    remedy:
      "Try again after `retry-after-ms`, or the header `retry-after`, in seconds.",
  },
  "request-not-found": {
    meaning: "There is no such open request.",
    cause:
      "It is unknown, answered, expired or cancelled, or its id names no channel.",
    remedy: "Nothing: it has ended. A service was too slow.",
  },
  "responders-gone": {
    meaning: "All who were asked are gone.",
    cause:
      "Their sockets have closed, or they may not `respond` any more, before one of them gave a final answer.",
    remedy: "Ask again, where doing it twice does no harm.",
  },
  timeout: {
    meaning: "Nobody gave a final answer in time.",
    cause:
      "No final answer within `timeout-ms`, or the channel's `rpc-timeout-ms`.",
    remedy:
      "Ask again with more time, where doing it twice does no harm; look whether the service still works.",
  },
  "token-expired": {
    meaning: "The token is over.",
    cause: "Its `exp` has passed.",
    remedy: "Fetch a new one.",
  },
  "token-in-url": {
    meaning: "A token stands in the URL.",
    cause: "A query parameter holds it; logs keep URLs.",
    remedy:
      "Send it as `Authorization: Bearer`, or as the offered subprotocol `sente-lite.token.<jwt>`. Count the one that was sent as known to others.",
  },
  "token-required": {
    meaning: "There is no token.",
    cause: "The request has no `Authorization`, and offers none.",
    remedy: "Send one.",
  },
  "too-many-channels": {
    meaning: "This user has created too many channels.",
    cause: "`MAX_USER_CHANNELS` within 24 hours.",
    remedy: "Use the channels that there are, or create more tomorrow.",
  },
  "too-many-connections": {
    meaning: "There are too many connections.",
    cause:
      "`MAX_USER_CONNECTIONS` of this user, or `MAX_ADDRESS_CONNECTIONS` of this address, are open.",
    remedy: "Close another one.",
  },
  "too-many-requests": {
    meaning: "There are too many open requests.",
    cause:
      "`max-pending-rpc` are open on the channel, or `MAX_PENDING_REQUESTS` of this connection.",
    remedy: "Wait for answers before you ask more.",
  },
  "too-many-subscriptions": {
    meaning: "The connection is subscribed to too many channels.",
    cause: "`MAX_SUBSCRIPTIONS`; `current` and `max` say how many.",
    remedy: "Unsubscribe from others, or open another connection.",
  },
  unavailable: {
    meaning: "It cannot be done now.",
    cause:
      "The channel is out of reach, the issuer's keys are, or a setting of the deployment is wrong (its log says which).",
    remedy:
      "Try again later; after `subscription-lost` subscribe with `since`.",
  },
  "unsupported-data": {
    meaning: "Binary messages are not understood.",
    cause: "A binary message.",
    remedy: "Send text that holds JSON.",
  },
  "upgrade-required": {
    meaning: "The path is for WebSockets.",
    cause: "A request without an Upgrade header.",
    remedy: "Connect as a WebSocket client does.",
  },
  "wrong-channel": {
    meaning: "The socket is another channel's.",
    cause:
      "A frame on a channel's own socket names another channel in `channel-id`.",
    remedy: "Leave `channel-id` out there, or use a session.",
  },
  "wrong-user": {
    meaning: "The token is somebody else's.",
    cause: "`authenticate` with another `sub` than the connection's.",
    remedy: "Open another connection for another user.",
  },
};

/** Reasons that `sente-lite/client` gives by itself. */
export const CLIENT_REASONS: Readonly<Record<ClientReason, Entry>> = {
  closed: {
    meaning: "The client is closed.",
    cause: "By `close()`, or for good by a server that wants it to stay away.",
    remedy: "The message says why; connect anew once that is mended.",
  },
  "connection-lost": {
    meaning: "The connection was lost, and the open request with it.",
    cause: "The socket closed before the answer came.",
    remedy: "Ask again, where doing it twice does no harm.",
  },
  "invalid-data": {
    meaning: "The data is not what its schema says.",
    cause:
      "Data that was to be sent, or an answer; `issues` say what is wrong.",
    remedy: "Send what the schema says, or mend the schema.",
  },
  protocol: {
    meaning: "The server said what the protocol does not.",
    cause: "Another version, a proxy that changes messages, or a fault.",
    remedy: "Report it.",
  },
  "queue-full": {
    meaning: "Too much waits to be published.",
    cause: "`maxQueued` messages are not acknowledged yet.",
    remedy: "Wait for earlier ones before you publish more.",
  },
  remote: {
    meaning: "The service that was asked failed.",
    cause: 'It answered with `"error":true`; `data` is what it said.',
    remedy: "As it says.",
  },
  responding: {
    meaning: "This client responds on the channel already.",
    cause: "`respond` was called twice on a channel.",
    remedy: "End the first one, or answer all in one handler.",
  },
  timeout: {
    meaning: "It was not answered, or not sent, in time.",
    cause:
      "No final answer, or no connection, within the time that was given. A message that was not sent was not published.",
    remedy: "Try again, if it still matters.",
  },
  unsubscribed: {
    meaning: "The subscription was ended before it was made.",
    cause: "`unsubscribe()` while `subscribe()` waited.",
    remedy: "Nothing: it is what was asked for.",
  },
};

/** Every close code that the server sends. */
export const CLOSES: Readonly<Record<CloseCode, Entry>> = {
  1000: {
    meaning: "The client's own close.",
    cause: "The client closed, and the server answers with the same code.",
    remedy: "Stay closed.",
  },
  1001: {
    meaning: "The server is going away.",
    cause: "The platform ends or moves it.",
    remedy: "Reconnect with backoff, and subscribe again with `since`.",
  },
  1008: {
    meaning: "Against the rules; the close reason starts with a reason.",
    cause:
      "100 refused frames in a row; a refused upgrade (no token or a bad one, forbidden); too many connections; ended by an operator.",
    remedy:
      "Stay closed and report the reason. With `token-expired` fetch a new token and reconnect.",
  },
  1009: {
    meaning: "A message was too large.",
    cause: "It had more than `max-frame-bytes`.",
    remedy: "Stay closed, and report it: the same message would fail again.",
  },
  1011: {
    meaning: "An internal fault.",
    cause: "An error in the server.",
    remedy: "Reconnect with backoff, and subscribe again with `since`.",
  },
  1012: {
    meaning: "The service restarts, or a session is recycled.",
    cause:
      "A deploy, or a session that took in as much as one invocation may (`SESSION_MAX_MESSAGES`, `SESSION_MAX_SUBREQUESTS`).",
    remedy: "Reconnect with backoff, and subscribe again with `since`.",
  },
  4001: {
    meaning: "The token has expired.",
    cause: "It ended before a newer one came by `authenticate`.",
    remedy:
      "Fetch a new token, reconnect, and subscribe again with `since`. Renew when `token-expiring` comes.",
  },
  4008: {
    meaning: "A heartbeat was missed.",
    cause: "A client that has pinged was silent for 2.5 heartbeats.",
    remedy: "Reconnect, and subscribe again with `since`; ping in time.",
  },
  4009: {
    meaning: "The client is too slow.",
    cause:
      "More is outstanding than allowed: `MAX_OUTSTANDING`, `MAX_OUTSTANDING_BYTES`, `MAX_SILENT_BYTES`.",
    remedy:
      "Reconnect, and subscribe again with `since`; acknowledge in time, and take on less.",
  },
};
