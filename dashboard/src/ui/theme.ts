/**
 * Light, dark, or as the system is.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "sente-lite.theme";
const CHANGED = "sente-lite.theme";

export function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((each) => each === kept) ?? "auto";
}

/** Shows the page in the theme that is kept. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = readTheme();
}

/** Goes on to the next theme. */
export function nextTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(readTheme()) + 1) % THEMES.length];
  localStorage.setItem(KEY, next ?? "auto");
  applyTheme();
  dispatchEvent(new Event(CHANGED));
  return readTheme();
}

/** Changes whenever colours do: for what is drawn and not styled. */
export function useColours(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const changed = () => setVersion((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    addEventListener(CHANGED, changed);
    return () => {
      system.removeEventListener("change", changed);
      removeEventListener(CHANGED, changed);
    };
  }, []);
  return version;
}

/** A colour of the style sheet, as a canvas takes it. */
export function colourOf(name: string): string {
  const probe = document.createElement("i");
  probe.className = `ink-${name}`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
