/**
 * What is done by requests over HTTP.
 *
 * @module
 */
import { expect } from "vitest";

import { pathOf } from "../channels.ts";
import { bearer } from "../tokens.ts";
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

/** All of it. */
export const BY_HTTP: readonly Deed[] = REQUESTS.map((request) => {
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
