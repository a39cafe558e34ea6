import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Reporter } from "../../src/channel/reporter.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setting() {
  const host = {
    news: true,
    urgent: false,
    sent: 0,
    failures: [] as unknown[],
    /** What the registry answers, or throws. */
    answer: (): number => 2_000,
  };
  const reporter = new Reporter({
    changed: () => host.news,
    urgent: () => host.urgent,
    send: async () => {
      host.sent++;
      host.news = false;
      host.urgent = false;
      return { intervalMs: host.answer() };
    },
    failed: (error) => host.failures.push(error),
    intervalMs: 2_000,
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { host, reporter, pass };
}

describe("a channel", () => {
  test("reports at once after a quiet time", async () => {
    const { host, reporter, pass } = setting();
    reporter.poke();
    await pass(0);
    expect(host.sent).toBe(1);
  });

  test("is not kept in memory by a report that has arrived", async () => {
    const { host, reporter, pass } = setting();
    reporter.poke();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
    await pass(2_000);
    host.news = true;
    reporter.poke();
    await pass(0);
    expect(host.sent).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("reports what must not be lost without waiting", async () => {
    const { host, reporter, pass } = setting();
    reporter.poke();
    await pass(0);
    host.news = true;
    host.urgent = true;
    reporter.poke();
    reporter.poke();
    await pass(0);
    expect(host.sent).toBe(2);
  });

  test("does not report when there is no news", async () => {
    const { host, reporter, pass } = setting();
    host.news = false;
    reporter.poke();
    await pass(10_000);
    expect(host.sent).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("reports once an interval while news come in", async () => {
    const { host, reporter, pass } = setting();
    for (let i = 0; i < 50; i++) {
      host.news = true;
      reporter.poke();
      await pass(100);
    }
    expect(host.sent).toBe(3);
  });

  test("reports the last news before it goes quiet, and then has no timer", async () => {
    const { host, reporter, pass } = setting();
    reporter.poke();
    await pass(100);
    host.news = true;
    reporter.poke();
    expect(host.sent).toBe(1);
    await pass(1_900);
    expect(host.sent).toBe(2);
    await pass(2_000);
    expect(host.sent).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("reports less often when the registry is busy", async () => {
    const { host, reporter, pass } = setting();
    host.answer = () => 7_000;
    reporter.poke();
    await pass(0);
    host.news = true;
    reporter.poke();
    await pass(6_999);
    expect(host.sent).toBe(1);
    await pass(1);
    expect(host.sent).toBe(2);
  });

  test("reports no more often than it was told at first", async () => {
    const { host, reporter, pass } = setting();
    host.answer = () => 5;
    reporter.poke();
    await pass(0);
    host.news = true;
    reporter.poke();
    await pass(1_999);
    expect(host.sent).toBe(1);
  });

  test("tries again ever later while it cannot", async () => {
    const { host, reporter, pass } = setting();
    host.answer = () => {
      host.news = true;
      throw new Error("the registry is down");
    };
    reporter.poke();
    await pass(0);
    const tries: number[] = [];
    for (let ms = 0; ms < 300_000; ms += 1_000) {
      const before = host.sent;
      await pass(1_000);
      if (host.sent > before) tries.push(ms / 1_000 + 1);
    }
    expect(tries).toEqual([4, 12, 28, 60, 120, 180, 240, 300]);
    expect(host.failures).toHaveLength(9);
  });

  test("reports as often as before once it could", async () => {
    const { host, reporter, pass } = setting();
    host.answer = () => {
      host.news = true;
      throw new Error("the registry is down");
    };
    reporter.poke();
    await pass(0);
    host.answer = () => 2_000;
    await pass(4_000);
    expect(host.sent).toBe(2);
    host.news = true;
    reporter.poke();
    await pass(2_000);
    expect(host.sent).toBe(3);
  });

  test("can report without waiting for its turn", async () => {
    const { host, reporter, pass } = setting();
    reporter.poke();
    await pass(0);
    host.news = true;
    await reporter.now();
    expect(host.sent).toBe(2);
    await reporter.now();
    expect(host.sent).toBe(2);
  });
});
