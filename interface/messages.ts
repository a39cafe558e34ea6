/**
 * What there is to say of each frame, and which frames answer which. The
 * compiler refuses a frame that is missing.
 *
 * @module
 */
import type { ClientFrameType } from "../src/protocol/client-frames.ts";
import type { ServerFrameType } from "../src/protocol/server-frames.ts";

/** What a client sends, and what it is answered with. */
export interface ClientMessage {
  readonly summary: string;
  /** Any of them, besides `error`; none: it has no answer. */
  readonly replies: readonly ServerFrameType[];
}

/** What the server sends. */
export interface ServerMessage {
  readonly summary: string;
  /** Whether it also comes without having been asked for. */
  readonly unasked?: true;
  /** What the client then answers. */
  readonly reply?: ClientFrameType;
}

/** Every frame of clients. */
export const CLIENT_MESSAGES: Readonly<Record<ClientFrameType, ClientMessage>> =
  {
    subscribe: {
      summary: "Be handed a channel's messages",
      replies: ["subscription-result"],
    },
    unsubscribe: {
      summary: "Be handed them no more",
      replies: ["unsubscription-result"],
    },
    publish: {
      summary: "Publish a message",
      replies: ["publish-result"],
    },
    ack: {
      summary: "Everything up to `seq` has been processed",
      replies: [],
    },
    "rpc-request": {
      summary:
        "Ask a channel's subscribers: first comes who was asked, then the answer, which is one final one after any number of partial ones",
      replies: ["rpc-request-result", "rpc-response"],
    },
    "rpc-response": {
      summary: "Answer a request that came as `rpc-request`",
      replies: ["rpc-response-result"],
    },
    "rpc-cancel": {
      summary: "Cancel a request",
      replies: ["rpc-cancel-result"],
    },
    ping: {
      summary:
        'A heartbeat; exactly `{"type":"ping"}` wakes no hibernating channel',
      replies: ["pong"],
    },
    pong: {
      summary: "The answer to a ping of the server, which sends none today",
      replies: [],
    },
    authenticate: {
      summary: "Renew the token",
      replies: ["authenticate-result"],
    },
    "list-channels": {
      summary: "Ask for a page of channels",
      replies: ["channel-list"],
    },
    "get-subscriptions": {
      summary: "Ask what this connection is subscribed to",
      replies: ["subscription-list"],
    },
  };

/** Every frame of the server. */
export const SERVER_MESSAGES: Readonly<Record<ServerFrameType, ServerMessage>> =
  {
    welcome: { summary: "The first frame of every socket", unasked: true },
    pong: { summary: "The answer to a ping" },
    "authenticate-result": { summary: "Whether the newer token is good" },
    "token-expiring": {
      summary: "60 s before the token ends, once",
      unasked: true,
    },
    "channel-list": { summary: "A page of channels, as `GET /channels`" },
    "subscription-list": {
      summary: "What this connection is subscribed to",
    },
    echo: { summary: "The answer to a type that the server does not know" },
    error: {
      summary: "A message, or a frame of it, was refused",
      unasked: true,
    },
    "subscription-result": {
      summary: "Whether it is subscribed, with what was retained or missed",
    },
    "unsubscription-result": { summary: "Whether it is unsubscribed" },
    "publish-result": { summary: "Whether it is published" },
    "channel-message": { summary: "A message of a channel", unasked: true },
    "channel-deleted": { summary: "The channel was deleted", unasked: true },
    "subscription-lost": {
      summary:
        "A subscription could not be restored after the channel's object restarted",
      unasked: true,
    },
    unsubscribed: {
      summary: "A newer token does not grant the subscription any more",
      unasked: true,
    },
    "rpc-request-result": { summary: "Who was asked, or why nobody was" },
    "rpc-request": {
      summary: "A request to be answered by this connection",
      unasked: true,
      reply: "rpc-response",
    },
    "rpc-response-result": { summary: "Whether the answer was taken" },
    "rpc-response": { summary: "An answer to a request" },
    "rpc-cancel-result": { summary: "Whether the request was cancelled" },
    "rpc-cancel": {
      summary: "A request that this connection was asked is cancelled",
      unasked: true,
    },
  };
