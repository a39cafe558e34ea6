/**
 * Answers to those who may not do what they ask for.
 *
 * @module
 */
import { type Env, settingsOf } from "../env.ts";
import type { Operation } from "../protocol/operations.ts";
import { failure } from "./responses.ts";

/** Names the operation and the channel, never what would be allowed. */
export function forbidden(operation: Operation, channelId: string): Response {
  const message = `${operation} is not allowed on ${named(channelId)}`;
  return failure("forbidden", message);
}

/** The answer to what only those may do who have `admin` on every channel. */
export function adminOnly(): Response {
  const message = "this needs admin on every channel";
  return failure("forbidden", message);
}

/** The answer to one connection too many of a user or an address. */
export function tooManyConnections(): Response {
  const message = "there are too many connections: close another one";
  return failure("too-many-connections", message);
}

/** The answer to one channel too many that a user creates. */
export function tooManyChannels(env: Env): Response {
  const { MAX_USER_CHANNELS } = settingsOf(env);
  const message = `a user may create ${MAX_USER_CHANNELS} channels within 24 hours`;
  return failure("too-many-channels", message);
}

/** A channel in a sentence. */
export function named(channelId: string): string {
  return `the channel ${JSON.stringify(channelId)}`;
}
