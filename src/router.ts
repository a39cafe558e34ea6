/**
 * Every path of the service, in one table, and what is done for all of them:
 * methods, CORS, errors.
 *
 * @module
 */
import { type IRequest, Router } from "itty-router";

import { KeyError } from "./access/keys.ts";
import { allowsOrigin } from "./access/origins.ts";
import { NOBODY, type Principal } from "./access/principal.ts";
import { type Env, settingsOf } from "./env.ts";
import { admit } from "./http/admission.ts";
import {
  deleteChannel,
  getChannel,
  getMessages,
  getSubscribers,
  patchChannel,
  postMessage,
  postRequest,
  putChannel,
} from "./http/channels.ts";
import { asyncapi, openapi } from "./http/documents.ts";
import { getEvents } from "./http/events.ts";
import { health, isClosed, live, ready, unhealthy } from "./http/health.ts";
import { readChannelId, readQuery, readUserId } from "./http/input.ts";
import { getMetrics } from "./http/metrics.ts";
import { servePage } from "./http/page.ts";
import { adminOnly } from "./http/refusals.ts";
import { failure, json, preflight, withCors } from "./http/responses.ts";
import { ListQuerySchema, SinceSchema } from "./http/schemas.ts";
import {
  addressOf,
  openChannel,
  openSession,
  refuseUpgrade,
} from "./http/upgrades.ts";
import { disconnect } from "./http/users.ts";
import { listChannels, readHistory, readStats } from "./registry/client.ts";
import {
  OutcomeUnknownError,
  OverloadedError,
  UnavailableError,
} from "./server/calls.ts";
import { isolateCounters } from "./session/isolate.ts";
import { SettingsError } from "./settings.ts";
import { logError } from "./telemetry/sink.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Handler = (
  env: Env,
  ctx: ExecutionContext,
  request: Request,
  principal: Principal,
) => Promise<Response> | Response;
/** @param name the channel-id or user-id in the path. */
type NamedHandler = (
  env: Env,
  name: string,
  request: Request,
  principal: Principal,
  ctx: ExecutionContext,
) => Promise<Response>;

const ROUTES: Record<string, Partial<Record<Method, Handler>>> = {
  "/": { GET: openSession },
  "/ws": { GET: openSession },
  "/health": { GET: health },
  "/stats": { GET: stats },
  "/metrics": { GET: getMetrics },
  "/stats/history": { GET: statsHistory },
  "/channels": { GET: channels },
  "/openapi.json": { GET: openapi },
  "/asyncapi.json": { GET: asyncapi },
};

const CHANNEL_ROUTES: Record<string, Partial<Record<Method, NamedHandler>>> = {
  "/channels/:id": {
    GET: getChannel,
    PUT: putChannel,
    PATCH: patchChannel,
    DELETE: deleteChannel,
  },
  "/channels/:id/ws": { GET: openChannel },
  "/channels/:id/messages": { GET: getMessages, POST: postMessage },
  "/channels/:id/subscribers": { GET: getSubscribers },
  "/channels/:id/rpc": { POST: postRequest },
  "/channels/:id/events": { GET: getEvents },
};

/** Asked once a second, by whoever watches: before anything else is looked at. */
const PROBES: Record<string, (env: Env) => Promise<Response> | Response> = {
  "/health/live": live,
  "/health/ready": ready,
};

const USER_ROUTES: Record<string, Partial<Record<Method, NamedHandler>>> = {
  "/users/:id/disconnect": { POST: disconnect },
};

/** All paths and their methods, to compare /openapi.json with. */
export const ALL_ROUTES: Readonly<Record<string, object>> = {
  ...ROUTES,
  ...CHANNEL_ROUTES,
  ...USER_ROUTES,
  ...Object.fromEntries(
    Object.keys(PROBES).map((path) => [path, { GET: true }]),
  ),
};

const router = Router<IRequest, [Env, ExecutionContext, Request, Principal]>();

const probes = Router<IRequest, [Env, Request]>();

for (const [path, probe] of Object.entries(PROBES)) {
  probes.all(path, (_, env, request) =>
    dispatch({ GET: probe }, request, (handler) => handler(env)),
  );
}
for (const [path, methods] of Object.entries(ROUTES)) {
  router.all(path, (_, env, ctx, request, principal) =>
    dispatch(methods, request, (handler) =>
      handler(env, ctx, request, principal),
    ),
  );
}
for (const [path, methods] of Object.entries(CHANNEL_ROUTES)) {
  router.all(path, (matched, env, ctx, request, principal) =>
    dispatch(methods, request, async (handler) => {
      const id = readChannelId(matched.params.id);
      if (!id.ok) return id.response;
      return handler(env, id.value, request, principal, ctx);
    }),
  );
}
for (const [path, methods] of Object.entries(USER_ROUTES)) {
  router.all(path, (matched, env, ctx, request, principal) =>
    dispatch(methods, request, async (handler) => {
      const id = readUserId(matched.params.id);
      if (!id.ok) return id.response;
      return handler(env, id.value, request, principal, ctx);
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
  const page = await servePage(request, env);
  const response = page ?? (await answer(request, env, ctx));
  const isRefusal = response.status >= 400;
  const sent = isRefusal
    ? await refuseUpgrade(request, response, env, ctx)
    : response;
  return withCors(sent, readableBy(request, env));
}

async function answer(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  try {
    const probed: Response | undefined = await probes.fetch(
      request,
      env,
      request,
    );
    if (probed !== undefined) return probed;
    const admission = await admit(request, settingsOf(env));
    const principal = admission.ok ? admission.value : NOBODY;
    const limited = await limit(request, env, principal);
    if (limited !== undefined) return limited;
    if (!admission.ok && !isWithoutToken(request, env)) {
      return admission.response;
    }
    const response: Response | undefined = await router.fetch(
      request,
      env,
      ctx,
      request,
      principal,
    );
    if (response !== undefined) return response;
    const { pathname } = new URL(request.url);
    return failure("not-found", `there is nothing at ${pathname}`);
  } catch (error) {
    if (error instanceof SettingsError || error instanceof KeyError) {
      return misconfigured(request, error);
    }
    return failed(error);
  }
}

/** What describes the service, and says nothing of this deployment. */
const DOCUMENTS: ReadonlySet<string> = new Set([
  "/openapi.json",
  "/asyncapi.json",
]);

/** Whether nobody need send a token: for a preflight, a probe, a document. */
function isWithoutToken({ method, url }: Request, env: Env): boolean {
  const { pathname } = new URL(url);
  if (pathname === "/health") return true;
  const isFree = method === "OPTIONS" || DOCUMENTS.has(pathname);
  return isFree && !isClosed(settingsOf(env));
}

/** Bounds requests by the platform's own means, where they are configured. */
async function limit(
  request: Request,
  env: Env,
  { userId }: Principal,
): Promise<Response | undefined> {
  if (env.HTTP_RATE_LIMIT === undefined) return undefined;
  const address = addressOf(env, request) ?? "";
  const key = userId === null ? `address ${address}` : `user ${userId}`;
  const { success } = await env.HTTP_RATE_LIMIT.limit({ key });
  if (success) return undefined;
  isolateCounters.limited("http");
  const message = "too many requests";
  return failure("rate-limited", message, { retryAfterMs: 10_000 });
}

/** The origin of the page that asks, if it may read the answer. */
function readableBy(request: Request, env: Env): string | null {
  const origin = request.headers.get("origin");
  try {
    const { allowedOrigins } = settingsOf(env);
    return allowsOrigin(allowedOrigins, origin, request.url) ? origin : null;
  } catch {
    return null;
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

async function stats(
  env: Env,
  _: ExecutionContext,
  __: Request,
  { policy }: Principal,
): Promise<Response> {
  return policy.isAdmin ? json(await readStats(env)) : adminOnly();
}

async function statsHistory(
  env: Env,
  _: ExecutionContext,
  { url }: Request,
  { policy }: Principal,
): Promise<Response> {
  if (!policy.isAdmin) return adminOnly();
  const query = readQuery(url, SinceSchema);
  if (!query.ok) return query.response;
  return json(await readHistory(env, query.value.since));
}

async function channels(
  env: Env,
  _: ExecutionContext,
  { url }: Request,
  { policy }: Principal,
): Promise<Response> {
  const query = readQuery(url, ListQuerySchema);
  if (!query.ok) return query.response;
  return json(await listChannels(env, query.value, policy));
}

/** The answer while a setting has a value that it cannot have. */
function misconfigured(request: Request, { message }: Error): Response {
  logError("settings", message);
  if (new URL(request.url).pathname === "/health") {
    return unhealthy();
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
