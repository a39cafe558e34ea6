import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Glance } from "../../src/http/glance.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A question that is answered with its number, after some ms. */
function question(takesMs = 0) {
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    ask: async () => {
      asked++;
      const number = asked;
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      return number;
    },
  };
}

test("a question is asked once a second, however many want to know", async () => {
  const glance = new Glance<number>(1_000);
  const it = question(5);
  const answers: Promise<number>[] = [];
  for (let ms = 0; ms < 10_000; ms += 10) {
    for (let i = 0; i < 5; i++) answers.push(glance.read(it.ask));
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all(answers)).toHaveLength(5_000);
  expect(it.asked).toBe(10);
});

test("who comes before the first answer waits for it", async () => {
  const glance = new Glance<number>(1_000);
  const it = question(500);
  const answers = [glance.read(it.ask), glance.read(it.ask)];
  await vi.advanceTimersByTimeAsync(600);
  expect(await Promise.all(answers)).toEqual([1, 1]);
});

test("who comes while it is asked again is told what was known", async () => {
  const glance = new Glance<number>(1_000);
  const it = question(500);
  void glance.read(it.ask);
  await vi.advanceTimersByTimeAsync(1_000);
  const second = glance.read(it.ask);
  expect(await glance.read(it.ask)).toBe(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(await second).toBe(2);
  expect(await glance.read(it.ask)).toBe(2);
});

test("a question whose answer never comes is asked again", async () => {
  const glance = new Glance<number>(1_000);
  const it = question();
  void glance.read(() => new Promise<number>(() => {}));
  const next = glance.read(it.ask);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(await next).toBe(1);
});

test("a clock that is set back does not keep an answer for ever", async () => {
  let now = 1_000_000;
  const glance = new Glance<number>(1_000, () => now);
  const it = question();
  const first = glance.read(it.ask);
  await vi.advanceTimersByTimeAsync(1);
  expect(await first).toBe(1);
  now = 0;
  const second = glance.read(it.ask);
  await vi.advanceTimersByTimeAsync(1);
  expect(await second).toBe(2);
});
