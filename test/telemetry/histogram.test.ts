import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  addHistogram,
  BOUNDS_MS,
  countUpTo,
  type Histogram,
  percentile,
  record,
  roughSum,
} from "../../src/telemetry/histogram.ts";

function histogramOf(...latencies: number[]): Histogram {
  const histogram: Histogram = {};
  for (const ms of latencies) record(histogram, ms);
  return histogram;
}

describe("a percentile", () => {
  test("of nothing is none", () => {
    expect(percentile({}, 0.5)).toBeNull();
  });

  test("is never too low, and at most a fifth too high", () => {
    const latencies = fc.array(fc.integer({ min: 1, max: 300_000 }), {
      minLength: 1,
    });
    const shares = fc.constantFrom(0.5, 0.9, 0.99, 1);
    fc.assert(
      fc.property(latencies, shares, (given, share) => {
        const sorted = [...given].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
        const read = percentile(histogramOf(...given), share) ?? 0;
        expect(read).toBeGreaterThanOrEqual(exact - 0.5);
        expect(read).toBeLessThanOrEqual(exact * 1.2 + 0.5);
      }),
    );
  });

  test("takes less than a millisecond as one", () => {
    expect(percentile(histogramOf(0, 0.3), 1)).toBe(1);
  });

  test("tells the slow from the many", () => {
    const histogram = histogramOf(...Array<number>(98).fill(10), 1_000, 1_000);
    expect(percentile(histogram, 0.5)).toBeLessThan(13);
    expect(percentile(histogram, 0.99)).toBeGreaterThanOrEqual(1_000);
  });
});

describe("the few buckets of /metrics", () => {
  const latencies = fc.array(fc.nat({ max: 300_000 }));

  test("hold exactly those that were not above their bounds", () => {
    fc.assert(
      fc.property(latencies, (given) => {
        const histogram = histogramOf(...given, ...BOUNDS_MS);
        for (const bound of BOUNDS_MS) {
          const all = [...given, ...BOUNDS_MS].filter((ms) => ms <= bound);
          expect(countUpTo(histogram, bound)).toBe(all.length);
        }
        expect(countUpTo(histogram, Number.POSITIVE_INFINITY)).toBe(
          given.length + BOUNDS_MS.length,
        );
      }),
    );
  });

  test("reach beyond the longest request", () => {
    expect(BOUNDS_MS[0]).toBe(1);
    expect(BOUNDS_MS.at(-1)).toBeGreaterThan(300_000);
  });

  test("tell a sum that is at most a fifth too high", () => {
    fc.assert(
      fc.property(latencies, (given) => {
        const sum = given.reduce((all, ms) => all + Math.max(ms, 1), 0);
        const rough = roughSum(histogramOf(...given));
        expect(rough).toBeGreaterThanOrEqual(sum - 0.5 * given.length);
        expect(rough).toBeLessThanOrEqual(1.2 * sum + 0.5 * given.length);
      }),
    );
  });
});

describe("histograms", () => {
  test("add up to one of all", () => {
    const sum = histogramOf(1, 50);
    addHistogram(sum, histogramOf(50, 7_000));
    expect(sum).toEqual(histogramOf(1, 50, 50, 7_000));
  });

  test("add up after a way through JSON", () => {
    const sum: Histogram = {};
    addHistogram(sum, JSON.parse(JSON.stringify(histogramOf(9, 9))));
    expect(sum).toEqual(histogramOf(9, 9));
  });
});
