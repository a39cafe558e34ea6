import { describe, expect, it } from "vitest";

import { probe } from "../../cli/bench/run.ts";
import { Tally } from "../../cli/bench/tally.ts";

/** One publisher's `count` messages, and what came of them. */
function tallyOf(count: number, ...taken: number[][]): Tally {
  const tally = new Tally(1, taken.length);
  for (let at = 0; at < count; at += 1) {
    tally.give(0);
    tally.acknowledge();
  }
  for (const [subscriber, numbers] of taken.entries()) {
    for (const number of numbers) tally.take(subscriber, 0, number, 1);
  }
  return tally;
}

describe("a tally", () => {
  it.each([
    [[[0, 1, 2]], { lost: 0, repeated: 0, reordered: 0 }],
    [[[0, 2]], { lost: 1, repeated: 0, reordered: 0 }],
    [[[0, 1]], { lost: 1, repeated: 0, reordered: 0 }],
    [[[]], { lost: 3, repeated: 0, reordered: 0 }],
    [[[0, 1, 1, 2, 0]], { lost: 0, repeated: 2, reordered: 0 }],
    [[[0, 2, 1]], { lost: 0, repeated: 0, reordered: 1 }],
    [[[0, 1, 2], [2]], { lost: 2, repeated: 0, reordered: 0 }],
  ])("of three messages that came as %j", (taken, faults) => {
    const tally = tallyOf(3, ...taken);
    expect(tally).toMatchObject({ published: 3, ...faults });
    expect(tally.delivered).toBe(taken.flat().length);
  });

  it("blames nobody for what was not acknowledged", () => {
    const tally = tallyOf(2, [0, 1]);
    tally.fail(0, tally.give(0));
    expect(tally).toMatchObject({ lost: 0, failed: 1 });
    tally.take(0, 0, 2, 1);
    expect(tally).toMatchObject({ lost: 0, repeated: 0, failed: 1 });
  });

  it("tells latencies apart", () => {
    const tally = new Tally(1, 1);
    expect(tally.latencies).toBeUndefined();
    for (let ms = 1; ms <= 100; ms += 1) tally.take(0, 0, ms, ms);
    const at = tally.latencies;
    expect(at?.p50).toBeCloseTo(50, 0);
    expect(at?.p99).toBeCloseTo(99, 0);
    expect(at?.min).toBeCloseTo(1, 1);
    expect(at?.max).toBeCloseTo(100, 0);
    expect(tally.buckets.map(({ count }) => count)).toEqual([
      1, 1, 2, 4, 8, 16, 33, 35,
    ]);
    expect(tally.buckets.at(-1)?.upToMs).toBeCloseTo(131, 0);
  });
});

it.each([64, 1_000])("fills messages up to %i bytes", (size) => {
  expect(JSON.stringify(probe(7, 123, size))).toHaveLength(size);
});
