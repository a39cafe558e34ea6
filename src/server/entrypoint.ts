/**
 * The service for other Workers, over a service binding. It offers in
 * TypeScript what the sente-lite channel system offers on its server, and
 * answers in the shapes of the protocol.
 *
 * @module
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import * as v from "valibot";

import { ALL_GRANTS } from "../access/grants.ts";
import type { ChannelInfo } from "../channel/lifetime.ts";
import type { PublishResult } from "../channel/publishing.ts";
import { type Env, settingsOf } from "../env.ts";
import {
  type PartialChannelConfig,
  PartialChannelConfigSchema,
} from "../protocol/channel-config.ts";
import { MAX_LIST_LIMIT } from "../protocol/client-frames.ts";
import { explain, parseJson } from "../protocol/codec.ts";
import {
  type DeliverTo,
  DeliverToSchema,
  flag,
  OwnMessageIdSchema,
  pageLimit,
  TimeoutSchema,
  text,
} from "../protocol/fields.ts";
import {
  CHANNEL_ID_RULE,
  isChannelId,
  isLongerThan,
} from "../protocol/names.ts";
import {
  type ChannelPage,
  type Health,
  listChannels,
  readHealth,
  readStats,
  type ServerStats,
} from "../registry/client.ts";
import { callChannel } from "./calls.ts";
import { type RpcOutcome, sendRequest } from "./rpc.ts";

/** JSON as another Worker hands it over. */
export type Json =
  | null
  | boolean
  | number
  | string
  | Json[]
  | { [key: string]: Json };

/** Whether something was done, and if not, why. */
export type Done = { success: true } | { success: false; reason: string };

const PublishOptionsSchema = v.object({
  messageId: v.optional(OwnMessageIdSchema),
  ephemeral: v.optional(flag, false),
  userId: v.optional(text),
});
/** How to publish: an own message-id, unstored, on behalf of a user. */
export type PublishOptions = v.InferInput<typeof PublishOptionsSchema>;

const RequestOptionsSchema = v.object({
  timeoutMs: v.optional(TimeoutSchema),
  deliverTo: v.optional(DeliverToSchema),
});
/** How to ask: for how long, and whom. */
export interface RequestOptions {
  timeoutMs?: number;
  deliverTo?: DeliverTo;
}

const ListOptionsSchema = v.object({
  prefix: v.optional(text, ""),
  limit: v.optional(pageLimit(MAX_LIST_LIMIT), 100),
  cursor: v.optional(text),
});
/** Which channels to list. */
export type ListOptions = v.InferInput<typeof ListOptionsSchema>;

/**
 * The service, as another Worker calls it. Arguments that cannot be right make
 * a call reject with a `TypeError` that says which and why; what the service
 * decides about right ones is a value. A call rejects with `OverloadedError`,
 * `UnavailableError` or `OutcomeUnknownError` where a channel is out of reach.
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
 * ```
 */
export class SenteLite extends WorkerEntrypoint<Env> {
  /**
   * Creates a channel. One that exists with the same configuration is a
   * success; with another one it is refused with `channel-exists`.
   */
  async createChannel(
    channelId: string,
    config: PartialChannelConfig = {},
  ): Promise<Done & { info?: ChannelInfo }> {
    const id = checkChannelId(channelId);
    const changes = check("config", PartialChannelConfigSchema, config);
    const result = await callChannel(this.env, id, true, (channel) =>
      channel.put(ALL_GRANTS, changes),
    );
    if (!result.ok) return { success: false, reason: result.reason };
    const { outcome, info } = result.value;
    if (outcome === "channel-exists")
      return { success: false, reason: outcome };
    return { success: true, ...(info === undefined ? {} : { info }) };
  }

  /** Deletes a channel; its subscribers are told. */
  async deleteChannel(channelId: string): Promise<Done> {
    const id = checkChannelId(channelId);
    const result = await callChannel(this.env, id, false, (channel) =>
      channel.remove(ALL_GRANTS),
    );
    return result.ok
      ? { success: true }
      : { success: false, reason: result.reason };
  }

  /** A channel as it is at this moment, or null when there is none. */
  async getChannelInfo(channelId: string): Promise<ChannelInfo | null> {
    const id = checkChannelId(channelId);
    const result = await callChannel(this.env, id, true, (channel) =>
      channel.info(ALL_GRANTS),
    );
    return result.ok ? result.value : null;
  }

  /** A page of channels in byte order of their ids, up to two seconds old. */
  async listChannels(options: ListOptions = {}): Promise<ChannelPage> {
    return listChannels(this.env, check("options", ListOptionsSchema, options));
  }

  /** Publishes a message; resolves when it is stored and handed over. */
  async publish(
    channelId: string,
    data: Json,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    const id = checkChannelId(channelId);
    const encoded = encodeData(data);
    const checked = check("options", PublishOptionsSchema, options);
    const { messageId, ephemeral, userId = null } = checked;
    const repeatable = messageId !== undefined;
    return callChannel(this.env, id, repeatable, (channel) =>
      channel.publish({
        data: encoded,
        messageId,
        ephemeral,
        sender: { connId: null, userId },
        grants: ALL_GRANTS,
      }),
    );
  }

  /** Publishes a message to whoever listens, with nothing to choose. */
  async broadcastToChannel(
    channelId: string,
    data: Json,
  ): Promise<PublishResult> {
    return this.publish(channelId, data);
  }

  /**
   * Asks a channel's subscribers and resolves with the final answer
   * (`ok: true`, also when the service answered with `error`), or with the
   * reason why there is none.
   */
  async sendRpcRequest(
    channelId: string,
    data: Json,
    options: RequestOptions = {},
  ): Promise<RpcOutcome> {
    const id = checkChannelId(channelId);
    const encoded = encodeData(data);
    const { MAX_FRAME_BYTES } = settingsOf(this.env);
    if (isLongerThan(encoded, MAX_FRAME_BYTES)) {
      throw new TypeError(
        `data must be at most ${MAX_FRAME_BYTES} bytes as JSON`,
      );
    }
    const checked = check("options", RequestOptionsSchema, options);
    const who = { userId: null, grants: ALL_GRANTS };
    return sendRequest(this.env, id, { data, ...checked }, who);
  }

  /** What `GET /stats` answers. */
  async getServerStats(): Promise<ServerStats> {
    return readStats(this.env);
  }

  /** What `GET /health` answers. */
  async getHealth(): Promise<Health> {
    return readHealth(this.env);
  }
}

function checkChannelId(channelId: unknown): string {
  if (typeof channelId === "string" && isChannelId(channelId)) return channelId;
  throw new TypeError(`channelId: ${CHANNEL_ID_RULE}`);
}

function check<T>(
  name: string,
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new TypeError(`${name}: ${explain(result.issues[0])}`);
}

function encodeData(data: unknown): string {
  const encoded: string | undefined = JSON.stringify(data);
  if (encoded === undefined) throw new TypeError("data must be JSON");
  const parsed = parseJson(encoded);
  if (!parsed.ok) throw new TypeError(`data: ${parsed.message}`);
  return encoded;
}
