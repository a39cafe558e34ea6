/**
 * The service for other Workers, over a service binding.
 *
 * @module
 */
import { WorkerEntrypoint } from "cloudflare:workers";

import { authenticate } from "../access/authenticator.ts";
import { ANYBODY } from "../access/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import type { Health, ServerStats } from "../protocol/answers.ts";
import { readHealth, readStats } from "../registry/client.ts";
import { Service } from "./service.ts";

/**
 * The service, as another Worker calls it. Whoever binds it has every right:
 * that is for the one who deploys to decide. Arguments that cannot be right
 * make a call reject with a `TypeError` that says which and why; what the
 * service decides about right ones is a value. A call rejects with
 * `OverloadedError`, `UnavailableError` or `OutcomeUnknownError` where a
 * channel is out of reach.
 *
 * @example
 * ```ts
 * // wrangler.toml of the other Worker:
 * //   [[services]]
 * //   binding = "SENTE"
 * //   service = "sente-lite"
 * //   entrypoint = "SenteLite"
 * await env.SENTE.createChannel("chat", { "message-retention": 50 });
 * await env.SENTE.publish("chat", { text: "hello" });
 * using alice = await env.SENTE.as(token);
 * await alice.publish("chat", { text: "hello from Alice" });
 * ```
 */
export class SenteLite extends WorkerEntrypoint<Env> {
  readonly #service = new Service(this.env, ANYBODY);

  /** {@inheritDoc Service.createChannel} */
  createChannel(
    ...args: Parameters<Service["createChannel"]>
  ): ReturnType<Service["createChannel"]> {
    return this.#service.createChannel(...args);
  }

  /** {@inheritDoc Service.deleteChannel} */
  deleteChannel(
    ...args: Parameters<Service["deleteChannel"]>
  ): ReturnType<Service["deleteChannel"]> {
    return this.#service.deleteChannel(...args);
  }

  /** {@inheritDoc Service.getChannelInfo} */
  getChannelInfo(
    ...args: Parameters<Service["getChannelInfo"]>
  ): ReturnType<Service["getChannelInfo"]> {
    return this.#service.getChannelInfo(...args);
  }

  /** {@inheritDoc Service.listChannels} */
  listChannels(
    ...args: Parameters<Service["listChannels"]>
  ): ReturnType<Service["listChannels"]> {
    return this.#service.listChannels(...args);
  }

  /** {@inheritDoc Service.publish} */
  publish(
    ...args: Parameters<Service["publish"]>
  ): ReturnType<Service["publish"]> {
    return this.#service.publish(...args);
  }

  /** {@inheritDoc Service.broadcastToChannel} */
  broadcastToChannel(
    ...args: Parameters<Service["broadcastToChannel"]>
  ): ReturnType<Service["broadcastToChannel"]> {
    return this.#service.broadcastToChannel(...args);
  }

  /** {@inheritDoc Service.sendRpcRequest} */
  sendRpcRequest(
    ...args: Parameters<Service["sendRpcRequest"]>
  ): ReturnType<Service["sendRpcRequest"]> {
    return this.#service.sendRpcRequest(...args);
  }

  /**
   * The service as the holder of a token may use it.
   *
   * @throws {TypeError} when the token is not accepted; the message says why.
   */
  async as(token: string): Promise<Service> {
    const { auth, tokens } = settingsOf(this.env);
    if (auth === "open") return new Service(this.env, ANYBODY);
    if (tokens === undefined) {
      throw new TypeError("token: no key is configured to verify it with");
    }
    const verdict = await authenticate(String(token), tokens);
    if (!verdict.ok) throw new TypeError(`token: ${verdict.message}`);
    return new Service(this.env, verdict.principal);
  }

  /** What `GET /stats` answers. */
  async getServerStats(): Promise<ServerStats> {
    return readStats(this.env);
  }

  /** What `GET /health` answers to an administrator. */
  async getHealth(): Promise<Health> {
    return readHealth(this.env);
  }
}
