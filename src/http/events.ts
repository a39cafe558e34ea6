/**
 * `GET /channels/:id/events`: a subscription as server-sent events
 * (docs/protocol.md §6).
 *
 * @module
 */
import { ALL_GRANTS, allows } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import {
  END_ID,
  EVENT_STREAM_TYPE,
  EventIdSchema,
  positionOf,
} from "../protocol/event-stream.ts";
import { CHANNEL_ID_RULE } from "../protocol/names.ts";
import type { Grants } from "../protocol/operations.ts";
import { TOKEN_EXPIRED } from "../protocol/replies.ts";
import { callChannel } from "../server/calls.ts";
import { openEvents } from "../server/events.ts";
import type { Refusal } from "../session/event-feed.ts";
import { INVALID_TOKEN } from "./admission.ts";
import { readHeader, readQuery } from "./input.ts";
import {
  forbidden,
  named,
  tooManyChannels,
  tooManyConnections,
} from "./refusals.ts";
import { failure } from "./responses.ts";
import { EventsQuerySchema } from "./schemas.ts";
import { addressOf, isCrowded } from "./upgrades.ts";

/** What an EventSource names when it comes back: how far it got. */
const LAST_EVENT_ID = "last-event-id";

const HEADERS = {
  "content-type": EVENT_STREAM_TYPE,
  "cache-control": "no-store",
  // Proxies that know this pass every event on at once.
  "x-accel-buffering": "no",
};

/** When to try again to reach a channel, in ms. */
const RETRY_AFTER_MS = 1_000;

/** `GET /channels/:id/events` */
export async function getEvents(
  env: Env,
  channelId: string,
  request: Request,
  principal: Principal,
  ctx: ExecutionContext,
): Promise<Response> {
  const grants = principal.policy.on(channelId);
  if (!allows(grants, "subscribe")) return forbidden("subscribe", channelId);
  const query = readQuery(request.url, EventsQuerySchema);
  if (!query.ok) return query.response;
  if (request.headers.get(LAST_EVENT_ID) === END_ID) {
    // It was told that all is over, and an EventSource takes this as final.
    return new Response(null, { status: 204 });
  }
  const last = readHeader(
    request,
    LAST_EVENT_ID,
    EventIdSchema,
    "invalid-query",
  );
  if (!last.ok) return last.response;
  if (request.method === "HEAD") return head(env, channelId, grants);
  const address = addressOf(env, request);
  if (isCrowded(env, address)) return tooManyConnections();
  const { "retained-limit": retainedLimit } = query.value;
  const id = last.value ?? query.value.since;
  const since = id === undefined ? undefined : positionOf(id);
  const outcome = await openEvents(
    env,
    ctx,
    { channelId, since, retainedLimit },
    { principal, address, signal: request.signal },
  );
  return outcome.ok
    ? new Response(outcome.body, { headers: HEADERS })
    : refuse(env, channelId, outcome.refusal);
}

/** As `GET`, as far as can be told without subscribing. */
async function head(
  env: Env,
  channelId: string,
  grants: Grants,
): Promise<Response> {
  const existing = await callChannel(env, channelId, true, (channel) =>
    channel.info(ALL_GRANTS),
  );
  const { autoCreate } = settingsOf(env);
  if (!existing.ok && !autoCreate) {
    return refuse(env, channelId, { reason: "channel-not-found" });
  }
  if (!existing.ok && !allows(grants, "create")) {
    return forbidden("create", channelId);
  }
  return new Response(null, { headers: HEADERS });
}

function refuse(
  env: Env,
  channelId: string,
  { reason, operation = "subscribe" }: Refusal,
): Response {
  const channel = named(channelId);
  switch (reason) {
    case "forbidden":
      return forbidden(operation, channelId);
    case "channel-not-found":
      return failure(reason, `${channel} does not exist`);
    case "max-subscribers-reached":
      return failure(reason, `${channel} is full`);
    case "too-many-channels":
      return tooManyChannels(env);
    case "too-many-connections":
      return tooManyConnections();
    case "token-expired":
      return failure(reason, TOKEN_EXPIRED, { headers: INVALID_TOKEN });
    case "invalid-channel-id":
      return failure(reason, CHANNEL_ID_RULE);
    case "unavailable":
    case "outcome-unknown":
    case "too-many-subscriptions":
    case "channel-deleted":
    case "disconnected":
      return failure("unavailable", `${channel} is out of reach`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
  }
}
