/**
 * Waiting for conditions, never for a while.
 *
 * @module
 */

/** How long anything may take before a test gives up on it, in ms. */
export const PATIENCE_MS = 20_000;
/** How often a condition that cannot announce itself is looked at, in ms. */
const LOOK_MS = 20;

/**
 * Resolves with what `look` answers once it answers anything but `undefined`
 * or `false`.
 *
 * @param what names the condition where it does not come true in time.
 */
export async function eventually<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`never came true in ${withinMs} ms: ${said(what)}`, {
        cause: last,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** `promise`, or a rejection that says what did not happen in time. */
export function inTime<T>(
  what: string | (() => string),
  promise: Promise<T>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not in ${withinMs} ms: ${said(what)}`));
    }, withinMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function said(what: string | (() => string)): string {
  return typeof what === "string" ? what : what();
}
