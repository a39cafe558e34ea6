/**
 * What is done by requests over HTTP.
 *
 * @module
 */
import { expect } from "vitest";

import { pathOf } from "../channels.ts";
import { readEvents } from "../events.ts";
import { bearer } from "../tokens.ts";
import { eventually } from "../waiting.ts";
import {
  answered,
  info,
  listed,
  message,
  NONE_LISTED,
  name,
  published,
} from "./answers.ts";
import type { Actor, Answer, Deed } from "./deeds.ts";

/** What an answer holds. */
export interface HttpAnswer {
  readonly status: number;
  /** As JSON; undefined where there is none. */
  readonly body: unknown;
}

interface HttpDeed extends Pick<Deed, "what" | "operation"> {
  readonly creates?: boolean;
  readonly method: string;
  path(channel: string): string;
  readonly body?: unknown;
  readonly status?: number;
  readonly done: Answer;
  readonly refused?: Answer;
}

/** `/channels/:id` and what follows it. */
const channelPath = (rest: string) => (id: string) => `${pathOf(id)}${rest}`;

const REQUESTS: readonly HttpDeed[] = [
  {
    what: "publish",
    operation: "publish",
    method: "POST",
    path: channelPath("/messages"),
    body: { data: 1 },
    done: published,
  },
  {
    what: "request",
    operation: "request",
    method: "POST",
    path: channelPath("/rpc"),
    body: { data: 1 },
    done: answered,
  },
  {
    what: "history",
    operation: "history",
    method: "GET",
    path: channelPath("/messages"),
    done: (id) => ({
      "channel-id": id,
      epoch: name,
      seq: 1,
      complete: true,
      messages: [message(id)],
    }),
  },
  {
    what: "subscribers",
    operation: "admin",
    method: "GET",
    path: channelPath("/subscribers"),
    done: (id) => ({
      "channel-id": id,
      "server-time": expect.any(Number),
      "subscriber-count": 1,
      subscribers: [
        {
          "conn-id": name,
          "user-id": "root",
          via: "session",
          "subscribed-at": expect.any(Number),
        },
      ],
    }),
  },
  {
    what: "info",
    operation: "info",
    method: "GET",
    path: channelPath(""),
    done: () => info,
  },
  {
    what: "create",
    operation: "create",
    creates: true,
    method: "PUT",
    path: channelPath(""),
    body: {},
    status: 201,
    done: () => info,
  },
  {
    what: "configure",
    operation: "admin",
    method: "PATCH",
    path: channelPath(""),
    body: { "message-retention": 7 },
    done: () => expect.objectContaining({ "message-retention": 7 }),
  },
  {
    what: "delete",
    operation: "delete",
    method: "DELETE",
    path: channelPath(""),
    status: 204,
    done: () => undefined,
  },
  {
    what: "listing",
    operation: "info",
    method: "GET",
    path: (id) => `/channels?prefix=${encodeURIComponent(id)}`,
    done: listed,
    refused: () => ({ status: 200, body: NONE_LISTED }),
  },
];

/** All of it but the events. */
const BY_REQUEST: readonly Deed[] = REQUESTS.map((request) => {
  const { what, operation, creates = false, status = 200, done } = request;
  const refused = request.refused ?? forbidden(operation);
  return {
    what,
    operation,
    way: "HTTP",
    creates,
    does: (actor) => sends(request, actor),
    done: (id) => ({ status, body: done(id) }),
    refused,
    nothing: refused,
  };
});

async function sends(
  { method, path, body: given }: HttpDeed,
  { server, token, channel }: Actor,
): Promise<HttpAnswer> {
  const { status, body } = await server.fetch(path(channel), {
    method,
    headers: bearer(token),
    ...(given === undefined ? {} : { body: JSON.stringify(given) }),
  });
  return { status, body };
}

/** The answer to who may not do something on a channel. */
export function forbidden(operation: string): Answer {
  return (channel) => {
    const message = `${operation} is not allowed on the channel "${channel}"`;
    return { status: 403, body: { error: { reason: "forbidden", message } } };
  };
}

/** Something done by reading events, with the events that are to come. */
interface EventsDeed extends Pick<Deed, "what" | "operation" | "beside"> {
  readonly creates?: boolean;
  /** Whether it names a position from before the message. */
  readonly since?: boolean;
  readonly done: Answer;
  /** Absent: as who may not subscribe. */
  readonly refused?: Answer;
}

const started = { status: 200, body: [] };
const withMessage: Answer = (id) => ({ status: 200, body: [message(id)] });

const EVENTS: readonly EventsDeed[] = [
  {
    what: "events",
    operation: "subscribe",
    done: () => ({ status: 200, body: expect.any(Array) }),
  },
  {
    what: "retained events",
    operation: "history",
    beside: ["subscribe"],
    done: withMessage,
    refused: () => started,
  },
  {
    what: "missed events",
    operation: "history",
    beside: ["subscribe"],
    since: true,
    done: withMessage,
    refused: () => ({ status: 200, body: [gap] }),
  },
  {
    what: "create by reading events",
    operation: "create",
    beside: ["subscribe"],
    creates: true,
    done: () => started,
    refused: forbidden("create"),
  },
];

const gap = { since: expect.any(Object), position: expect.any(Object) };

const BY_EVENTS: readonly Deed[] = EVENTS.map((deed) => ({
  refused: forbidden("subscribe"),
  nothing: forbidden("subscribe"),
  creates: false,
  ...deed,
  way: "HTTP",
  does: (actor) => readsEvents(deed, actor),
}));

/** Reads what there is when the stream begins, which comes at once. */
async function readsEvents(
  { since = false }: EventsDeed,
  { server, token, channel, epoch }: Actor,
): Promise<HttpAnswer> {
  const lastEventId = since ? `${epoch}:0` : undefined;
  const reader = await readEvents(server, channel, { token, lastEventId });
  const { status } = reader;
  if (status !== 200) return { status, body: await reader.refusal() };
  await eventually("it begins", () =>
    /^id: .+\n(data.+\n)?\n/m.test(reader.raw),
  );
  reader.leaves();
  return { status, body: reader.events.map(({ data }) => JSON.parse(data)) };
}

/** All of it. */
export const BY_HTTP: readonly Deed[] = [...BY_REQUEST, ...BY_EVENTS];
