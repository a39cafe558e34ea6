/**
 * All that users rely on, by name.
 *
 * @module
 */
import { channels } from "./channels.ts";
import { connections } from "./connections.ts";
import { requests } from "./requests.ts";
import { type Behaviour, type Place, run } from "./world.ts";

export type { Place, TokenWish } from "./world.ts";

const ALL: Readonly<Record<string, Behaviour>> = {
  ...channels,
  ...requests,
  ...connections,
};

/** What the behaviours are called. */
export const NAMES: readonly string[] = Object.keys(ALL);

/** Runs one. @returns what went wrong, if anything did. */
export async function behaves(
  name: string,
  place: Place,
): Promise<string | undefined> {
  const behaviour = ALL[name];
  if (behaviour === undefined) return `nothing is called ${name}`;
  try {
    await run(behaviour, place);
    return undefined;
  } catch (error) {
    return saidOf(error);
  }
}

function saidOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `; ${saidOf(error.cause)}`;
  return `${error.stack ?? error}${cause}`;
}
