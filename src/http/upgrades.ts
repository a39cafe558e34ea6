/**
 * WebSocket upgrades: sessions, and sockets of one channel.
 *
 * @module
 */
import * as v from "valibot";

import { offeredSubprotocols } from "../access/credentials.ts";
import { allows } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import { connect } from "../channel/connect.ts";
import { type Env, settingsOf } from "../env.ts";
import { ErrorBodySchema } from "../protocol/error-body.ts";
import { BATCH_SUBPROTOCOL, PLAIN_SUBPROTOCOL } from "../protocol/framing.ts";
import { newConnId } from "../protocol/names.ts";
import {
  type Grants,
  OPERATIONS,
  type Operation,
} from "../protocol/operations.ts";
import {
  CLOSE_CODES,
  HTTP_REASONS,
  type HttpReason,
} from "../protocol/reasons.ts";
import { callChannel } from "../server/calls.ts";
import { acceptSession, drop } from "../session/host.ts";
import { addressesOfSessions } from "../session/isolate.ts";
import { noteChannel } from "../user/client.ts";
import { readQuery } from "./input.ts";
import { forbidden, tooManyConnections } from "./refusals.ts";
import { failure } from "./responses.ts";
import { OpenQuerySchema } from "./schemas.ts";

const MAX_REASON_BYTES = 123;
/** An IPv6 address, with a zone and a port. */
const MAX_ADDRESS_LENGTH = 64;

/** `GET /ws`, and `GET /` with an Upgrade header. */
export function openSession(
  env: Env,
  ctx: ExecutionContext,
  request: Request,
  principal: Principal,
): Response {
  if (!isUpgrade(request)) return upgradeRequired();
  const address = addressOf(env, request);
  if (isCrowded(env, address)) return tooManyConnections();
  const subprotocol = pickSubprotocol(request);
  const identity = {
    connId: newConnId(Date.now()),
    principal,
    batch: subprotocol === BATCH_SUBPROTOCOL,
    via: "session",
    address,
  } as const;
  return acceptSession(env, ctx, identity, subprotocol);
}

/** What is granted and asked for: a socket may want to do less than it may. */
function narrow(grants: Grants, only: Grants | undefined): Operation[] {
  if (only === undefined) return [...grants];
  return OPERATIONS.filter(
    (each) => only.includes(each) && allows(grants, each),
  );
}

/** `GET /channels/:id/ws` */
export async function openChannel(
  env: Env,
  id: string,
  request: Request,
  { userId, policy, expiresAt }: Principal,
  ctx: ExecutionContext,
): Promise<Response> {
  if (!isUpgrade(request)) return upgradeRequired();
  const query = readQuery(request.url, OpenQuerySchema);
  if (!query.ok) return query.response;
  const { only } = query.value;
  const subprotocol = pickSubprotocol(request);
  const grants = narrow(policy.on(id), only);
  // Nobody wakes a channel that he may not use at all.
  if (grants.length === 0) return forbidden("subscribe", id);
  const opening = {
    "conn-id": newConnId(Date.now()),
    "user-id": userId,
    via: "direct" as const,
    batch: subprotocol === BATCH_SUBPROTOCOL,
    address: addressOf(env, request),
    grants,
    expiresAt,
    isAdmin: policy.isAdmin && only === undefined,
  };
  // Beside the opening: the user may be disconnected at any moment.
  if (userId !== null && expiresAt !== null) {
    ctx.waitUntil(noteChannel(env, userId, id, expiresAt));
  }
  // Opened twice, the first socket broke with the object that it led to.
  const response = await callChannel(env, id, true, () =>
    connect(env, id, opening, subprotocol),
  );
  return response.status === 429 ? tooManyConnections() : response;
}

/**
 * Refuses an upgrade. A browser cannot read why and would try for ever: where
 * a subprotocol of this service is offered, the socket is opened and closed.
 *
 * @param refusal the answer that others get.
 */
export async function refuseUpgrade(
  request: Request,
  refusal: Response,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const subprotocol = pickSubprotocol(request);
  if (!isUpgrade(request) || subprotocol === undefined) return refusal;
  const parsed = v.safeParse(ErrorBodySchema, await refusal.clone().json());
  if (!parsed.success) return refusal;
  const { reason, message } = parsed.output.error;
  if (!isFinal(reason)) return refusal;
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CLOSE_CODES.policy, cut(`${reason}: ${message}`));
  const { HEARTBEAT_MS } = settingsOf(env);
  const dropping = setTimeout(() => drop(ctx), HEARTBEAT_MS);
  server.addEventListener("close", () => clearTimeout(dropping));
  const headers = { "sec-websocket-protocol": subprotocol };
  return new Response(null, { status: 101, webSocket: client, headers });
}

/** Whether trying the same again is of no use. */
function isFinal(reason: HttpReason): boolean {
  const status = HTTP_REASONS[reason];
  return status < 429 || reason === "too-many-connections";
}

/** A close reason has at most 123 bytes; these are ASCII but for names. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text).subarray(0, MAX_REASON_BYTES);
  return new TextDecoder("utf-8").decode(bytes, { stream: true });
}

/** The address of a client, where something in front of the service tells. */
export function addressOf(env: Env, request: Request): string | null {
  const { addressHeader } = settingsOf(env);
  if (addressHeader === "") return null;
  const address = request.headers.get(addressHeader);
  // What is longer is no address, and it would be kept with the socket.
  return address === null ? null : address.slice(0, MAX_ADDRESS_LENGTH);
}

/** Whether an address has as many sessions as it may. */
export function isCrowded(env: Env, address: string | null): boolean {
  const { MAX_ADDRESS_CONNECTIONS } = settingsOf(env);
  return addressesOfSessions.count(address) >= MAX_ADDRESS_CONNECTIONS;
}

function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function upgradeRequired(): Response {
  const message =
    "this path is for WebSocket clients: send an Upgrade header. GET /health, /stats and /channels answer JSON";
  const headers = { upgrade: "websocket", connection: "upgrade" };
  return failure("upgrade-required", message, { headers });
}

/** The server picks batches if they are offered. */
function pickSubprotocol(request: Request): string | undefined {
  const offered = offeredSubprotocols(request);
  return [BATCH_SUBPROTOCOL, PLAIN_SUBPROTOCOL].find((known) =>
    offered.includes(known),
  );
}
