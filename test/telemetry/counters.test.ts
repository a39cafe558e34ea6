import { describe, expect, test } from "vitest";

import {
  addToCounts,
  Counters,
  noCounts,
} from "../../src/telemetry/counters.ts";

/** One of everything. */
function counted(): Counters {
  const counters = new Counters();
  counters.published(3);
  counters.requestEnded("answered", 9);
  counters.publishRefused("forbidden");
  counters.requestRefused("no-subscribers");
  counters.recovery("gap");
  counters.limited("frames");
  counters.evicted();
  return counters;
}

const ONE_OF_EVERYTHING = {
  published: 1,
  delivered: 3,
  rpc: { answered: 1, failed: 0, "timed-out": 0, cancelled: 0 },
  latency: { 13: 1 },
  latencyMs: 9,
  unpublished: { forbidden: 1 },
  unasked: { "no-subscribers": 1 },
  recoveries: { gap: 1 },
  limited: { frames: 1 },
  evictions: 1,
};

describe("counts", () => {
  test("are taken once", () => {
    const counters = counted();
    expect(counters.take()).toEqual(ONE_OF_EVERYTHING);
    expect(counters.take()).toEqual(noCounts());
  });

  test("are counted again when they could not be reported", () => {
    const counters = counted();
    const lost = counters.take();
    counters.publishRefused("forbidden");
    counters.evicted();
    counters.giveBack(lost);
    expect(counters.changed).toBe(true);
    expect(counters.take()).toEqual({
      ...ONE_OF_EVERYTHING,
      unpublished: { forbidden: 2 },
      evictions: 2,
    });
  });

  test("add up", () => {
    const sum = counted().take();
    addToCounts(sum, counted().take());
    expect(sum).toMatchObject({
      published: 2,
      rpc: { answered: 2 },
      latency: { 13: 2 },
      latencyMs: 18,
      unpublished: { forbidden: 2 },
      unasked: { "no-subscribers": 2 },
      recoveries: { gap: 2 },
      limited: { frames: 2 },
      evictions: 2,
    });
  });

  test("of an older version lack some, and its sum of latencies is read off", () => {
    const sum = noCounts();
    const { published, delivered, rpc } = noCounts();
    const older = { published, delivered, rpc, latency: { 0: 2, 40: 1 } };
    addToCounts(sum, older);
    expect(sum).toEqual({ ...noCounts(), ...older, latencyMs: 1_026 });
  });
});

describe("worth a report", () => {
  test.each([
    ["a message", (it: Counters) => it.published(0)],
    ["the end of a request", (it: Counters) => it.requestEnded("cancelled")],
  ])("is %s", (_, count) => {
    const counters = new Counters();
    count(counters);
    expect(counters.changed).toBe(true);
    counters.take();
    expect(counters.changed).toBe(false);
  });

  test.each([
    ["a publish", (it: Counters) => it.publishRefused("rate-limited")],
    ["a request", (it: Counters) => it.requestRefused("forbidden")],
    ["a frame", (it: Counters) => it.limited("frames")],
  ])("is not %s that was refused", (_, count) => {
    const counters = new Counters();
    count(counters);
    expect(counters.changed).toBe(false);
  });

  test("are neither recoveries nor evictions", () => {
    const counters = new Counters();
    counters.recovery("recovered");
    counters.evicted();
    expect(counters.changed).toBe(false);
  });
});
