/**
 * A frame of every kind that a client may send, to begin with.
 *
 * @module
 */
import type {
  ClientFrameInput,
  ClientFrameType,
} from "../../../src/protocol/client-frames.ts";

const CHANNEL = { "channel-id": "chat" } as const;
const REQUEST = "req-…@chat";

/** What a frame is for, and one to begin with. */
export const TEMPLATES: {
  readonly [T in ClientFrameType]: {
    readonly about: string;
    readonly frame: ClientFrameInput & { readonly type: T };
  };
} = {
  subscribe: {
    about: "listen to a channel, which comes to exist by that",
    frame: { type: "subscribe", ...CHANNEL, ref: 1 },
  },
  publish: {
    about: "say something to all who listen",
    frame: { type: "publish", ...CHANNEL, data: { text: "hello" }, ref: 2 },
  },
  unsubscribe: {
    about: "listen no more",
    frame: { type: "unsubscribe", ...CHANNEL, ref: 3 },
  },
  ack: {
    about: "everything up to a number is processed; it has no answer",
    frame: { type: "ack", ...CHANNEL, seq: 1 },
  },
  "rpc-request": {
    about: "ask those who listen",
    frame: {
      type: "rpc-request",
      ...CHANNEL,
      data: { q: 1 },
      "timeout-ms": 5_000,
      "deliver-to": "all",
      ref: 4,
    },
  },
  "rpc-response": {
    about: "answer what you were asked: put in its request-id",
    frame: {
      type: "rpc-response",
      "request-id": REQUEST,
      data: { a: 2 },
      error: false,
      final: true,
      ref: 5,
    },
  },
  "rpc-cancel": {
    about: "ask no more: put in the request-id",
    frame: { type: "rpc-cancel", "request-id": REQUEST, ref: 6 },
  },
  ping: {
    about: "the heartbeat; with a timestamp the answer has the server's",
    frame: { type: "ping", timestamp: 5 },
  },
  pong: {
    about: "the answer to a ping of the server, which sends none today",
    frame: { type: "pong" },
  },
  authenticate: {
    about: "a newer token for the same user",
    frame: { type: "authenticate", token: "…", ref: 7 },
  },
  "list-channels": {
    about: "the channels that you may know of",
    frame: { type: "list-channels", prefix: "", limit: 100, ref: 8 },
  },
  "get-subscriptions": {
    about: "the channels that this connection listens to",
    frame: { type: "get-subscriptions", ref: 9 },
  },
};
