/**
 * `GET /metrics` (docs/protocol.md §6).
 *
 * @module
 */
import type { Principal } from "../access/principal.ts";
import type { Env } from "../env.ts";
import { readMetrics } from "../registry/metrics.ts";
import { handOver } from "../session/isolate.ts";
import { CONTENT_TYPES, expose } from "../telemetry/exposition.ts";
import { formatFor } from "./accept.ts";
import { adminOnly } from "./refusals.ts";

/** `GET /metrics` */
export async function getMetrics(
  env: Env,
  _: ExecutionContext,
  request: Request,
  { policy }: Principal,
): Promise<Response> {
  if (!policy.isAdmin) return adminOnly();
  const format = formatFor(request.headers.get("accept"));
  const readings = await readMetrics(env, (give) => handOver(env, give));
  const headers = { "content-type": CONTENT_TYPES[format], vary: "accept" };
  return new Response(expose(readings, format), { headers });
}
