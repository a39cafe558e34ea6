/**
 * Every operation over HTTP. A test holds them against the router's table.
 *
 * @module
 */
import type { Operation } from "../operation.ts";
import { CHANNELS } from "./channels.ts";
import { DOCUMENTS } from "./documents.ts";
import { EVENTS } from "./events.ts";
import { MESSAGES } from "./messages.ts";
import { OVERVIEW } from "./overview.ts";
import { SOCKETS } from "./sockets.ts";
import { USERS } from "./users.ts";
import { WATCHING } from "./watching.ts";

/** Every method of every path, in the order of the document. */
export const OPERATIONS: readonly Operation[] = [
  ...OVERVIEW,
  ...WATCHING,
  ...CHANNELS,
  ...MESSAGES,
  ...EVENTS,
  ...USERS,
  ...SOCKETS,
  ...DOCUMENTS,
];
