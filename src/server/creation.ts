/**
 * Channels that one user creates, by name rather than by subscribing.
 *
 * @module
 */
import { ALL_GRANTS } from "../access/grants.ts";
import type { Env } from "../env.ts";
import { mayCreateChannel } from "../user/client.ts";
import { callChannel } from "./calls.ts";

/**
 * Whether a user may create a channel, or need not since it exists. Nobody in
 * particular may create as many as there are.
 */
export async function mayCreate(
  env: Env,
  channelId: string,
  userId: string | null,
): Promise<boolean> {
  if (userId === null) return true;
  const existing = await callChannel(env, channelId, true, (channel) =>
    channel.info(ALL_GRANTS),
  );
  return existing.ok || mayCreateChannel(env, userId);
}
