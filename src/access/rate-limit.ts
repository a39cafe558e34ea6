/**
 * So many a second and no more.
 *
 * @module
 */

/**
 * Tokens are given back in steps, not one by one: who sends far too much is
 * then refused many times in a row, which tells it from who sends a little
 * too much.
 */
const STEP_MS = 100;

/** How much is allowed. */
export interface Rate {
  readonly perSecond: number;
  /** How much at once, after a time of less. */
  readonly burst: number;
}

/** A token bucket. */
export class RateLimit {
  readonly #rate: Rate;
  #tokens: number;
  #step: number | undefined;

  constructor(rate: Rate) {
    // A step's worth fits in any case, or the rate could not be kept.
    const step = (rate.perSecond * STEP_MS) / 1_000;
    this.#rate = { ...rate, burst: Math.max(rate.burst, step) };
    this.#tokens = rate.burst;
  }

  /**
   * Takes one.
   *
   * @param now in ms.
   * @returns 0, or after how many ms it is worth trying again.
   */
  take(now: number): number {
    const retryAfterMs = this.wait(now);
    if (retryAfterMs === 0) this.#tokens -= 1;
    return retryAfterMs;
  }

  /** What `take` would answer, without taking one. */
  wait(now: number): number {
    const { perSecond, burst } = this.#rate;
    const step = Math.floor(now / STEP_MS);
    // A clock that was set back gives nothing and takes nothing.
    const steps = Math.max(0, step - (this.#step ?? step));
    this.#step = step;
    const given = (steps * STEP_MS * perSecond) / 1_000;
    this.#tokens = Math.min(burst, this.#tokens + given);
    if (this.#tokens >= 1) return 0;
    const missing = Math.ceil(
      ((1 - this.#tokens) * 1_000) / perSecond / STEP_MS,
    );
    return (step + missing) * STEP_MS - now;
  }
}
