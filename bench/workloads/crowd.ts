/**
 * Many connections, opened and closed together.
 *
 * @module
 */
import { BenchSocket } from "../client/socket.ts";
import type { Role } from "../client/speakers.ts";
import type { Target } from "./workload.ts";

/** So many connections are opened at a time: nobody's listen queue is long. */
const AT_ONCE = 50;

/** Opens a connection and makes it ready. */
export async function join(
  { server, speaker }: Target,
  channel: string,
  role: Role,
): Promise<BenchSocket> {
  const path = speaker.path(channel, role);
  const { port } = server;
  const socket = await BenchSocket.open(port, path, speaker.subprotocol);
  await speaker.joins(socket, channel, role);
  return socket;
}

/** Opens as many connections as there are channels given, one for each. */
export async function joinAll(
  target: Target,
  channels: readonly string[],
  role: Role,
): Promise<BenchSocket[]> {
  const sockets: BenchSocket[] = [];
  for (let at = 0; at < channels.length; at += AT_ONCE) {
    const some = channels.slice(at, at + AT_ONCE);
    const joined = some.map((channel) => join(target, channel, role));
    sockets.push(...(await Promise.all(joined)));
  }
  return sockets;
}

/** Closes all; fails when the server had closed any before. */
export async function leaveAll(
  ...sockets: readonly BenchSocket[]
): Promise<void> {
  const lost = sockets.filter((socket) => socket.isClosed).length;
  await Promise.all(sockets.map((socket) => socket.close()));
  if (lost > 0) throw new Error(`the server closed ${lost} connections`);
}
