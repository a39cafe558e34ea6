/**
 * WebSocket upgrades: sessions, and sockets of one channel.
 *
 * @module
 */
import { ALL_GRANTS } from "../access/grants.ts";
import { connect } from "../channel/connect.ts";
import type { Env } from "../env.ts";
import { BATCH_SUBPROTOCOL, PLAIN_SUBPROTOCOL } from "../protocol/codec.ts";
import { newConnId } from "../protocol/names.ts";
import { callChannel } from "../server/calls.ts";
import { acceptSession } from "../session/host.ts";
import { failure } from "./responses.ts";

/** `GET /ws`, and `GET /` with an Upgrade header. */
export function openSession(
  env: Env,
  ctx: ExecutionContext,
  request: Request,
): Response {
  if (!isUpgrade(request)) return upgradeRequired();
  const subprotocol = pickSubprotocol(request);
  const identity = {
    connId: newConnId(Date.now()),
    userId: null,
    grants: ALL_GRANTS,
    batch: subprotocol === BATCH_SUBPROTOCOL,
    via: "session",
  } as const;
  return acceptSession(env, ctx, identity, subprotocol);
}

/** `GET /channels/:id/ws` */
export async function openChannel(
  env: Env,
  id: string,
  request: Request,
): Promise<Response> {
  if (!isUpgrade(request)) return upgradeRequired();
  const subprotocol = pickSubprotocol(request);
  const identity = {
    "conn-id": newConnId(Date.now()),
    "user-id": null,
    via: "direct" as const,
    batch: subprotocol === BATCH_SUBPROTOCOL,
    grants: [...ALL_GRANTS],
  };
  // Opened twice, the first socket broke with the object that it led to.
  return callChannel(env, id, true, () =>
    connect(env, id, identity, subprotocol),
  );
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
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((each) => each.trim());
  return [BATCH_SUBPROTOCOL, PLAIN_SUBPROTOCOL].find((known) =>
    offered.includes(known),
  );
}
