/**
 * Small habits of all views.
 *
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ServiceError, wordsOf } from "../service/ask.ts";

/** What was asked for: not there yet, there, or refused. */
export interface Asked<T> {
  readonly value?: T | undefined;
  readonly error?: ServiceError | undefined;
  /** Asks again. */
  readonly again: () => void;
}

/**
 * Asks now, and again every so often while the page is seen. What was answered
 * stays until there is something newer.
 *
 * @param key what is asked for: with another one everything starts over.
 */
export function useAsked<T>(
  key: string,
  everyMs: number,
  question: () => Promise<T>,
): Asked<T> {
  const [asked, setAsked] = useState<Omit<Asked<T>, "again">>({});
  const [turn, setTurn] = useState(0);
  const current = useRef(question);
  current.current = question;
  useEffect(() => setAsked({}), [key]);
  useEffect(() => {
    let timer = 0;
    let over = false;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const value = await current.current();
        if (!over) setAsked({ value });
      } catch (error) {
        const known =
          error instanceof ServiceError
            ? error
            : new ServiceError(0, "unknown", wordsOf(error));
        if (!over) setAsked((before) => ({ ...before, error: known }));
      }
      if (!over && !document.hidden) timer = setTimeout(look, everyMs);
    };
    const seen = () => {
      if (!document.hidden) void look();
    };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, everyMs, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { ...asked, again };
}

/** Now, in ms, often enough for what is shown in seconds. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Gives the document a title while a view is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · sente-lite`;
  }, [title]);
}
