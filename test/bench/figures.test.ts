/** What is made of the rounds. */
import { expect, it } from "vitest";

import { BOUNDS, judge, ratios, spreadOf } from "../../bench/figures.ts";
import type { Results } from "../../bench/run.ts";

const round = (deliveries: number) => ({ figures: { deliveries } });

it("compares figures of the same round", () => {
  expect(ratios([10, 40], [1, 2])).toEqual([10, 20]);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

it("judges by the median of the rounds' ratios", () => {
  const results: Results = {
    "fan-out": {
      bare: [round(10), round(20), round(10)],
      "direct batch": [round(140), round(320), round(200)],
      "session batch": [round(70), round(140), round(90)],
    },
  };
  const [direct, session, plain] = judge(results);
  expect(direct).toMatchObject({ ratio: { median: 16, min: 14 }, holds: true });
  expect(session).toMatchObject({ ratio: { median: 7 }, holds: false });
  expect(plain).toMatchObject({ ratio: undefined, holds: undefined });
  expect(judge({})).toHaveLength(BOUNDS.length);
});
