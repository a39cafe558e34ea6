/**
 * How far it has come, on a terminal.
 *
 * @module
 */
import { grouped } from "../numbers.ts";
import type { Tally } from "./tally.ts";

const WIDTH = 30;
const REDRAW_MS = 200;
const CLEAR = "\r\u001b[K";

/** A bar on stderr, if that is a terminal. */
export class Progress {
  readonly #seconds: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Says what is being done before it begins. */
  say(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`${CLEAR}${text}`);
  }

  /** Draws from now on. */
  begin(tally: Tally): void {
    if (!process.stderr.isTTY) return;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1_000;
      const bar = barOf(seconds / this.#seconds, WIDTH);
      const published = grouped(tally.published / seconds);
      const delivered = grouped(tally.delivered / seconds);
      process.stderr.write(
        `${CLEAR}${bar} ${Math.min(seconds, this.#seconds).toFixed(0)}/${this.#seconds} s  ${published} published/s  ${delivered} delivered/s`,
      );
    }, REDRAW_MS);
  }

  /** Takes it away. */
  end(): void {
    clearInterval(this.#timer);
    if (process.stderr.isTTY) process.stderr.write(CLEAR);
  }
}

/** A bar of which a part is full. */
export function barOf(part: number, width: number): string {
  const full = Math.round(Math.min(Math.max(part, 0), 1) * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)}`;
}
