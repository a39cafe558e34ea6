/**
 * The process of a flood: sends, or comes and goes, as fast as it can.
 *
 * @module
 */
import { once } from "node:events";
import { setPriority } from "node:os";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import * as v from "valibot";
import { WebSocket } from "ws";

import { PLAIN_SUBPROTOCOL } from "../../../src/protocol/framing.ts";
import { type Flood, FloodSchema, type Toll } from "./flood-messages.ts";

/** Lower than whoever measures. */
const PRIORITY = 10;
/** Messages between two looks at whether it is cut off. */
const AT_ONCE = 64;
/** Bytes on their way to the server above which it is waited for. */
const MAX_BUFFERED = 1_048_576;
/** How often it tells, in ms. */
const TELL_MS = 100;

const toll: Toll = { opened: 0, sent: 0, cut: 0 };

async function connect(url: string): Promise<WebSocket | undefined> {
  const socket = new WebSocket(url, PLAIN_SUBPROTOCOL, {
    perMessageDeflate: false,
  });
  const welcomed = await new Promise<boolean>((resolve) => {
    socket.once("message", () => resolve(true));
    socket.on("close", () => resolve(false));
    // A close follows.
    socket.on("error", () => {});
  });
  if (welcomed) toll.opened += 1;
  return welcomed ? socket : undefined;
}

/** Comes and goes, for ever. */
async function comeAndGo(url: string, stayMs: number): Promise<never> {
  for (;;) {
    const socket = await connect(url);
    if (socket === undefined) continue;
    if (stayMs > 0) await pause(stayMs);
    const closed = once(socket, "close");
    socket.close(1000);
    await closed;
  }
}

/** Sends until it is cut off; what it is told meanwhile it does not hear. */
async function send(url: string, message: string): Promise<void> {
  const socket = await connect(url);
  if (socket === undefined) return;
  socket.pause();
  while (socket.readyState === WebSocket.OPEN) {
    await setImmediate();
    if (socket.bufferedAmount > MAX_BUFFERED) continue;
    for (let i = 0; i < AT_ONCE; i++) socket.send(message, () => {});
    toll.sent += AT_ONCE;
  }
  toll.cut += 1;
}

async function flood(what: Flood): Promise<void> {
  const { url, connections, message, stayMs } = v.parse(FloodSchema, what);
  setPriority(PRIORITY);
  setInterval(() => process.send?.(toll), TELL_MS);
  const one = (): Promise<void> =>
    message === undefined ? comeAndGo(url, stayMs) : send(url, message);
  await Promise.all(Array.from({ length: connections }, one));
}

process.once("message", (message) => void flood(v.parse(FloodSchema, message)));
// Whoever started it is gone.
process.on("disconnect", () => process.exit());
