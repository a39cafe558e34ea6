/**
 * Calls from the Worker to a channel's object, and what is done when one
 * fails.
 *
 * @module
 */
import type { Channel } from "../channel/object.ts";
import type { Env } from "../env.ts";

/** Calls made in all, the first included. */
const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 50;

/** The channel's object has more to do than it can; nothing was done. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
}

/** The channel's object cannot be reached; asking again does no harm. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** A call that must not be repeated failed: it may have been done. */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
}

/**
 * Calls a channel's object.
 *
 * @param repeatable whether doing it twice is the same as doing it once.
 * @throws {OverloadedError} when the object refuses for its load.
 * @throws {UnavailableError} when it failed and may be repeated.
 * @throws {OutcomeUnknownError} when it failed and must not be repeated.
 */
export async function callChannel<R extends Promise<unknown>>(
  env: Env,
  channelId: string,
  repeatable: boolean,
  call: (channel: DurableObjectStub<Channel>) => R,
): Promise<Awaited<R>> {
  for (let attempt = 1; ; attempt++) {
    try {
      // A stub is broken by an exception: every try takes a fresh one.
      return await call(env.CHANNEL.getByName(channelId));
    } catch (error) {
      if (isOverloaded(error)) {
        throw new OverloadedError("the channel is overloaded", {
          cause: error,
        });
      }
      if (!repeatable) {
        throw new OutcomeUnknownError("the channel failed while it was asked", {
          cause: error,
        });
      }
      // Not only what the platform marks as retryable: it does not say so of
      // an object that aborted itself, which is a new one on the next try.
      if (attempt === MAX_TRIES) {
        throw new UnavailableError("the channel is out of reach", {
          cause: error,
        });
      }
      const pause = FIRST_PAUSE_MS * 2 ** attempt * Math.random();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "overloaded") === true;
}
