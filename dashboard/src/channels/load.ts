/**
 * All channels, page by page, and again every so often.
 *
 * @module
 */
import { useCallback, useEffect, useState } from "preact/hooks";

import { ServiceError, wordsOf } from "../service/ask.ts";
import { type ListedChannel, listChannels } from "../service/channels.ts";

/** More than these are not listed: they are searched for by prefix. */
export const MAX_LISTED = 10_000;

export interface Listing {
  readonly channels: readonly ListedChannel[];
  readonly state: "loading" | "there" | "failed";
  readonly error?: ServiceError | undefined;
  /** Whether there are more than are listed. */
  readonly isCut: boolean;
  readonly again: () => void;
}

/** How long a listing is good for: the longer, the more pages it has, in ms. */
const GOOD_MS = 3_000;

/** @param prefix of the ids that are asked for. */
export function useListing(prefix: string): Listing {
  const [listing, setListing] = useState<Omit<Listing, "again">>({
    channels: [],
    state: "loading",
    isCut: false,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    let timer = 0;
    const load = async (): Promise<void> => {
      const pages = await loadAll(prefix, leaving.signal, (channels) => {
        // Shown as they come, but never in place of more.
        setListing((before) =>
          before.state === "there" ? before : { ...before, channels },
        );
      });
      setListing({
        channels: pages.channels,
        state: "there",
        isCut: pages.isCut,
      });
      timer = setTimeout(look, GOOD_MS * Math.max(1, pages.count));
    };
    const look = (): void => {
      if (document.hidden) {
        timer = setTimeout(look, GOOD_MS);
        return;
      }
      load().catch((error: unknown) => {
        if (leaving.signal.aborted) return;
        const known =
          error instanceof ServiceError
            ? error
            : new ServiceError(0, "unknown", wordsOf(error));
        setListing((before) => ({ ...before, state: "failed", error: known }));
        timer = setTimeout(look, GOOD_MS);
      });
    };
    look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [prefix, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { ...listing, again };
}

async function loadAll(
  prefix: string,
  signal: AbortSignal,
  onPage: (channels: readonly ListedChannel[]) => void,
): Promise<{ channels: ListedChannel[]; isCut: boolean; count: number }> {
  const channels: ListedChannel[] = [];
  let cursor: string | null = null;
  let count = 0;
  do {
    const page = await listChannels(prefix, cursor, signal);
    channels.push(...page.channels);
    cursor = page.cursor;
    count++;
    onPage([...channels]);
  } while (cursor !== null && channels.length < MAX_LISTED);
  return { channels, isCut: cursor !== null, count };
}
