/**
 * What a Worker of one's own imports to host the service (examples/embedded).
 *
 * @module
 */
import type { Env } from "./env.ts";
import { route } from "./router.ts";

export { Channel } from "./channel/object.ts";
export type { PublishResult } from "./channel/publishing.ts";
export type { Variables } from "./config.ts";
export type { Env } from "./env.ts";
export type {
  ChannelInfo,
  ChannelPage,
  Health,
  ServerStats,
} from "./protocol/answers.ts";
export type {
  ChannelConfig,
  PartialChannelConfig,
} from "./protocol/channel-config.ts";
export { Registry } from "./registry/object.ts";
export { SenteLite } from "./server/entrypoint.ts";
export type { RpcAnswer, RpcOutcome } from "./server/rpc.ts";
export type {
  Done,
  Json,
  ListOptions,
  PublishOptions,
  RequestOptions,
} from "./server/service.ts";
export { User } from "./user/object.ts";

/**
 * The service as a handler, for a Worker that wants to do more than it. It
 * takes `env` as the platform hands it over: settings and keys are read anew
 * for every other object.
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
