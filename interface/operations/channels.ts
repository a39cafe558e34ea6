import {
  ChannelInfoSchema,
  SubscriberListSchema,
} from "../../src/protocol/answers.ts";
import {
  ChannelConfigSchema,
  PartialChannelConfigSchema,
} from "../../src/protocol/channel-config.ts";
import type { Operation } from "../operation.ts";
import { CONFIG, CREATED_AT, EPOCH, refusal } from "../values.ts";

const CHAT = { "channel-id": "chat" };
const ROOM = { "channel-id": "rooms/a" };
const NOWHERE = { "channel-id": "nowhere" };

const GIVEN = [
  {
    channel: "chat",
    config: { "message-retention": 50 },
    messages: ["hello", "world"],
  },
] as const;

const INFO = {
  config: CONFIG,
  "created-at": CREATED_AT,
  "message-count": 2,
  "subscriber-count": 0,
  seq: 2,
  epoch: EPOCH,
  "pending-rpc-requests": 0,
};
const NEW = { ...INFO, "message-count": 0, seq: 0 };

const MISSING = refusal(
  "channel-not-found",
  'the channel "nowhere" does not exist',
);

const BODY = {
  schema: PartialChannelConfigSchema,
  required: false,
  description: "Some of the configuration; an empty body stands for `{}`.",
};

/** One channel. */
export const CHANNELS: readonly Operation[] = [
  {
    method: "GET",
    path: "/channels/{channel-id}",
    id: "getChannel",
    tag: "channels",
    summary: "A channel as it is at this moment",
    needs: "info",
    answers: {
      200: { description: "The channel.", schema: ChannelInfoSchema },
    },
    reasons: ["invalid-channel-id", "forbidden", "channel-not-found"],
    examples: [
      {
        name: "chat",
        summary: "A channel with two messages",
        given: GIVEN,
        path: CHAT,
        status: 200,
        answer: INFO,
      },
      {
        name: "nowhere",
        summary: "A channel that does not exist",
        path: NOWHERE,
        status: 404,
        answer: MISSING,
      },
    ],
  },
  {
    method: "PUT",
    path: "/channels/{channel-id}",
    id: "putChannel",
    tag: "channels",
    summary: "Creates a channel",
    description:
      "What the body does not name is the server's default. A channel that exists is no longer removed when idle, whatever the status.",
    needs: "create",
    body: BODY,
    answers: {
      200: {
        description: "It exists, with the same effective configuration.",
        schema: ChannelInfoSchema,
      },
      201: { description: "It was created.", schema: ChannelInfoSchema },
    },
    reasons: [
      "invalid-json",
      "invalid-config",
      "invalid-channel-id",
      "forbidden",
      "channel-exists",
      "payload-too-large",
      "too-many-channels",
    ],
    examples: [
      {
        name: "created",
        summary: "A new channel, whose name is percent-encoded in the path",
        path: ROOM,
        body: { "message-retention": 50 },
        status: 201,
        answer: NEW,
      },
      {
        name: "same",
        summary: "Once more",
        given: [{ channel: "rooms/a", config: { "message-retention": 50 } }],
        path: ROOM,
        body: { "message-retention": 50 },
        status: 200,
        answer: NEW,
      },
      {
        name: "exists",
        summary: "With another configuration",
        given: GIVEN,
        path: CHAT,
        body: { "message-retention": 20 },
        status: 409,
        answer: refusal(
          "channel-exists",
          'the channel "chat" exists with another configuration; PATCH changes it',
        ),
      },
    ],
  },
  {
    method: "PATCH",
    path: "/channels/{channel-id}",
    id: "patchChannel",
    tag: "channels",
    summary: "Changes some of a channel's configuration",
    description: "History and subscribers stay.",
    needs: "admin",
    body: BODY,
    answers: {
      200: {
        description: "The whole new configuration.",
        schema: ChannelConfigSchema,
      },
    },
    reasons: [
      "invalid-json",
      "invalid-config",
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
      "payload-too-large",
    ],
    examples: [
      {
        name: "changed",
        summary: "Fewer subscribers",
        given: GIVEN,
        path: CHAT,
        body: { "max-subscribers": 20 },
        status: 200,
        answer: { ...CONFIG, "max-subscribers": 20 },
      },
      {
        name: "nowhere",
        summary: "A channel that does not exist",
        path: NOWHERE,
        body: { "max-subscribers": 20 },
        status: 404,
        answer: MISSING,
      },
    ],
  },
  {
    method: "DELETE",
    path: "/channels/{channel-id}",
    id: "deleteChannel",
    tag: "channels",
    summary: "Deletes a channel with all its messages",
    description:
      "Subscribers are told; open requests end with `channel-deleted`.",
    needs: "delete",
    answers: { 204: { description: "It is gone." } },
    reasons: [
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
      "outcome-unknown",
    ],
    examples: [
      {
        name: "deleted",
        summary: "A channel that exists",
        given: GIVEN,
        path: CHAT,
        status: 204,
      },
      {
        name: "nowhere",
        summary: "A channel that does not exist",
        path: NOWHERE,
        status: 404,
        answer: MISSING,
      },
    ],
  },
  {
    method: "GET",
    path: "/channels/{channel-id}/subscribers",
    id: "getSubscribers",
    tag: "channels",
    summary: "Who is subscribed",
    description:
      "In order of subscription, 1,000 at most; `truncated` says that there are more.",
    needs: "admin",
    answers: {
      200: { description: "The subscribers.", schema: SubscriberListSchema },
    },
    reasons: ["invalid-channel-id", "forbidden", "channel-not-found"],
    examples: [
      {
        name: "nobody",
        summary: "A channel that nobody is subscribed to",
        given: GIVEN,
        path: CHAT,
        status: 200,
        figures: true,
        answer: {
          "channel-id": "chat",
          "server-time": CREATED_AT,
          "subscriber-count": 0,
          subscribers: [],
        },
      },
      {
        name: "nowhere",
        summary: "A channel that does not exist",
        path: NOWHERE,
        status: 404,
        answer: MISSING,
      },
    ],
  },
];
