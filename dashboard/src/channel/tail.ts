/**
 * What is said on a channel, as it is said: an ordinary subscriber on the
 * channel's own path, with no more rights than it takes to listen. So it is
 * never asked to answer a request, and never creates a channel.
 *
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import {
  type ConnectionState,
  connect,
  type Message,
} from "../../../src/client/index.ts";
import { Meter } from "./meter.ts";

/** So many messages are kept to be looked at. */
export const MAX_KEPT = 200;
/** The page shows what came so often, in ms, however much comes. */
const SHOW_MS = 200;

/** A message, and when it came. */
export interface Heard {
  readonly key: number;
  readonly at: number;
  readonly message: Message;
}

export interface Tail {
  readonly state: ConnectionState | "refused";
  /** Why it does not listen. */
  readonly why: string | undefined;
  /** Newest first. */
  readonly heard: readonly Heard[];
  /** How many came since it was paused. */
  readonly waiting: number;
  readonly paused: boolean;
  readonly meter: Meter;
  readonly pause: (paused: boolean) => void;
  readonly clear: () => void;
}

/** A socket that says what little it wants to do. */
class Listening extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(`${url}?only=subscribe,history`, protocols);
  }
}

/** @param isThere whether there is such a channel. */
export function useTail(
  id: string,
  token: string | undefined,
  isThere: boolean,
): Tail {
  const [state, setState] = useState<Tail["state"]>("connecting");
  const [why, setWhy] = useState<string>();
  const [shown, setShown] = useState<readonly Heard[]>([]);
  const [waiting, setWaiting] = useState(0);
  const [paused, setPaused] = useState(false);
  const isPaused = useRef(false);
  const all = useRef<Heard[]>([]);
  const late = useRef(0);
  const meter = useRef(new Meter()).current;

  useEffect(() => {
    if (!isThere) return;
    const client = connect("/ws", {
      direct: true,
      token,
      WebSocket: Listening,
    });
    let key = 0;
    let timer = 0;
    const show = () => {
      timer = 0;
      if (isPaused.current) setWaiting(late.current);
      else setShown([...all.current]);
    };
    client.on("state", (change) => {
      setState(change.state);
      setWhy(change.reason);
    });
    client.on("error", ({ error }) => setWhy(String(error)));
    client
      .channel(id)
      .subscribe((message) => {
        const at = Date.now();
        if (!message.replayed) meter.count(at, message.publishedAt);
        if (isPaused.current) late.current++;
        all.current = [{ key: key++, at, message }, ...all.current];
        all.current.length = Math.min(all.current.length, MAX_KEPT);
        if (timer === 0) timer = setTimeout(show, SHOW_MS);
      })
      .then((subscription) => {
        subscription.on("end", ({ error }) => {
          if (error !== undefined) refuse(error);
        });
      })
      .catch(refuse);
    function refuse(error: unknown): void {
      setState("refused");
      setWhy(error instanceof Error ? error.message : String(error));
    }
    return () => {
      clearTimeout(timer);
      void client.close();
    };
  }, [id, token, isThere, meter]);

  const pause = useCallback((next: boolean) => {
    isPaused.current = next;
    late.current = 0;
    setWaiting(0);
    setPaused(next);
    if (!next) setShown([...all.current]);
  }, []);
  const clear = useCallback(() => {
    all.current = [];
    setShown([]);
  }, []);
  return { state, why, heard: shown, waiting, paused, meter, pause, clear };
}
