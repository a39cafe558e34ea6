/**
 * How many connections there are of each user or address.
 *
 * @module
 */

export class Tally {
  readonly #counts = new Map<string, number>();

  /** Counts one more or less; of nobody in particular it counts none. */
  add(key: string | null, change: 1 | -1): void {
    if (key === null) return;
    const count = this.count(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  count(key: string | null): number {
    return key === null ? 0 : (this.#counts.get(key) ?? 0);
  }
}
