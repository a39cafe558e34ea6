/**
 * What a session may still do before its client should reconnect: a session is
 * one invocation of the Worker, with a bound on its CPU and on the objects it
 * may call (docs/architecture.md, "The session").
 *
 * @module
 */
import type { Settings } from "../config.ts";

/** How far over its budget a session goes rather than break something off. */
const GRACE = 1.25;

export class Budget {
  readonly #settings: Settings;
  #messages = 0;
  #subrequests = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Counts messages that came in or were passed on. */
  handled(messages: number): void {
    this.#messages += messages;
  }

  /** Counts a call to an object. */
  called(): void {
    this.#subrequests++;
  }

  /** @param busy whether something would be broken off. */
  isSpent(busy: boolean): boolean {
    const { SESSION_MAX_MESSAGES, SESSION_MAX_SUBREQUESTS } = this.#settings;
    const spent = Math.max(
      this.#messages / SESSION_MAX_MESSAGES,
      this.#subrequests / SESSION_MAX_SUBREQUESTS,
    );
    return spent >= (busy ? GRACE : 1);
  }
}
