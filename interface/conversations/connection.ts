import { NUMBER_SETTINGS } from "../../src/config.ts";
import type { Conversation } from "../conversation.ts";
import {
  CONFIG,
  CONNECTIONS,
  CREATED_AT,
  EPOCH,
  LESSER_TOKEN,
  PUBLISHED_AT,
  TOKEN,
} from "../values.ts";

const { HEARTBEAT_MS, MAX_FRAME_BYTES, MAX_DEPTH } = NUMBER_SETTINGS;
const { FRAMES_PER_SECOND, FRAMES_BURST } = NUMBER_SETTINGS;

const WELCOME = {
  type: "welcome",
  "conn-id": CONNECTIONS.client,
  "server-time": PUBLISHED_AT,
  protocol: 1,
  "heartbeat-ms": HEARTBEAT_MS.default,
  "max-frame-bytes": MAX_FRAME_BYTES.default,
  "max-depth": MAX_DEPTH.default,
  "frames-per-second": FRAMES_PER_SECOND.default,
  "frames-burst": FRAMES_BURST.default,
  "user-id": null,
};

/** The connection itself. */
export const CONNECTION: readonly Conversation[] = [
  {
    name: "connecting",
    summary: "The first frame, heartbeats, and a type nobody knows",
    channel: "chat",
    steps: [
      { who: "client", receives: WELCOME },
      { who: "client", sends: { type: "ping" } },
      { who: "client", receives: { type: "pong" } },
      { who: "client", sends: { type: "ping", timestamp: 5, ref: 1 } },
      {
        who: "client",
        receives: {
          type: "pong",
          ref: 1,
          timestamp: PUBLISHED_AT,
          "original-timestamp": 5,
        },
      },
      { who: "client", sends: { type: "pong" } },
      { who: "client", sends: { type: "hello", ref: 2 } },
      {
        who: "client",
        receives: {
          type: "echo",
          ref: 2,
          original: { type: "hello", ref: 2 },
          "conn-id": CONNECTIONS.client,
          timestamp: PUBLISHED_AT,
        },
      },
    ],
  },
  {
    name: "looking-around",
    summary: "Which channels there are, and which of them are subscribed to",
    channel: "chat",
    given: [
      {
        channel: "chat",
        config: { "message-retention": 50 },
        messages: ["hello", "world"],
      },
    ],
    steps: [
      {
        who: "client",
        sends: { type: "list-channels", prefix: "chat", limit: 10, ref: 1 },
      },
      {
        who: "client",
        receives: {
          type: "channel-list",
          ref: 1,
          channels: {
            chat: {
              config: CONFIG,
              "created-at": CREATED_AT,
              "message-count": 2,
              "subscriber-count": 0,
              "messages-per-second": 0.05,
            },
          },
          cursor: null,
        },
      },
      { who: "client", sends: { type: "get-subscriptions", ref: 2 } },
      {
        who: "client",
        receives: { type: "subscription-list", ref: 2, subscriptions: [] },
      },
    ],
  },
  {
    name: "open-service",
    summary: "A token that a service with `AUTH=open` does not look at",
    channel: "chat",
    steps: [
      { who: "client", sends: { type: "authenticate", token: TOKEN, ref: 1 } },
      {
        who: "client",
        receives: {
          type: "authenticate-result",
          ref: 1,
          success: false,
          reason: "auth-open",
          message: "this server runs with AUTH=open: it verifies no tokens",
        },
      },
    ],
  },
  {
    name: "renewing",
    summary: "A token that ends soon, and those that take its place",
    channel: "chat",
    tokens: true,
    given: [{ channel: "chat" }],
    steps: [
      { who: "client", receives: { ...WELCOME, "user-id": "alice" } },
      {
        who: "client",
        receives: { type: "token-expiring", "expires-at": PUBLISHED_AT },
      },
      { who: "client", sends: { type: "authenticate", token: TOKEN, ref: 1 } },
      {
        who: "client",
        receives: {
          type: "authenticate-result",
          ref: 1,
          success: true,
          "expires-at": PUBLISHED_AT,
        },
      },
      {
        who: "client",
        sends: { type: "subscribe", "channel-id": "chat", ref: 2 },
      },
      {
        who: "client",
        receives: {
          type: "subscription-result",
          ref: 2,
          "channel-id": "chat",
          success: true,
          "subscriber-count": 1,
          "retained-messages": [],
          epoch: EPOCH,
          seq: 0,
        },
      },
      {
        who: "client",
        sends: { type: "authenticate", token: LESSER_TOKEN, ref: 3 },
      },
      {
        who: "client",
        receives: {
          type: "authenticate-result",
          ref: 3,
          success: true,
          "expires-at": PUBLISHED_AT,
        },
      },
      {
        who: "client",
        receives: {
          type: "unsubscribed",
          "channel-id": "chat",
          reason: "forbidden",
        },
      },
      {
        who: "client",
        sends: {
          type: "publish",
          "channel-id": "chat",
          data: { text: "hello" },
          ref: 4,
        },
      },
      {
        who: "client",
        receives: {
          type: "publish-result",
          ref: 4,
          "channel-id": "chat",
          success: false,
          reason: "forbidden",
          operation: "publish",
        },
      },
    ],
  },
];
