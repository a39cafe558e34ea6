/**
 * Channels that break down when told to: the test Worker of
 * test/system/workers/aborting.ts.
 *
 * @module
 */
import { type Server, type ServerOptions, startServer } from "./server.ts";
import { eventually } from "./waiting.ts";

/** When in a flush an object may abort, as aborting.ts describes. */
export const MOMENTS = ["before", "after", "unsent"] as const;
export type Moment = (typeof MOMENTS)[number];

/** Starts the service with channels that can be told to break down. */
export function startTrappedServer(
  options: Pick<ServerOptions, "vars"> = {},
): Promise<Server> {
  const configs = ["test/system/workers/aborting.toml"];
  return startServer({ ...options, configs });
}

/** Has all objects of the service abort, each wherever it is just then. */
export async function abortsAll(server: Server): Promise<void> {
  const { status, text } = await server.fetch("/aborts", { method: "POST" });
  if (status !== 200) throw new Error(text);
}

/** Has a channel's object abort at its n-th transaction from now. */
export async function setTrap(
  server: Server,
  channelId: string,
  when: Moment,
  left = 1,
): Promise<void> {
  const path = `/traps/${encodeURIComponent(channelId)}?when=${when}&in=${left}`;
  const { status, text } = await server.fetch(path, { method: "POST" });
  if (status !== 200) throw new Error(text);
}

/** Resolves when a channel's object has aborted so many times in all. */
export function isAborted(
  server: Server,
  channelId: string,
  times = 1,
): Promise<boolean> {
  const what = `${channelId} aborts for the ${times}. time`;
  return eventually(what, async () => {
    const { body } = await server.fetch("/traps");
    return Object(body)[channelId] === times;
  });
}
