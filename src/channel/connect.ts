/**
 * How the Worker opens a socket to a channel's object.
 *
 * @module
 */
import type { Env } from "../env.ts";
import { IDENTITY_HEADER } from "../protocol/upstream.ts";
import type { Opening } from "./connection.ts";

/**
 * Asks a channel's object for a socket. Nothing of what a client sent goes
 * along but what stands in the arguments.
 *
 * @param subprotocol the one picked from those the client offered.
 * @returns the answer to the upgrade, to be handed on untouched or opened.
 */
export function connect(
  { CHANNEL }: Env,
  channelId: string,
  opening: Opening,
  subprotocol?: string,
): Promise<Response> {
  const headers = new Headers({
    upgrade: "websocket",
    // Header values are bytes; names are not.
    [IDENTITY_HEADER]: encodeURIComponent(JSON.stringify(opening)),
  });
  if (subprotocol !== undefined) {
    headers.set("sec-websocket-protocol", subprotocol);
  }
  return CHANNEL.getByName(channelId).fetch("https://channel/", { headers });
}
