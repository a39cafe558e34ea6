/**
 * How often one connection may renew its token: looking at one takes a
 * signature.
 *
 * @module
 */
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { errorFrame } from "../protocol/replies.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import { RateLimit } from "./rate-limit.ts";

const RATE = { perSecond: 1, burst: 10 };

export class Renewals {
  readonly #rate = new RateLimit(RATE);
  #waiting = false;

  /**
   * A token arrived.
   *
   * @param now in ms.
   * @returns why it is not looked at; undefined when it is.
   */
  begin(
    { ref }: ClientFrameOf<"authenticate">,
    now: number,
  ): ServerFrameOf<"error"> | undefined {
    if (this.#waiting) {
      const message = "wait for the token that was sent";
      return errorFrame("rate-limited", message, ref);
    }
    const retryAfterMs = this.#rate.take(now);
    if (retryAfterMs === 0) {
      this.#waiting = true;
      return undefined;
    }
    const message = "a connection may renew its token once a second";
    const error = errorFrame("rate-limited", message, ref);
    return { ...error, "retry-after-ms": retryAfterMs };
  }

  /** The token was looked at. */
  end(): void {
    this.#waiting = false;
  }
}
