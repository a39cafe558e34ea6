/**
 * Upgrades that are refused: by an answer, or by a socket that is closed.
 *
 * @module
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { WebSocket } from "ws";

import {
  PLAIN_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "../../../src/protocol/framing.ts";
import { type Ending, socketPathOf } from "./client.ts";
import type { Server } from "./server.ts";
import { bearer } from "./tokens.ts";
import { inTime } from "./waiting.ts";

/** Who asks for an upgrade, and to what. */
export interface Upgrade {
  /** The channel whose own path is asked for; absent: a session. */
  readonly channel?: string | undefined;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an upgrade is refused whose client offers no subprotocol. */
export async function answerTo(
  server: Server,
  { channel, token, headers = {} }: Upgrade,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const socket = new WebSocket(urlOf(server, channel), {
    headers: { ...headers, ...bearer(token) },
  });
  const refused = new Promise<IncomingMessage>((resolve, reject) => {
    socket.on("unexpected-response", (_, response) => resolve(response));
    socket.on("error", reject);
    socket.on("open", () => reject(new Error("the upgrade was not refused")));
  });
  const response = await inTime("an answer to the upgrade", refused);
  const body = await json(response);
  return { status: response.statusCode ?? 0, body };
}

/** How a socket is closed whose client offers a subprotocol of the service. */
export async function closeOf(
  server: Server,
  { channel, token, headers = {} }: Upgrade,
): Promise<Ending> {
  const offered = token === undefined ? [] : [`${TOKEN_SUBPROTOCOL}${token}`];
  const protocols = [PLAIN_SUBPROTOCOL, ...offered];
  const socket = new WebSocket(urlOf(server, channel), protocols, { headers });
  let opened = false;
  socket.on("open", () => {
    opened = true;
  });
  socket.on("message", () => socket.terminate());
  const [code, reason] = await inTime("a close", once(socket, "close"));
  if (!opened) throw new Error("the socket was never opened");
  return { code, reason: String(reason) };
}

function urlOf({ url }: Server, channel: string | undefined): string {
  return `${url.replace("http", "ws")}${socketPathOf(channel)}`;
}
