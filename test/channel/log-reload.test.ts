import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { range, TestLog } from "../support/log.ts";

type Step =
  | { do: "flush"; count: number; bytes: number; key: string | undefined }
  | { do: "wait"; ms: number }
  | { do: "sweep" }
  | { do: "configure"; window: number; retention: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("flush" as const),
      count: fc.integer({ min: 1, max: 12 }),
      bytes: fc.constantFrom(0, 0, 50, 400, 90_000),
      key: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
    }),
  },
  fc.record({
    do: fc.constant("wait" as const),
    ms: fc.integer({ min: 1, max: 700 }),
  }),
  fc.record({ do: fc.constant("sweep" as const) }),
  fc.record({
    do: fc.constant("configure" as const),
    window: fc.constantFrom(0, 3, 10, 40),
    retention: fc.constantFrom(0, 1, 5),
  }),
);

const config = fc.record({
  "recovery-window": fc.constantFrom(0, 4, 20, 500),
  "message-retention": fc.constantFrom(0, 2, 8),
  "recovery-window-bytes": fc.constantFrom(500, 5_000, 1_000_000),
  "recovery-ttl-ms": fc.constantFrom(0, 1_000),
});

function take(log: TestLog, each: Step): void {
  switch (each.do) {
    case "flush":
      for (let i = 0; i < each.count; i++) {
        const key = i === 0 ? each.key : undefined;
        const known = key !== undefined && log.log.find(key) !== undefined;
        log.append(each.bytes, known ? undefined : key);
      }
      log.commit();
      break;
    case "wait":
      log.now += each.ms;
      break;
    case "sweep":
      log.sweep();
      break;
    case "configure":
      log.configure({
        "recovery-window": each.window,
        "message-retention": each.retention,
      });
      break;
  }
}

/** What a subscriber or a publisher could see of a log. */
function visible(log: TestLog) {
  const { seq } = log.log;
  return {
    seq,
    retained: log.retained(),
    kept: log.kept(),
    recovered: boundaries(log).map((each) => log.recovers(each)),
    keys: ["a", "b", "c"].map((key) => log.log.find(key)),
  };
}

/** Positions around the oldest that is kept and the newest. */
function boundaries(log: TestLog): number[] {
  const [oldest = log.log.seq] = log.kept();
  const around = [oldest - 2, oldest - 1, oldest, log.log.seq - 1];
  return [...around, log.log.seq, log.log.seq + 1].filter((seq) => seq >= 0);
}

describe("a log", () => {
  test("that is loaded again and again is the same log", () => {
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 25 }), (given, steps) => {
        const staying = new TestLog(given);
        const reloading = new TestLog(given);
        for (const each of steps) {
          take(staying, each);
          take(reloading, each);
          reloading.reload();
          expect(visible(reloading)).toEqual(visible(staying));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("keeps what was promised, in order and without holes", () => {
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 25 }), (given, steps) => {
        const log = new TestLog(given);
        for (const each of steps) {
          take(log, each);
          const kept = log.kept();
          expect(kept).toEqual(
            range(log.log.seq - kept.length + 1, log.log.seq),
          );
          const [first = 0] = kept;
          expect(log.recovers(first - 1)).toEqual(
            kept.length === 0 ? log.recovers(first - 1) : kept,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  test("never has many more rows than segments are kept", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = new TestLog({
          "recovery-window": 10,
          "message-retention": 2,
        });
        let most = 0;
        for (const each of steps.filter((one) => one.do !== "configure")) {
          take(log, each);
          most = Math.max(most, log.kept().length);
        }
        // Every row holds a message at least; slots are written over.
        expect(log.rows()).toBeLessThanOrEqual(most + 12);
      }),
      { numRuns: 30 },
    );
  });
});
