import type { Conversation } from "../conversation.ts";
import { CONNECTIONS, EPOCH, PUBLISHED_AT, storedMessage } from "../values.ts";

const HELLO = { text: "hello" };
const CHAT = { "channel-id": "chat" };

const SUBSCRIBED = {
  type: "subscription-result",
  ...CHAT,
  success: true,
  "subscriber-count": 1,
  "retained-messages": [],
  epoch: EPOCH,
  seq: 0,
};

const LIVE = {
  type: "channel-message",
  ...CHAT,
  data: HELLO,
  "message-id": "order-17",
  seq: 1,
  "published-at": PUBLISHED_AT,
  "broadcast-time": PUBLISHED_AT,
  "sender-conn-id": CONNECTIONS.other,
  "sender-user-id": null,
};

/** Publishing and subscribing. */
export const CHANNELS: readonly Conversation[] = [
  {
    name: "chatting",
    summary: "Subscribing, publishing, acknowledging, unsubscribing",
    channel: "chat",
    steps: [
      { who: "client", sends: { type: "subscribe", ...CHAT, ref: 1 } },
      { who: "client", receives: { ...SUBSCRIBED, ref: 1 } },
      {
        who: "other",
        sends: {
          type: "publish",
          ...CHAT,
          data: HELLO,
          "message-id": "order-17",
          ref: 2,
        },
      },
      { who: "client", receives: LIVE },
      {
        who: "other",
        receives: {
          type: "publish-result",
          ref: 2,
          ...CHAT,
          success: true,
          "message-id": "order-17",
          seq: 1,
          "delivered-to": 1,
        },
      },
      { who: "client", sends: { type: "ack", ...CHAT, seq: 1 } },
      { who: "client", sends: { type: "unsubscribe", ...CHAT, ref: 3 } },
      {
        who: "client",
        receives: {
          type: "unsubscription-result",
          ref: 3,
          ...CHAT,
          success: true,
        },
      },
    ],
  },
  {
    name: "recovering",
    summary: "Subscribing again, for what was missed",
    channel: "chat",
    given: [{ channel: "chat", messages: [HELLO, { text: "world" }] }],
    steps: [
      {
        who: "client",
        sends: {
          type: "subscribe",
          ...CHAT,
          since: { epoch: EPOCH, seq: 1 },
          ref: 1,
        },
      },
      {
        who: "client",
        receives: {
          ...SUBSCRIBED,
          ref: 1,
          "retained-messages": [storedMessage(2, { text: "world" })],
          seq: 2,
          recovered: true,
        },
      },
    ],
  },
  {
    name: "repeating",
    summary: "Publishing under a name that was used before",
    channel: "chat",
    given: [{ channel: "chat" }],
    steps: [
      {
        who: "client",
        sends: {
          type: "publish",
          ...CHAT,
          data: HELLO,
          "message-id": "order-17",
          "exclude-sender": true,
          ref: 1,
        },
      },
      {
        who: "client",
        receives: {
          type: "publish-result",
          ref: 1,
          ...CHAT,
          success: true,
          "message-id": "order-17",
          seq: 1,
          "delivered-to": 0,
        },
      },
      {
        who: "client",
        sends: {
          type: "publish",
          ...CHAT,
          data: HELLO,
          "message-id": "order-17",
          "exclude-sender": true,
          ref: 2,
        },
      },
      {
        who: "client",
        receives: {
          type: "publish-result",
          ref: 2,
          ...CHAT,
          success: true,
          "message-id": "order-17",
          seq: 1,
          duplicate: true,
        },
      },
    ],
  },
  {
    name: "nowhere",
    summary: "A channel that does not exist",
    channel: "nowhere",
    steps: [
      {
        who: "client",
        sends: {
          type: "publish",
          "channel-id": "nowhere",
          data: HELLO,
          ephemeral: true,
          ref: 1,
        },
      },
      {
        who: "client",
        receives: {
          type: "publish-result",
          ref: 1,
          "channel-id": "nowhere",
          success: false,
          reason: "channel-not-found",
        },
      },
    ],
  },
  {
    name: "full",
    summary: "A channel that has as many subscribers as it may",
    channel: "chat",
    given: [{ channel: "chat", config: { "max-subscribers": 1 } }],
    steps: [
      { who: "other", sends: { type: "subscribe", ...CHAT, ref: 1 } },
      { who: "other", receives: { ...SUBSCRIBED, ref: 1 } },
      { who: "client", sends: { type: "subscribe", ...CHAT, ref: 2 } },
      {
        who: "client",
        receives: {
          type: "subscription-result",
          ref: 2,
          ...CHAT,
          success: false,
          reason: "max-subscribers-reached",
          current: 1,
          max: 1,
        },
      },
    ],
  },
  {
    name: "deleting",
    summary: "A channel that is deleted",
    channel: "chat",
    steps: [
      { who: "client", sends: { type: "subscribe", ...CHAT, ref: 1 } },
      { who: "client", receives: { ...SUBSCRIBED, ref: 1 } },
      { deletes: "chat" },
      { who: "client", receives: { type: "channel-deleted", ...CHAT } },
    ],
  },
  {
    name: "elsewhere",
    summary: "Another channel, on a channel's own socket",
    channel: "chat",
    over: "channel",
    steps: [
      {
        who: "client",
        sends: { type: "subscribe", "channel-id": "news", ref: 1 },
      },
      {
        who: "client",
        receives: {
          type: "error",
          ref: 1,
          reason: "wrong-channel",
          message: 'this socket is for the channel "chat" alone',
        },
      },
    ],
  },
];
