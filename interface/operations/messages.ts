import {
  HistoryQuerySchema,
  MessageBodySchema,
  RequestBodySchema,
} from "../../src/http/schemas.ts";
import { HistoryPageSchema } from "../../src/protocol/answers.ts";
import { OwnMessageIdSchema } from "../../src/protocol/fields.ts";
import { SERVER_FRAMES } from "../../src/protocol/server-frames.ts";
import type { Operation } from "../operation.ts";
import {
  CONNECTIONS,
  EPOCH,
  PUBLISHED_AT,
  refusal,
  requestOn,
  storedMessage,
} from "../values.ts";

const CHAT = { "channel-id": "chat" };
const NOWHERE = { "channel-id": "nowhere" };
const TIME = { "channel-id": "time-service" };
const HELLO = { text: "hello" };

const RESULT = {
  type: "publish-result",
  "channel-id": "chat",
  success: true,
  "message-id": "order-17",
  seq: 1,
  "delivered-to": 0,
};

/** A channel's messages, and asking its subscribers. */
export const MESSAGES: readonly Operation[] = [
  {
    method: "GET",
    path: "/channels/{channel-id}/messages",
    id: "getMessages",
    tag: "channels",
    summary: "A page of stored messages",
    description:
      "With another `epoch` than the present one `after` is ignored. `more` says that there is another page: it starts after the last `seq` of this one.",
    needs: "history",
    query: HistoryQuerySchema,
    answers: { 200: { description: "The page.", schema: HistoryPageSchema } },
    reasons: [
      "invalid-query",
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
    ],
    examples: [
      {
        name: "missed",
        summary: "What came after the first message",
        given: [{ channel: "chat", messages: [HELLO, { text: "world" }] }],
        path: CHAT,
        query: { epoch: EPOCH, after: 1, limit: 100 },
        status: 200,
        answer: {
          "channel-id": "chat",
          epoch: EPOCH,
          seq: 2,
          complete: true,
          messages: [storedMessage(2, { text: "world" })],
        },
      },
      {
        name: "cut",
        summary: "The first of several pages",
        given: [{ channel: "chat", messages: [HELLO, { text: "world" }] }],
        path: CHAT,
        query: { limit: 1 },
        status: 200,
        answer: {
          "channel-id": "chat",
          epoch: EPOCH,
          seq: 2,
          complete: true,
          more: true,
          messages: [storedMessage(1, HELLO)],
        },
      },
    ],
  },
  {
    method: "POST",
    path: "/channels/{channel-id}/messages",
    id: "publish",
    tag: "channels",
    summary: "Publishes a message",
    description:
      "Answered when it is stored and handed to every subscriber. Publishing never creates a channel. A `message-id` that the same user already used is not published again.",
    needs: "publish",
    headers: {
      "idempotency-key": {
        schema: OwnMessageIdSchema,
        description: "Another way to give the `message-id`.",
      },
    },
    body: {
      schema: MessageBodySchema,
      required: true,
      description: "The message.",
    },
    answers: {
      200: {
        description: "It is published, or was before.",
        schema: SERVER_FRAMES["publish-result"],
      },
    },
    reasons: [
      "invalid-json",
      "invalid-message",
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
      "payload-too-large",
      "outcome-unknown",
    ],
    examples: [
      {
        name: "published",
        summary: "A message with a name of its own",
        given: [{ channel: "chat" }],
        path: CHAT,
        body: { data: HELLO, "message-id": "order-17" },
        status: 200,
        answer: RESULT,
      },
      {
        name: "keyed",
        summary: "The name in a header",
        given: [{ channel: "chat" }],
        path: CHAT,
        headers: { "idempotency-key": "order-17" },
        body: { data: HELLO },
        status: 200,
        answer: RESULT,
      },
      {
        name: "ephemeral",
        summary: "A message that is not stored",
        given: [{ channel: "chat" }],
        path: CHAT,
        body: { data: HELLO, "message-id": "typing-3", ephemeral: true },
        status: 200,
        answer: {
          type: "publish-result",
          "channel-id": "chat",
          success: true,
          "message-id": "typing-3",
          "delivered-to": 0,
        },
      },
      {
        name: "nowhere",
        summary: "A channel that does not exist",
        path: NOWHERE,
        body: { data: HELLO },
        status: 404,
        answer: refusal(
          "channel-not-found",
          'the channel "nowhere" does not exist; publishing creates none',
        ),
      },
      {
        name: "forbidden",
        summary: "With a token that grants reading alone",
        as: "reader",
        path: CHAT,
        body: { data: HELLO },
        status: 403,
        answer: refusal(
          "forbidden",
          'publish is not allowed on the channel "chat"',
        ),
      },
    ],
  },
  {
    method: "POST",
    path: "/channels/{channel-id}/rpc",
    id: "request",
    tag: "rpc",
    summary: "Asks a channel's subscribers and waits for the answer",
    description:
      "The answer is the final one, with status 200 also where the service answered with `error`. Partial ones are left out. A client that hangs up cancels its request, where the platform notices.",
    needs: "request",
    body: {
      schema: RequestBodySchema,
      required: true,
      description: "The request.",
    },
    answers: {
      200: {
        description: "A service has answered.",
        schema: SERVER_FRAMES["rpc-response"],
      },
    },
    reasons: [
      "invalid-json",
      "invalid-message",
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
      "payload-too-large",
      "too-many-requests",
      "no-subscribers",
      "responders-gone",
      "channel-deleted",
      "outcome-unknown",
      "timeout",
    ],
    examples: [
      {
        name: "answered",
        summary: "One of the services answers",
        given: [
          { channel: "time-service" },
          { service: "time-service", answers: { time: "07:30:15" } },
        ],
        path: TIME,
        body: {
          data: { zone: "Europe/Berlin" },
          "timeout-ms": 5000,
          "deliver-to": "one",
        },
        status: 200,
        answer: {
          type: "rpc-response",
          "request-id": requestOn("time-service"),
          "channel-id": "time-service",
          data: { time: "07:30:15" },
          error: false,
          final: true,
          "responder-conn-id": CONNECTIONS.service,
          "created-at": PUBLISHED_AT,
        },
      },
      {
        name: "nobody",
        summary: "Nobody is there to answer",
        given: [{ channel: "time-service" }],
        path: TIME,
        body: { data: { zone: "Europe/Berlin" } },
        status: 503,
        answer: refusal(
          "no-subscribers",
          'nobody is subscribed to the channel "time-service"',
        ),
      },
    ],
  },
];
