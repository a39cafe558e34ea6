/**
 * Channels of tests, each with a socket of its own.
 *
 * @module
 */
import { subscribed } from "./answers.ts";
import type { FakeSocket } from "./fake-socket.ts";
import { type Stage, soon, startClient } from "./stage.ts";

/** Channels that are subscribed, each over its own socket. */
export async function subscribe(...ids: string[]): Promise<Stage> {
  const stage = await startClient({ direct: true });
  const all = ids.map((id) => stage.client.channel(id).subscribe(() => {}));
  await soon();
  for (const socket of stage.sockets) {
    socket.welcomes();
    await soon();
    subscribed(socket);
  }
  for (const each of await Promise.all(all)) each.on("end", () => {});
  return stage;
}

export function socketOf(stage: Stage, id: string): FakeSocket {
  const socket = stage.sockets.findLast(({ url }) => url.includes(`/${id}/`));
  if (socket === undefined) throw new Error(`no socket for ${id}`);
  return socket;
}
