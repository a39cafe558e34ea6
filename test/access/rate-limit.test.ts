import { describe, expect, test } from "vitest";

import { RateLimit } from "../../src/access/rate-limit.ts";

const RATE = { perSecond: 100, burst: 20 };

/** How many of so many at one time are let through. */
function through(limit: RateLimit, count: number, now: number): number {
  let taken = 0;
  for (let n = 0; n < count; n++) if (limit.take(now) === 0) taken++;
  return taken;
}

describe("a rate limit", () => {
  test("lets a burst through, and one more not", () => {
    expect(through(new RateLimit(RATE), 100, 0)).toBe(20);
  });

  test("gives back what the time is worth, and no more than the burst", () => {
    const limit = new RateLimit(RATE);
    through(limit, 100, 0);
    expect(through(limit, 100, 100)).toBe(10);
    expect(through(limit, 100, 1_000_000)).toBe(20);
  });

  test("says when it is worth trying again, and then it is", () => {
    for (const rate of [RATE, { perSecond: 3, burst: 1 }]) {
      const limit = new RateLimit(rate);
      const now = 1_234;
      through(limit, 100, now);
      const ms = limit.take(now);
      expect(ms).toBeGreaterThan(0);
      expect(limit.take(now + ms - 1)).toBeGreaterThan(0);
      expect(limit.take(now + ms)).toBe(0);
    }
  });

  test("refuses who sends far too much many times in a row", () => {
    const limit = new RateLimit({ perSecond: 1_000, burst: 2_000 });
    let inARow = 0;
    let most = 0;
    // Fifty frames a millisecond.
    for (let n = 0; n < 100_000; n++) {
      inARow = limit.take(Math.floor(n / 50)) === 0 ? 0 : inARow + 1;
      most = Math.max(most, inARow);
    }
    expect(most).toBeGreaterThan(1_000);
  });

  test("survives a clock that is set back", () => {
    const limit = new RateLimit(RATE);
    through(limit, 100, 10_000);
    expect(through(limit, 10, 0)).toBe(0);
    expect(through(limit, 100, 100)).toBe(10);
  });

  test("lets the exact rate through for ever", () => {
    const limit = new RateLimit(RATE);
    for (let n = 0; n < 10_000; n++) expect(limit.take(n * 10)).toBe(0);
  });
});
