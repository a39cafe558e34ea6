/**
 * The endpoints of one user (docs/protocol.md §6).
 *
 * @module
 */
import type { Principal } from "../access/principal.ts";
import type { Env } from "../env.ts";
import type { Disconnected } from "../protocol/answers.ts";
import { disconnectUser } from "../user/client.ts";
import { adminOnly } from "./refusals.ts";
import { json } from "./responses.ts";

/** `POST /users/:user-id/disconnect` */
export async function disconnect(
  env: Env,
  userId: string,
  _: Request,
  { policy }: Principal,
): Promise<Response> {
  if (!policy.isAdmin) return adminOnly();
  const connections = await disconnectUser(env, userId);
  const answer: Disconnected = { "user-id": userId, connections };
  return json(answer);
}
