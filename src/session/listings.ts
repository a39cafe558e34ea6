/**
 * `get-subscriptions` on a session: answered once every subscribe and
 * unsubscribe that was sent before it has its reply.
 *
 * @module
 */
import type { Ref } from "../protocol/fields.ts";
import type { Entry } from "./upstream.ts";

export class Listings {
  /** Subscribes and unsubscribes that have no reply yet. */
  readonly #changes = new Set<Entry>();
  #waiting: { ref: Ref | undefined; after: Set<Entry> }[] = [];
  readonly #answer: (ref: Ref | undefined) => void;

  /** @param answer sends the list as it is now. */
  constructor(answer: (ref: Ref | undefined) => void) {
    this.#answer = answer;
  }

  /** Notes a frame that may change the list. */
  sent(entry: Entry): void {
    if (entry.type === "subscribe" || entry.type === "unsubscribe") {
      this.#changes.add(entry);
    }
  }

  /** Notes frames that have their replies. */
  answered(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!this.#changes.delete(entry)) continue;
      for (const { after } of this.#waiting) after.delete(entry);
    }
    this.#proceed();
  }

  /** Somebody asks for the list. */
  ask(ref: Ref | undefined): void {
    this.#waiting.push({ ref, after: new Set(this.#changes) });
    this.#proceed();
  }

  #proceed(): void {
    while (this.#waiting[0]?.after.size === 0) {
      this.#answer(this.#waiting.shift()?.ref);
    }
  }
}
