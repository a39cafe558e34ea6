/**
 * A connection for what is published and asked from the page. It is opened
 * when it is first used.
 *
 * @module
 */
import { useCallback, useEffect, useRef } from "preact/hooks";

import { type Client, connect } from "../../../src/client/index.ts";

/** What gives the connection. */
export type Session = () => Client;

export function useSession(token: string | undefined): Session {
  const client = useRef<Client>(undefined);
  useEffect(
    () => () => {
      void client.current?.close();
      client.current = undefined;
    },
    [],
  );
  return useCallback(() => {
    // What the service closed for good is of no more use.
    if (client.current?.state === "closed") client.current = undefined;
    client.current ??= connect("/ws", { token });
    return client.current;
  }, [token]);
}
