/**
 * A question that many ask and few may: its answer holds for a while.
 *
 * @module
 */

/** How long those wait who come while the first of all answers is awaited, in ms. */
const PAUSE_MS = 20;

export class Glance<T> {
  readonly #everyMs: number;
  readonly #clock: () => number;
  #askedAt = Number.NEGATIVE_INFINITY;
  #latest: { readonly answer: T } | undefined;

  /** @param everyMs the question is asked once in so long, however many ask. */
  constructor(everyMs: number, clock: () => number = Date.now) {
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  /**
   * The answer, at most so old and as long as the question takes.
   *
   * @param ask must end, and must not reject.
   */
  async read(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const now = this.#clock();
      // A clock that was set back makes an answer old as well.
      if (Math.abs(now - this.#askedAt) >= this.#everyMs) {
        // Noted before it is answered: nobody else asks meanwhile.
        this.#askedAt = now;
        const answer = await ask();
        this.#latest = { answer };
        return answer;
      }
      if (this.#latest !== undefined) return this.#latest.answer;
      // Not by sharing the promise: that of another request never resolves
      // here if that request was given up.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
