/**
 * What Cloudflare runs, and what a Worker of one's own imports to host it.
 *
 * @module
 */
import type { Env } from "./env.ts";
import { route } from "./router.ts";

export { Channel } from "./channel/object.ts";
export type { Env } from "./env.ts";
export { Registry } from "./registry/object.ts";
export { SenteLite } from "./server/entrypoint.ts";
export { User } from "./user/object.ts";

/**
 * The service as a handler, for a Worker that wants to do more than it.
 *
 * @example
 * ```ts
 * import { Channel, createWorker, Registry, SenteLite, User } from "sente-lite";
 *
 * export { Channel, Registry, SenteLite, User };
 * const service = createWorker();
 * export default {
 *   fetch: (request, env, ctx) =>
 *     new URL(request.url).pathname === "/hello"
 *       ? new Response("hello")
 *       : service.fetch(request, env, ctx),
 * };
 * ```
 */
export function createWorker() {
  return {
    fetch: (
      request: Request,
      env: Env,
      ctx: ExecutionContext,
    ): Promise<Response> => route(request, env, ctx),
  };
}

export default createWorker();
