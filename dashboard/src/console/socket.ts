/**
 * A bare socket, without any client in between, and what went over it.
 *
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import {
  BATCH_SUBPROTOCOL,
  PLAIN_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "../../../src/protocol/framing.ts";

/** One message, or something that happened to the socket. */
export interface Entry {
  readonly key: number;
  readonly at: number;
  readonly kind: "out" | "in" | "note";
  readonly text: string;
}

export interface Wire {
  readonly state: "closed" | "connecting" | "open";
  /** Oldest first. */
  readonly entries: readonly Entry[];
  readonly open: (options: Opening) => void;
  readonly close: () => void;
  readonly send: (text: string) => void;
  readonly clear: () => void;
}

export interface Opening {
  /** A path of this service. */
  readonly path: string;
  readonly token: string | undefined;
  readonly batch: boolean;
}

const MAX_ENTRIES = 500;

export function useWire(): Wire {
  const socket = useRef<WebSocket>(undefined);
  const keys = useRef(0);
  const [state, setState] = useState<Wire["state"]>("closed");
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const note = useCallback((kind: Entry["kind"], text: string) => {
    const entry = { key: keys.current++, at: Date.now(), kind, text };
    setEntries((before) => [...before, entry].slice(-MAX_ENTRIES));
  }, []);
  useEffect(() => () => socket.current?.close(), []);

  const open = useCallback(
    ({ path, token, batch }: Opening) => {
      socket.current?.close();
      const url = new URL(path, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const offered = [batch ? BATCH_SUBPROTOCOL : PLAIN_SUBPROTOCOL];
      if (token !== undefined) offered.push(`${TOKEN_SUBPROTOCOL}${token}`);
      let opened: WebSocket;
      try {
        opened = new WebSocket(url, offered);
      } catch (error) {
        note("note", `This cannot be opened: ${String(error)}`);
        return;
      }
      socket.current = opened;
      setState("connecting");
      note("note", `connecting to ${url.pathname}`);
      const isCurrent = () => socket.current === opened;
      opened.addEventListener("open", () => {
        if (isCurrent()) setState("open");
        note("note", `open, ${opened.protocol || "without subprotocol"}`);
      });
      opened.addEventListener("message", ({ data }) => {
        note("in", typeof data === "string" ? data : "(binary)");
      });
      opened.addEventListener("close", ({ code, reason }) => {
        if (isCurrent()) setState("closed");
        note("note", `closed, ${code}${reason === "" ? "" : `: ${reason}`}`);
      });
    },
    [note],
  );
  const close = useCallback(() => socket.current?.close(1000), []);
  const send = useCallback(
    (text: string) => {
      if (socket.current?.readyState !== WebSocket.OPEN) return;
      socket.current.send(text);
      note("out", text);
    },
    [note],
  );
  const clear = useCallback(() => setEntries([]), []);
  return { state, entries, open, close, send, clear };
}
