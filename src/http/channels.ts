/**
 * The endpoints of one channel (docs/protocol.md §6).
 *
 * @module
 */

import { allows } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import type { Outcome } from "../channel/object.ts";
import type { PublishResult } from "../channel/publishing.ts";
import { type Env, settingsOf } from "../env.ts";
import { PartialChannelConfigSchema } from "../protocol/channel-config.ts";
import { OwnMessageIdSchema } from "../protocol/fields.ts";
import { callChannel } from "../server/calls.ts";
import { mayCreate } from "../server/creation.ts";
import { type RpcOutcome, sendRequest } from "../server/rpc.ts";
import { isolateCounters } from "../session/isolate.ts";
import { readBody, readHeader, readQuery } from "./input.ts";
import { forbidden, named, tooManyChannels } from "./refusals.ts";
import { failure, json, jsonText } from "./responses.ts";
import {
  HistoryQuerySchema,
  MessageBodySchema,
  RequestBodySchema,
} from "./schemas.ts";

/** `GET /channels/:id` */
export async function getChannel(
  env: Env,
  id: string,
  _: Request,
  { policy }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  if (!allows(grants, "info")) return forbidden("info", id);
  const outcome = await callChannel(env, id, true, (channel) =>
    channel.info(grants),
  );
  return outcome.ok ? json(outcome.value) : refuse(outcome, id);
}

/** `PUT /channels/:id` */
export async function putChannel(
  env: Env,
  id: string,
  request: Request,
  { policy, userId }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  if (!allows(grants, "create")) return forbidden("create", id);
  const body = await readConfig(env, request);
  if (!body.ok) return body.response;
  if (!(await mayCreate(env, id, userId))) {
    return tooManyChannels(env);
  }
  const outcome = await callChannel(env, id, true, (channel) =>
    channel.put(grants, body.value),
  );
  if (!outcome.ok) return refuse(outcome, id);
  const { outcome: how, info } = outcome.value;
  switch (how) {
    case "created":
      return json(info, 201);
    case "same":
      return json(info ?? {});
    case "channel-exists": {
      const message = `${named(id)} exists with another configuration; PATCH changes it`;
      return failure("channel-exists", message);
    }
  }
}

/** `PATCH /channels/:id` */
export async function patchChannel(
  env: Env,
  id: string,
  request: Request,
  { policy }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  // It may make a channel forget what others have published.
  if (!allows(grants, "admin")) return forbidden("admin", id);
  const body = await readConfig(env, request);
  if (!body.ok) return body.response;
  const outcome = await callChannel(env, id, true, (channel) =>
    channel.configure(grants, body.value),
  );
  return outcome.ok ? json(outcome.value) : refuse(outcome, id);
}

/** `DELETE /channels/:id` */
export async function deleteChannel(
  env: Env,
  id: string,
  _: Request,
  { policy }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  if (!allows(grants, "delete")) return forbidden("delete", id);
  const outcome = await callChannel(env, id, false, (channel) =>
    channel.remove(grants),
  );
  if (!outcome.ok) return refuse(outcome, id);
  return new Response(null, { status: 204 });
}

/** `GET /channels/:id/subscribers` */
export async function getSubscribers(
  env: Env,
  id: string,
  _: Request,
  { policy }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  // It tells who others are, and what they listen to.
  if (!allows(grants, "admin")) return forbidden("admin", id);
  const outcome = await callChannel(env, id, true, (channel) =>
    channel.subscribers(grants),
  );
  return outcome.ok ? json(outcome.value) : refuse(outcome, id);
}

/** `GET /channels/:id/messages` */
export async function getMessages(
  env: Env,
  id: string,
  request: Request,
  { policy }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  if (!allows(grants, "history")) return forbidden("history", id);
  const query = readQuery(request.url, HistoryQuerySchema);
  if (!query.ok) return query.response;
  const { epoch, after, limit } = query.value;
  const outcome = await callChannel(env, id, true, (channel) =>
    channel.history(grants, { epoch, after, limit }),
  );
  return outcome.ok ? jsonText(outcome.value) : refuse(outcome, id);
}

/** `POST /channels/:id/messages` */
export async function postMessage(
  env: Env,
  id: string,
  request: Request,
  { policy, userId }: Principal,
): Promise<Response> {
  const grants = policy.on(id);
  if (!allows(grants, "publish")) {
    isolateCounters.publishRefused("forbidden");
    return forbidden("publish", id);
  }
  const header = readHeader(
    request,
    "idempotency-key",
    OwnMessageIdSchema,
    "invalid-message",
  );
  if (!header.ok) return header.response;
  const key = header.value;
  const body = await readBody(
    request,
    MessageBodySchema,
    "invalid-message",
    settingsOf(env).MAX_BODY_BYTES,
  );
  if (!body.ok) return body.response;
  const { data, ephemeral, "message-id": given } = body.value;
  if (key !== undefined && given !== undefined && key !== given) {
    const message = "`message-id` and the header idempotency-key differ";
    return failure("invalid-message", message);
  }
  const messageId = given ?? key;
  const repeatable = messageId !== undefined;
  const result = await callChannel(env, id, repeatable, (channel) =>
    channel.publish({
      data: JSON.stringify(data),
      messageId,
      ephemeral,
      sender: { connId: null, userId },
      grants,
    }),
  );
  return result.success ? json(result) : refusePublish(result, id, env);
}

/** `POST /channels/:id/rpc` */
export async function postRequest(
  env: Env,
  id: string,
  request: Request,
  principal: Principal,
): Promise<Response> {
  if (!allows(principal.policy.on(id), "request")) {
    isolateCounters.requestRefused("forbidden");
    return forbidden("request", id);
  }
  const body = await readBody(
    request,
    RequestBodySchema,
    "invalid-message",
    settingsOf(env).MAX_BODY_BYTES,
  );
  if (!body.ok) return body.response;
  const { data, "timeout-ms": timeoutMs, "deliver-to": deliverTo } = body.value;
  const outcome = await sendRequest(
    env,
    id,
    { data, timeoutMs, deliverTo },
    principal,
    request.signal,
  );
  return outcome.ok ? json(outcome.answer) : refuseRequest(outcome, id);
}

function readConfig(env: Env, request: Request) {
  return readBody(
    request,
    PartialChannelConfigSchema,
    "invalid-config",
    settingsOf(env).MAX_BODY_BYTES,
    "{}",
  );
}

function refuse(
  outcome: Outcome<unknown> & { ok: false },
  id: string,
): Response {
  switch (outcome.reason) {
    case "forbidden":
      return forbidden(outcome.operation, id);
    case "channel-not-found":
      return failure(outcome.reason, `${named(id)} does not exist`);
  }
}

function refusePublish(
  { reason = "outcome-unknown", "retry-after-ms": retryAfterMs }: PublishResult,
  id: string,
  env: Env,
): Response {
  switch (reason) {
    case "channel-not-found":
      return failure(
        reason,
        `${named(id)} does not exist; publishing creates none`,
      );
    case "payload-too-large": {
      const { MAX_DATA_BYTES } = settingsOf(env);
      const message = `\`data\` must be at most ${MAX_DATA_BYTES} bytes as JSON`;
      return failure(reason, message);
    }
    case "forbidden":
      return forbidden("publish", id);
    case "rate-limited":
      return failure(reason, `${named(id)} is busy`, {
        retryAfterMs: retryAfterMs ?? 1_000,
      });
    case "invalid-channel-id":
    case "outcome-unknown":
      return failure(reason, `${named(id)}: ${reason}`);
  }
}

function refuseRequest(
  { reason, retryAfterMs = 1_000 }: RpcOutcome & { ok: false },
  id: string,
): Response {
  switch (reason) {
    case "channel-not-found":
      return failure(reason, `${named(id)} does not exist`);
    case "no-subscribers":
      return failure(reason, `nobody is subscribed to ${named(id)}`);
    case "responders-gone":
      return failure(reason, "all who were asked have disconnected");
    case "channel-deleted":
      return failure(reason, `${named(id)} was deleted`);
    case "timeout":
      return failure(reason, "nobody answered in time");
    case "forbidden":
      return failure(reason, `request is not allowed on ${named(id)}`);
    case "rate-limited":
    case "too-many-requests":
      return failure(reason, `${named(id)} is busy`, { retryAfterMs });
    case "invalid-channel-id":
      return failure(reason, `${named(id)} names no channel`);
    case "cancelled":
    case "outcome-unknown":
      return failure(
        "outcome-unknown",
        "the request was interrupted; whether a service handled it is not known",
      );
    case "unavailable":
      return failure(reason, `${named(id)} is out of reach`, { retryAfterMs });
  }
}
