/**
 * What other Workers may do with channels, each for itself or for somebody
 * whose token it was handed. It offers in TypeScript what the sente-lite
 * channel system offers on its server, and answers in the shapes of the
 * protocol.
 *
 * @module
 */
import { RpcTarget } from "cloudflare:workers";
import * as v from "valibot";

import { allows } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import type { PublishResult } from "../channel/publishing.ts";
import { type Env, settingsOf } from "../env.ts";
import type { ChannelInfo, ChannelPage } from "../protocol/answers.ts";
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
import type { Grants } from "../protocol/operations.ts";
import { listChannels } from "../registry/client.ts";
import { callChannel } from "./calls.ts";
import { mayCreate } from "./creation.ts";
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

/** The service as one principal may use it. */
export class Service extends RpcTarget {
  readonly #env: Env;
  readonly #principal: Principal;

  constructor(env: Env, principal: Principal) {
    super();
    this.#env = env;
    this.#principal = principal;
  }

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
    const grants = this.#grantsOn(id);
    const { userId } = this.#principal;
    const isAllowed = allows(grants, "create");
    if (isAllowed && !(await mayCreate(this.#env, id, userId))) {
      return { success: false, reason: "too-many-channels" };
    }
    const result = await callChannel(this.#env, id, true, (channel) =>
      channel.put(grants, changes),
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
    const grants = this.#grantsOn(id);
    const result = await callChannel(this.#env, id, false, (channel) =>
      channel.remove(grants),
    );
    return result.ok
      ? { success: true }
      : { success: false, reason: result.reason };
  }

  /** A channel as it is at this moment, or null when there is none. */
  async getChannelInfo(channelId: string): Promise<ChannelInfo | null> {
    const id = checkChannelId(channelId);
    const grants = this.#grantsOn(id);
    const result = await callChannel(this.#env, id, true, (channel) =>
      channel.info(grants),
    );
    return result.ok ? result.value : null;
  }

  /** A page of channels in byte order of their ids, up to two seconds old. */
  async listChannels(options: ListOptions = {}): Promise<ChannelPage> {
    const query = check("options", ListOptionsSchema, options);
    return listChannels(this.#env, query, this.#current().policy);
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
    const { messageId, ephemeral } = checked;
    const userId = this.#nameOf(checked.userId);
    const grants = this.#grantsOn(id);
    const repeatable = messageId !== undefined;
    return callChannel(this.#env, id, repeatable, (channel) =>
      channel.publish({
        data: encoded,
        messageId,
        ephemeral,
        sender: { connId: null, userId },
        grants,
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
    const { MAX_FRAME_BYTES } = settingsOf(this.#env);
    if (isLongerThan(encoded, MAX_FRAME_BYTES)) {
      throw new TypeError(
        `data must be at most ${MAX_FRAME_BYTES} bytes as JSON`,
      );
    }
    const checked = check("options", RequestOptionsSchema, options);
    const principal = this.#current();
    return sendRequest(this.#env, id, { data, ...checked }, principal);
  }

  /**
   * Who asks, as long as its token is good.
   *
   * @throws {TypeError} when it has expired meanwhile.
   */
  #current(): Principal {
    const { expiresAt } = this.#principal;
    if (expiresAt === null || expiresAt > Date.now()) return this.#principal;
    throw new TypeError("token: it has expired");
  }

  /** @throws {TypeError} when the token has expired meanwhile. */
  #grantsOn(channelId: string): Grants {
    return this.#current().policy.on(channelId);
  }

  /** On whose behalf something is done. */
  #nameOf(given: string | undefined): string | null {
    const { userId } = this.#principal;
    if (userId === null || given === undefined) return given ?? userId;
    if (given === userId) return userId;
    throw new TypeError("options: `userId` is the one of the token");
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
