/**
 * All conversations.
 *
 * @module
 */
import type { Conversation } from "../conversation.ts";
import { CHANNELS } from "./channels.ts";
import { CONNECTION } from "./connection.ts";
import { RPC } from "./rpc.ts";

/** In the order of the examples. */
export const CONVERSATIONS: readonly Conversation[] = [
  ...CONNECTION,
  ...CHANNELS,
  ...RPC,
];
