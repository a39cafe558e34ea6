/**
 * What tests say of channels again and again.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as v from "valibot";

import {
  type ChannelMessage,
  ChannelMessageSchema,
  ChannelSummarySchema,
} from "../../../src/protocol/server-frames.ts";
import { holds } from "./client.ts";
import type { Server } from "./server.ts";
import { bearer } from "./tokens.ts";
import { eventually } from "./waiting.ts";

/** `GET /channels/:id` */
export const InfoSchema = v.object({
  ...ChannelSummarySchema.entries,
  seq: v.number(),
  epoch: v.string(),
  "pending-rpc-requests": v.number(),
});
export type Info = v.InferOutput<typeof InfoSchema>;

/** `GET /channels/:id/messages` */
export const PageSchema = v.object({
  "channel-id": v.string(),
  epoch: v.string(),
  seq: v.number(),
  complete: v.boolean(),
  more: v.optional(v.literal(true)),
  messages: v.array(ChannelMessageSchema),
});

/** A name that no other test uses. */
export function newChannelId(about: string): string {
  return `${about}-${randomUUID().slice(0, 8)}`;
}

/**
 * Creates a channel with a name of its own.
 *
 * @param token of whoever creates it, where one is needed.
 */
export async function createChannel(
  server: Server,
  about: string,
  config: Readonly<Record<string, number>> = {},
  token?: string,
): Promise<string> {
  const id = newChannelId(about);
  const { status, text } = await server.fetch(pathOf(id), {
    method: "PUT",
    headers: bearer(token),
    body: JSON.stringify(config),
  });
  if (status !== 201) throw new Error(`not created: ${status} ${text}`);
  return id;
}

/** `/channels/:id` */
export function pathOf(channelId: string): string {
  return `/channels/${encodeURIComponent(channelId)}`;
}

/** All messages that a channel keeps, by way of its pages. */
export async function storedMessages(
  server: Server,
  channelId: string,
): Promise<ChannelMessage[]> {
  const messages: ChannelMessage[] = [];
  let after: number | undefined;
  for (;;) {
    const from = after === undefined ? "" : `&after=${after}`;
    const { status, body, text } = await server.fetch(
      `${pathOf(channelId)}/messages?limit=1000${from}`,
    );
    if (status !== 200) throw new Error(`no messages: ${status} ${text}`);
    const page = v.parse(PageSchema, body);
    messages.push(...page.messages);
    after = messages.at(-1)?.seq;
    if (page.more !== true) return messages;
  }
}

/** A channel as it is at this moment. */
export async function infoOf(server: Server, channelId: string): Promise<Info> {
  const { body } = await server.fetch(pathOf(channelId));
  return v.parse(InfoSchema, body);
}

/** Resolves with a channel's info once it has these fields. */
export function channelBecomes(
  server: Server,
  channelId: string,
  fields: Partial<Info>,
  withinMs?: number,
): Promise<Info> {
  return eventually(
    `${channelId} becomes ${JSON.stringify(fields)}`,
    async () => {
      const info = await infoOf(server, channelId);
      if (holds(info, fields)) return info;
      throw new Error(JSON.stringify(info));
    },
    withinMs,
  );
}

/** The whole numbers from `first` to `last`. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
