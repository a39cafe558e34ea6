/**
 * Which view is shown: the part of the address behind `#`.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

/** A view, and the channel that it is of. */
export type Route =
  | { readonly view: "overview" | "channels" | "console" }
  | { readonly view: "channel"; readonly id: string };

/** Reads what stands behind `#`; anything unknown is the overview. */
export function parseRoute(hash: string): Route {
  const [, view, id] = hash.split("/");
  if (view === "console") return { view };
  if (view !== "channels") return { view: "overview" };
  if (id === undefined || id === "") return { view };
  try {
    return { view: "channel", id: decodeURIComponent(id) };
  } catch {
    return { view };
  }
}

/** Where a channel's view is. */
export function hrefOfChannel(id: string): string {
  return `#/channels/${encodeURIComponent(id)}`;
}

/** The view that the address names, now and whenever it changes. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return route;
}
