/**
 * The token that somebody pasted. It is kept for this tab alone, and ends with
 * it.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

const KEY = "sente-lite.token";
const listeners = new Set<() => void>();

/** The token, or undefined where none was pasted. */
export function readToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Keeps a token for this tab, or forgets it. */
export function keepToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  for (const listener of listeners) listener();
}

/** The token, now and whenever it changes. */
export function useToken(): string | undefined {
  const [token, setToken] = useState(readToken);
  useEffect(() => {
    const read = () => setToken(readToken());
    listeners.add(read);
    return () => void listeners.delete(read);
  }, []);
  return token;
}
