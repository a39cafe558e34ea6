/**
 * `get-subscriptions` on a session: answered once every subscribe and
 * unsubscribe that was sent before it has its reply.
 *
 * @module
 */
import type { Ref } from "../protocol/fields.ts";
import type { Entry } from "./upstream.ts";

/** The most that wait at the same time. */
const MAX_WAITING = 256;

export class Listings {
  /** Subscribes and unsubscribes without a reply, numbered as they were sent. */
  readonly #changes = new Map<Entry, number>();
  #sent = 0;
  #waiting: { ref: Ref | undefined; after: number }[] = [];
  readonly #answer: (ref: Ref | undefined) => void;

  /** @param answer sends the list as it is now. */
  constructor(answer: (ref: Ref | undefined) => void) {
    this.#answer = answer;
  }

  /** Notes a frame that may change the list. */
  sent(entry: Entry): void {
    if (entry.type === "subscribe" || entry.type === "unsubscribe") {
      this.#changes.set(entry, ++this.#sent);
    }
  }

  /** Notes frames that have their replies. */
  answered(entries: readonly Entry[]): void {
    for (const entry of entries) this.#changes.delete(entry);
    this.#proceed();
  }

  /**
   * Somebody asks for the list.
   *
   * @returns false when too many wait already.
   */
  ask(ref: Ref | undefined): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push({ ref, after: this.#sent });
    this.#proceed();
    return true;
  }

  #proceed(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#changes.values();
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || next.after >= oldest) return;
      this.#waiting.shift();
      this.#answer(next.ref);
    }
  }
}
