/**
 * What the page asks of channels.
 *
 * @module
 */
import * as v from "valibot";

import { SubscriberListSchema } from "../../../src/protocol/answers.ts";
import {
  type ChannelConfig,
  ChannelConfigSchema,
  type PartialChannelConfig,
} from "../../../src/protocol/channel-config.ts";
import {
  ChannelMessageSchema,
  ChannelSummarySchema,
} from "../../../src/protocol/server-frames.ts";
import { ask } from "./ask.ts";

const PageSchema = v.object({
  channels: v.record(v.string(), ChannelSummarySchema),
  cursor: v.nullable(v.string()),
});

/** `GET /channels/:id` */
export const ChannelInfoSchema = v.object({
  ...ChannelSummarySchema.entries,
  seq: v.number(),
  epoch: v.string(),
  "pending-rpc-requests": v.number(),
});
export type ChannelInfo = v.InferOutput<typeof ChannelInfoSchema>;

const MessagesSchema = v.object({
  seq: v.number(),
  epoch: v.string(),
  complete: v.boolean(),
  more: v.optional(v.boolean()),
  messages: v.array(ChannelMessageSchema),
});

/** A channel of the list. */
export interface ListedChannel {
  readonly id: string;
  readonly config: ChannelConfig;
  readonly createdAt: number;
  readonly messages: number;
  readonly subscribers: number;
  readonly rate: number;
}

/** Channels a page, which is the most that the service gives. */
const PAGE = 1_000;

/** One page of channels. */
export async function listChannels(
  prefix: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<{ channels: ListedChannel[]; cursor: string | null }> {
  const query = new URLSearchParams({ prefix, limit: String(PAGE) });
  if (cursor !== null) query.set("cursor", cursor);
  const page = await ask(`/channels?${query}`, PageSchema, { signal });
  const channels = Object.entries(page.channels).map(([id, channel]) => ({
    id,
    config: channel.config,
    createdAt: channel["created-at"],
    messages: channel["message-count"],
    subscribers: channel["subscriber-count"],
    rate: channel["messages-per-second"] ?? 0,
  }));
  return { channels, cursor: page.cursor };
}

/** The path of a channel, and of what belongs to it. */
export function pathOf(id: string, rest = ""): string {
  return `/channels/${encodeURIComponent(id)}${rest}`;
}

export function readChannel(id: string): Promise<ChannelInfo> {
  return ask(pathOf(id), ChannelInfoSchema);
}

export function readSubscribers(id: string) {
  return ask(pathOf(id, "/subscribers"), SubscriberListSchema);
}

/** The newest messages that are kept, oldest first. */
export function readMessages(id: string, seq: number, limit: number) {
  const query = `after=${Math.max(0, seq - limit)}&limit=${limit}`;
  return ask(pathOf(id, `/messages?${query}`), MessagesSchema);
}

/** Creates a channel; it may exist with the same configuration. */
export function createChannel(id: string, config: PartialChannelConfig) {
  const schema = v.object({ config: v.optional(ChannelConfigSchema) });
  return ask(pathOf(id), schema, { method: "PUT", body: config });
}

export async function deleteChannel(id: string): Promise<void> {
  await ask(pathOf(id), v.unknown(), { method: "DELETE" });
}
