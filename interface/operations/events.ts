import * as v from "valibot";

import { EventsQuerySchema } from "../../src/http/schemas.ts";
import { EVENT_STREAM_TYPE } from "../../src/protocol/event-stream.ts";
import type { Operation } from "../operation.ts";
import { refusal } from "../values.ts";

const CHAT = { "channel-id": "chat" };

/** Subscribing without a socket. */
export const EVENTS: readonly Operation[] = [
  {
    method: "GET",
    path: "/channels/{channel-id}/events",
    id: "readEvents",
    tag: "channels",
    summary: "Subscribes by server-sent events",
    description:
      "What is retained, or was missed, then what is published, for as long as the reader stays; docs/protocol.md §6 describes the stream. A missing channel is created, as by `subscribe`. What is retained or was missed needs `history` besides.",
    needs: "subscribe",
    query: EventsQuerySchema,
    headers: {
      "last-event-id": {
        schema: v.string(),
        description:
          "The last `id` that was read: what came after it is handed over first. It goes before `since`.",
      },
    },
    answers: {
      200: {
        description: "The stream.",
        schema: v.string(),
        contentTypes: [EVENT_STREAM_TYPE],
      },
      204: {
        description:
          "All is over: the reader was told so by an `end`, whose `id` it names.",
      },
    },
    reasons: [
      "invalid-query",
      "invalid-channel-id",
      "forbidden",
      "channel-not-found",
      "max-subscribers-reached",
      "too-many-channels",
      "too-many-connections",
    ],
    examples: [
      {
        name: "over",
        summary: "Coming back though all is over",
        path: CHAT,
        headers: { "last-event-id": "end" },
        status: 204,
      },
      {
        name: "nonsense",
        summary: "Coming back with what is no id",
        path: CHAT,
        headers: { "last-event-id": "nonsense" },
        status: 400,
        answer: refusal(
          "invalid-query",
          'the header last-event-id must be an id of this stream, like "zAxRgJqW2vZ7nNKs:41"',
        ),
      },
    ],
  },
];
