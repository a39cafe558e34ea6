/**
 * Answers to those who may not do what they ask for.
 *
 * @module
 */
import type { Operation } from "../protocol/operations.ts";
import { failure } from "./responses.ts";

/** Names the operation and the channel, never what would be allowed. */
export function forbidden(operation: Operation, channelId: string): Response {
  const message = `${operation} is not allowed on the channel ${JSON.stringify(channelId)}`;
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
