import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  addHistogram,
  type Histogram,
  percentile,
  record,
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
