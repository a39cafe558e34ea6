/**
 * One alarm for many deadlines: kept by key, armed for the earliest. An alarm
 * that comes early, late or twice does no harm, so it is only ever moved
 * forward: setting it is a row written.
 *
 * @module
 */

/** What a channel waits for. */
export type DeadlineKey = "calls" | "away" | "idle" | "trim" | "tokens";

export class Deadlines {
  readonly #at = new Map<DeadlineKey, number>();
  #armed: number | undefined;
  readonly #arm: (at: number) => void;

  /** @param arm sets the platform's alarm, a time in ms. */
  constructor(arm: (at: number) => void) {
    this.#arm = arm;
  }

  /** Notes for when the alarm is already set, if it is. */
  found(armed: number | undefined): void {
    this.#armed = armed;
  }

  /** Sets, moves or (undefined) drops a deadline, a time in ms. */
  set(key: DeadlineKey, at: number | undefined): void {
    if (at === undefined) this.#at.delete(key);
    else this.#at.set(key, at);
  }

  /** Moves a deadline forward, a time in ms; undefined leaves it. */
  advance(key: DeadlineKey, at: number | undefined): void {
    if (at === undefined) return;
    this.#at.set(key, Math.min(at, this.#at.get(key) ?? at));
  }

  /** Arms the alarm if the earliest deadline is before it. */
  arm(): void {
    if (this.#at.size === 0) return;
    const earliest = Math.min(...this.#at.values());
    if (this.#armed !== undefined && this.#armed <= earliest) return;
    this.#armed = earliest;
    this.#arm(earliest);
  }
}
