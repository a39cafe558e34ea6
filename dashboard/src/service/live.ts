/**
 * The figures of the service, asked for once a second while the page is seen.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

import {
  type StatsHistory,
  StatsHistorySchema,
} from "../../../src/protocol/answers.ts";
import { ask, ServiceError, wordsOf } from "./ask.ts";
import { type Second, secondsOf } from "./history.ts";

/** What is known of the service. */
export interface Live {
  /** `lost`: it was known, and cannot be reached now. */
  readonly state: "loading" | "live" | "lost" | "refused";
  /** Why it is lost or refused. */
  readonly error?: ServiceError | undefined;
  readonly latest?: StatsHistory | undefined;
  readonly seconds: readonly Second[];
}

const EVERY_MS = 1_000;
const MAX_PAUSE_MS = 5_000;

/** The figures, now and every second. @param token whose they are. */
export function useLive(token: string | undefined): Live {
  const [live, setLive] = useState<Live>({ state: "loading", seconds: [] });
  useEffect(() => {
    let known: Live = { state: "loading", seconds: [] };
    let timer = 0;
    let failures = 0;
    let over = false;
    setLive(known);
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      known = await next(known);
      if (over) return;
      failures = known.state === "live" ? 0 : failures + 1;
      setLive(known);
      const pause = Math.min(EVERY_MS * 2 ** failures, MAX_PAUSE_MS);
      // Nobody looks: nobody is asked.
      if (!document.hidden) timer = setTimeout(look, pause);
    };
    const seen = () => {
      if (!document.hidden) void look();
    };
    document.addEventListener("visibilitychange", seen);
    addEventListener("online", seen);
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("online", seen);
    };
  }, [token]);
  return live;
}

async function next(known: Live): Promise<Live> {
  try {
    const since = known.seconds.at(-1)?.at ?? 0;
    const path = `/stats/history?since=${since}`;
    const latest = await ask(path, StatsHistorySchema);
    const from = latest["server-time"] - latest["kept-ms"];
    const seconds = [...known.seconds, ...secondsOf(latest)];
    const kept = seconds.filter(({ at }) => at > from);
    return { state: "live", latest, seconds: kept };
  } catch (cause) {
    const error =
      cause instanceof ServiceError
        ? cause
        : new ServiceError(0, "unknown", wordsOf(cause));
    const refused = error.status === 401 || error.status === 403;
    const isKnown = known.latest !== undefined;
    const state = refused || !isKnown ? "refused" : "lost";
    return { ...known, state, error };
  }
}
