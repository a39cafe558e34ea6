/** What the registry remembers of the last fifteen minutes. */
import { describe, expect, test } from "vitest";
import {
  type Gauges,
  HISTORY_MS,
  History,
  mergeSamples,
  type Sample,
} from "../../src/registry/history.ts";
import { Overview } from "../../src/registry/overview.ts";
import { type Counts, noCounts } from "../../src/telemetry/counters.ts";

const START = 1_700_000_000_000;

function published(count: number): Counts {
  return { ...noCounts(), published: count };
}

function gauges(connections: number): Gauges {
  return { connections, channels: 1, subscriptions: 2, openRequests: 0 };
}

function sample(at: number, count: number, connections = 1): Sample {
  return { at, counts: published(count), ...gauges(connections) };
}

describe("the history", () => {
  test("has one sample for all that comes within a second", () => {
    let connections = 1;
    const history = new History(() => gauges(connections));
    history.add(published(2), START + 100);
    history.add(published(3), START + 900);
    connections = 7;
    expect(history.after(0, START + 999)).toEqual([]);
    history.add(published(1), START + 1_000);
    expect(history.after(0, START + 2_500)).toEqual([
      sample(START, 5, 7),
      sample(START + 1_000, 1, 7),
    ]);
  });

  test("gives a second its own figures, however late somebody asks", () => {
    const history = new History(() => gauges(3));
    history.add(published(4), START);
    expect(history.after(0, START + 300_000)).toEqual([sample(START, 4, 3)]);
  });

  test("tells what is new", () => {
    const history = new History(() => gauges(1));
    for (let i = 0; i < 5; i++) history.add(published(i), START + i * 1_000);
    const fresh = history.after(START + 2_000, START + 5_000);
    expect(fresh.map(({ at }) => at - START)).toEqual([3_000, 4_000]);
  });

  test("is bounded", () => {
    const history = new History(() => gauges(1));
    for (let i = 0; i < 2_000; i++) {
      history.add(published(1), START + i * 1_000);
    }
    const all = history.after(0, START + 2_000_000);
    expect(all).toHaveLength(HISTORY_MS / 1_000 - 1);
    history.add(published(1), START + 2_000_000 + HISTORY_MS);
    expect(history.after(0, START + 2_000_000 + HISTORY_MS)).toEqual([]);
  });
});

test("the histories of several objects are added up", () => {
  const merged = mergeSamples([
    [sample(1_000, 1, 1), sample(3_000, 2, 2)],
    [sample(2_000, 5, 10), sample(3_000, 6, 20)],
  ]);
  const seen = merged.map(({ at, counts, connections }) => [
    at,
    counts.published,
    connections,
  ]);
  expect(seen).toEqual([
    [1_000, 1, 1],
    [2_000, 5, 11],
    [3_000, 8, 22],
  ]);
});

describe("an isolate", () => {
  function registry() {
    let asked = 0;
    const ask = async () => {
      asked++;
      const figures = {
        ...gauges(5),
        oldRequests: 12,
        counts: published(9),
        telemetry: {},
        since: START,
      };
      return { figures, samples: [sample(START - 5_000, 4)] };
    };
    return { overview: new Overview(["0"], ask), asked: () => asked };
  }

  test("asks once a second, however many look", async () => {
    const { overview, asked } = registry();
    await overview.read(0, START);
    for (let i = 0; i < 20; i++) await overview.read(0, START + i);
    expect(asked()).toBe(1);
    await overview.read(0, START + 1_000);
    expect(asked()).toBe(2);
  });

  test("says why it is not healthy, and shows only what is asked for", async () => {
    const { overview } = registry();
    const all = await overview.read(0, START);
    expect(all).toMatchObject({ status: "unhealthy", now: { connections: 5 } });
    expect(all.message).toContain("12 requests have been open");
    expect(all.samples.published).toEqual([4]);
    const none = await overview.read(START, START + 1);
    expect(none.samples.at).toEqual([]);
  });

  test("does not show what is old when the registry is out of reach", async () => {
    const figures = { ...gauges(1), oldRequests: 0, telemetry: {} };
    const told = { ...figures, counts: published(1), since: START };
    let isDown = false;
    const overview = new Overview(["0"], async () => {
      if (isDown) throw new Error("down");
      return { figures: told, samples: [] };
    });
    await overview.read(0, START);
    isDown = true;
    await expect(overview.read(0, START + 1_000)).rejects.toThrow("down");
    await expect(overview.read(0, START + 1_001)).rejects.toThrow("down");
  });
});
