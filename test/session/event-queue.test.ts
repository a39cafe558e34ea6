import { describe, expect, test } from "vitest";

import { EventQueue } from "../../src/session/event-queue.ts";

const LIMITS = {
  MAX_OUTSTANDING: 10_000,
  MAX_OUTSTANDING_BYTES: 8_388_608,
  MAX_SILENT_BYTES: 33_554_432,
};

function queue(limits: Partial<typeof LIMITS> = {}) {
  const acks: number[] = [];
  const it = new EventQueue({ ...LIMITS, ...limits }, (seq) => acks.push(seq));
  return { queue: it, acks };
}

/** The next of it as text; undefined at the end. */
async function next(it: EventQueue): Promise<string | undefined> {
  const chunk = await it.next();
  return chunk === undefined ? undefined : new TextDecoder().decode(chunk);
}

describe("a reader", () => {
  test("takes what is there at once, and waits for what is not", async () => {
    const { queue: it } = queue();
    it.add({ text: "a" }, { text: "é", seq: 1 });
    expect(await next(it)).toBe("aé");
    const waiting = next(it);
    it.add({ text: "b", seq: 2 });
    it.add({ text: "c", seq: 3 });
    // What came before the reader got to it comes along.
    expect(await waiting).toBe("bc");
  });

  test("is handed so much at once, and never half an event", async () => {
    const { queue: it } = queue();
    const long = "x".repeat(40_000);
    const longer = "y".repeat(200_000);
    it.add({ text: long }, { text: long }, { text: longer }, { text: "z" });
    expect(await next(it)).toBe(long);
    expect(await next(it)).toBe(long);
    expect(await next(it)).toBe(longer);
    expect(await next(it)).toBe("z");
  });

  test("reads what is waiting at the end, and nothing after it", async () => {
    const { queue: it } = queue();
    it.add({ text: "a" });
    it.ends();
    it.add({ text: "b" });
    expect(await next(it)).toBe("a");
    expect(await next(it)).toBeUndefined();
  });

  test("who waits is told of the end", async () => {
    const { queue: it } = queue();
    const waiting = next(it);
    it.ends();
    expect(await waiting).toBeUndefined();
  });

  test("reads nothing of what was given up", async () => {
    const { queue: it } = queue();
    it.add({ text: "a" });
    it.clears();
    expect(it.isEmpty).toBe(true);
    expect(await next(it)).toBeUndefined();
  });
});

describe("what was taken is acknowledged", () => {
  test("at once the first time, since bounds begin with that", async () => {
    const { queue: it, acks } = queue();
    it.add({ text: "a", seq: 7 });
    await next(it);
    // It was handed over, which does not say that it was read.
    expect(acks).toEqual([]);
    void next(it);
    expect(acks).toEqual([7]);
  });

  test("then every 256 events", async () => {
    const { queue: it, acks } = queue();
    for (let seq = 1; seq <= 600; seq++) {
      it.add({ text: "a", seq });
      await next(it);
    }
    expect(acks).toEqual([1, 257, 513]);
  });

  test("then every MiB", async () => {
    const { queue: it, acks } = queue();
    const text = "é".repeat(30_000);
    for (let seq = 1; seq <= 40; seq++) {
      it.add({ text, seq });
      await next(it);
    }
    expect(acks).toEqual([1, 19, 37]);
  });

  test.each([
    { MAX_OUTSTANDING: 10 },
    { MAX_OUTSTANDING_BYTES: 10 },
    { MAX_SILENT_BYTES: 10 },
  ])("earlier where less may be outstanding: %o", async (limits) => {
    const { queue: it, acks } = queue(limits);
    for (let seq = 1; seq <= 12; seq++) {
      it.add({ text: "a", seq });
      await next(it);
    }
    expect(acks).toEqual([1, 6, 11]);
  });

  test("also for what has no number, which takes as much room", async () => {
    const { queue: it, acks } = queue();
    it.add({ text: "a", seq: 7 });
    for (let n = 0; n < 258; n++) {
      await next(it);
      it.add({ text: "ephemeral" });
    }
    expect(acks).toEqual([7, 7]);
  });

  test("not once it is over", async () => {
    const { queue: it, acks } = queue();
    it.add({ text: "a", seq: 7 });
    await next(it);
    it.ends();
    await next(it);
    expect(acks).toEqual([]);
  });
});
