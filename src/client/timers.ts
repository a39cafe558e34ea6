/**
 * Waiting for as long as others say.
 *
 * @module
 */

/** The longest that a timer can be set for, in ms: longer ones fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** A time in ms that a timer can be set for. */
export function timerMs(ms: number, least = 0): number {
  return Math.min(Math.max(ms, least), LONGEST_MS);
}

/** Does something after so many ms, `Infinity` among them. */
export function after(
  ms: number,
  work: () => void,
): ReturnType<typeof setTimeout> {
  return setTimeout(work, timerMs(ms));
}
