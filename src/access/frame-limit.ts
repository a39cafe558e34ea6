/**
 * How many frames a connection may send, and what it is told of more
 * (docs/protocol.md §3, "Too many frames").
 *
 * @module
 */
import type { Ref } from "../protocol/fields.ts";
import { tooManyFrames } from "../protocol/replies.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import { RateLimit } from "./rate-limit.ts";

/** The answer to what came too soon. */
export interface TooSoon {
  readonly error: ServerFrameOf<"error">;
  /** Whether it counts towards the refusals in a row that close. */
  readonly counts: boolean;
}

/** One connection's allowance. Times are in ms. */
export class FrameLimit {
  readonly #rate: RateLimit;
  readonly #perSecond: number;
  /** Whether a frame of the message at hand was refused. */
  #wasRefused = false;

  constructor(settings: { FRAMES_PER_SECOND: number; FRAMES_BURST: number }) {
    const { FRAMES_PER_SECOND: perSecond, FRAMES_BURST: burst } = settings;
    this.#perSecond = perSecond;
    this.#rate = new RateLimit({ perSecond, burst });
  }

  /**
   * A message begins, whose frames are next.
   *
   * @returns the answer to an array that comes when nothing is left: read, it
   * would cost its sender far less than the server.
   */
  begins(isArray: boolean, now: number): TooSoon | undefined {
    this.#wasRefused = false;
    return isArray ? this.#tooSoon(this.#rate.wait(now), undefined) : undefined;
  }

  /** Takes a frame. @returns the answer to it if it came too soon. */
  take(now: number, ref?: Ref): TooSoon | undefined {
    return this.#tooSoon(this.#rate.take(now), ref);
  }

  #tooSoon(retryAfterMs: number, ref: Ref | undefined): TooSoon | undefined {
    if (retryAfterMs === 0) return undefined;
    const error = tooManyFrames(retryAfterMs, this.#perSecond, ref);
    // Nobody could heed the first refusal of a message before its last frame.
    const counts = !this.#wasRefused;
    this.#wasRefused = true;
    return { error, counts };
  }
}
