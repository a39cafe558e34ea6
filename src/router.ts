/**
 * Every path of the service, in one table, and what is done for all of them:
 * methods, CORS, errors.
 *
 * @module
 */
import { type IRequest, Router } from "itty-router";
import * as v from "valibot";

import { SettingsError } from "./config.ts";
import { type Env, settingsOf } from "./env.ts";
import {
  deleteChannel,
  getChannel,
  getMessages,
  patchChannel,
  postMessage,
  postRequest,
  putChannel,
} from "./http/channels.ts";
import { fromText, readChannelId, readQuery } from "./http/input.ts";
import { failure, json, preflight, withCors } from "./http/responses.ts";
import { openChannel, openSession } from "./http/upgrades.ts";
import { MAX_LIST_LIMIT } from "./protocol/client-frames.ts";
import { pageLimit, text } from "./protocol/fields.ts";
import { listChannels, readHealth, readStats } from "./registry/client.ts";
import {
  OutcomeUnknownError,
  OverloadedError,
  UnavailableError,
} from "./server/calls.ts";
import { logError } from "./telemetry/sink.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Handler = (
  env: Env,
  ctx: ExecutionContext,
  request: Request,
) => Promise<Response> | Response;
type ChannelHandler = (
  env: Env,
  id: string,
  request: Request,
) => Promise<Response>;

const ROUTES: Record<string, Partial<Record<Method, Handler>>> = {
  "/": { GET: openSession },
  "/ws": { GET: openSession },
  "/health": { GET: health },
  "/stats": { GET: async (env) => json(await readStats(env)) },
  "/channels": { GET: channels },
};

const CHANNEL_ROUTES: Record<
  string,
  Partial<Record<Method, ChannelHandler>>
> = {
  "/channels/:id": {
    GET: getChannel,
    PUT: putChannel,
    PATCH: patchChannel,
    DELETE: deleteChannel,
  },
  "/channels/:id/ws": { GET: openChannel },
  "/channels/:id/messages": { GET: getMessages, POST: postMessage },
  "/channels/:id/rpc": { POST: postRequest },
};

const ListSchema = v.object({
  prefix: v.optional(text, ""),
  limit: v.optional(fromText(pageLimit(MAX_LIST_LIMIT)), "100"),
  cursor: v.optional(text),
});

const router = Router<IRequest, [Env, ExecutionContext, Request]>();

for (const [path, methods] of Object.entries(ROUTES)) {
  router.all(path, (_, env, ctx, request) =>
    dispatch(methods, request, (handler) => handler(env, ctx, request)),
  );
}
for (const [path, methods] of Object.entries(CHANNEL_ROUTES)) {
  router.all(path, (matched, env, _, request) =>
    dispatch(methods, request, async (handler) => {
      const id = readChannelId(matched.params.id);
      return id.ok ? handler(env, id.value, request) : id.response;
    }),
  );
}

/**
 * Answers a request, whatever happens.
 *
 * @param request the platform's own: the router hands its handlers a copy that
 * cannot be passed on.
 */
export async function route(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  return withCors(await answer(request, env, ctx));
}

async function answer(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    const closed = refuseIfClosed(request, env);
    if (closed !== undefined) return closed;
    const response: Response | undefined = await router.fetch(
      request,
      env,
      ctx,
      request,
    );
    if (response !== undefined) return response;
    const { pathname } = new URL(request.url);
    return failure("not-found", `there is nothing at ${pathname}`);
  } catch (error) {
    if (error instanceof SettingsError) return misconfigured(request, error);
    return failed(error);
  }
}

function dispatch<H>(
  methods: Partial<Record<Method, H>>,
  request: Request,
  handle: (handler: H) => Promise<Response> | Response,
): Promise<Response> | Response {
  const known = Object.keys(methods);
  if ("GET" in methods) known.push("HEAD");
  const allow = [...known, "OPTIONS"].join(", ");
  if (request.method === "OPTIONS") return preflight(allow);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = Object.entries(methods).find(([name]) => name === method);
  if (handler !== undefined) return handle(handler[1] as H);
  const message = `${request.method} is not possible here; ${allow} are`;
  return failure("method-not-allowed", message, { headers: { allow } });
}

/** Without `AUTH=open` nobody is let in: tokens are not built yet. */
function refuseIfClosed(request: Request, env: Env): Response | undefined {
  if (settingsOf(env).auth === "open") return undefined;
  if (new URL(request.url).pathname === "/health") {
    return json({ status: "healthy" });
  }
  const message =
    "access control is not configured: set AUTH=open to let everybody in";
  return failure("auth-not-configured", message);
}

async function health(env: Env): Promise<Response> {
  try {
    const body = await readHealth(env);
    return json(body, body.status === "healthy" ? 200 : 503);
  } catch (error) {
    logError("health", error);
    return json({ status: "unhealthy" }, 503);
  }
}

async function channels(
  env: Env,
  _: ExecutionContext,
  { url }: Request,
): Promise<Response> {
  const query = readQuery(url, ListSchema);
  if (!query.ok) return query.response;
  return json(await listChannels(env, query.value));
}

/** The answer while a setting has a value that it cannot have. */
function misconfigured(request: Request, { message }: SettingsError): Response {
  logError("settings", message);
  if (new URL(request.url).pathname === "/health") {
    return json({ status: "unhealthy" }, 503);
  }
  const hint = "a setting of this deployment is wrong; its log says which";
  return failure("unavailable", hint);
}

/** The answer to what went wrong; only the log hears the details. */
function failed(error: unknown): Response {
  logError("request", error);
  if (error instanceof OverloadedError) {
    const message = "the channel is busy";
    return failure("rate-limited", message, { retryAfterMs: 1_000 });
  }
  if (error instanceof UnavailableError) {
    const message = "the channel is out of reach";
    return failure("unavailable", message, { retryAfterMs: 1_000 });
  }
  if (error instanceof OutcomeUnknownError) {
    const message = "the channel was interrupted; it may have been done";
    return failure("outcome-unknown", message);
  }
  return failure("internal-error", "the server failed to answer");
}
