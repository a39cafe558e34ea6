/**
 * What the Worker and the channels ask of a user's object. None of it is on
 * the path of a message, and all of it is best effort: where the object is out
 * of reach nobody is kept out.
 *
 * @module
 */
import type { Env } from "../env.ts";
import { logError } from "../telemetry/sink.ts";

/** Whether a user may create one more channel; counts it if so. */
export async function mayCreateChannel(
  env: Env,
  userId: string,
): Promise<boolean> {
  try {
    return await env.USER.getByName(userId).mayCreateChannel();
  } catch (error) {
    logError("channels of a user", error);
    return true;
  }
}

/** Notes that a user has a socket on a channel's own path, until a time in ms. */
export async function noteChannel(
  env: Env,
  userId: string,
  channelId: string,
  until: number,
): Promise<void> {
  try {
    await env.USER.getByName(userId).noteChannel(channelId, until);
  } catch (error) {
    logError("connections of a user", error);
  }
}

/**
 * Ends all connections of a user.
 *
 * @returns how many there were.
 */
export function disconnectUser(env: Env, userId: string): Promise<number> {
  return env.USER.getByName(userId).disconnect();
}
