import { describe, expect, test } from "vitest";

import { EPOCH, range, TestLog } from "../support/log.ts";

describe("without a position", () => {
  test("an empty channel hands over nothing", () => {
    const { messages, recovered } = new TestLog().log.replay(
      undefined,
      undefined,
      0,
    );
    expect(messages).toEqual([]);
    expect(recovered).toBeUndefined();
  });

  test("the newest are handed over, oldest first", () => {
    const log = new TestLog({ "message-retention": 3 });
    log.trickle(10);
    expect(log.retained()).toEqual([8, 9, 10]);
  });

  test("what is not yet written is handed over too", () => {
    const log = new TestLog({ "message-retention": 3 });
    log.trickle(2);
    log.append();
    log.append();
    expect(log.retained()).toEqual([2, 3, 4]);
  });

  test.each([
    [0, []],
    [1, [10]],
    [3, [8, 9, 10]],
    [4, [8, 9, 10]],
  ])(
    "a retained-limit of %i is obeyed below the retention",
    (limit, wanted) => {
      const log = new TestLog({ "message-retention": 3 });
      log.flush(10);
      expect(log.retained(limit)).toEqual(wanted);
    },
  );

  test("part of a segment is handed over", () => {
    const log = new TestLog({ "message-retention": 4 });
    log.flush(3);
    log.flush(3);
    expect(log.retained()).toEqual([3, 4, 5, 6]);
  });
});

describe("recovery", () => {
  function kept(first: number, last: number): TestLog {
    const window = last - first + 1;
    const log = new TestLog({
      "recovery-window": window,
      "message-retention": 2,
    });
    log.trickle(last);
    expect(log.kept()).toEqual(range(first, last));
    return log;
  }

  test("from the oldest kept", () => {
    expect(kept(11, 20).recovers(11)).toEqual(range(12, 20));
  });

  test("from just before the oldest kept: exactly what is kept", () => {
    expect(kept(11, 20).recovers(10)).toEqual(range(11, 20));
  });

  test("from one before that fails", () => {
    expect(kept(11, 20).recovers(9)).toBe(false);
  });

  test("from the newest recovers, and there is nothing to hand over", () => {
    expect(kept(11, 20).recovers(20)).toEqual([]);
  });

  test("from a number that was never given fails", () => {
    expect(kept(11, 20).recovers(21)).toBe(false);
  });

  test("of another epoch fails", () => {
    expect(kept(11, 20).recovers(15, "epoch-0")).toBe(false);
  });

  test("that fails hands over the newest retained ones", () => {
    const log = kept(11, 20);
    const since = { epoch: EPOCH, seq: 3 };
    expect(log.log.replay(since, undefined, log.now)).toEqual({
      recovered: false,
      messages: ["19", "20"],
    });
    expect(log.log.replay(since, 1, log.now).messages).toEqual(["20"]);
  });

  test("that succeeds is not bounded by the retained-limit", () => {
    const log = kept(11, 20);
    const since = { epoch: EPOCH, seq: 15 };
    expect(log.log.replay(since, 1, log.now).messages).toHaveLength(5);
  });

  test("from 0 of a channel without messages", () => {
    expect(new TestLog().recovers(0)).toEqual([]);
    expect(new TestLog().recovers(1)).toBe(false);
  });

  test("from 0 of a channel that still keeps all", () => {
    const log = new TestLog();
    log.flush(7);
    expect(log.recovers(0)).toEqual(range(1, 7));
  });

  test("includes what is not yet written", () => {
    const log = new TestLog();
    log.flush(3);
    log.append();
    log.append();
    expect(log.recovers(1)).toEqual([2, 3, 4, 5]);
    expect(log.recovers(4)).toEqual([5]);
    expect(log.recovers(5)).toEqual([]);
    expect(log.recovers(6)).toBe(false);
  });

  test("says the same before and after the flush", () => {
    const log = new TestLog();
    log.flush(3);
    log.append();
    log.append();
    const before = range(0, 6).map((seq) => log.recovers(seq));
    log.commit();
    expect(range(0, 6).map((seq) => log.recovers(seq))).toEqual(before);
  });

  test("from the middle of a segment", () => {
    const log = new TestLog();
    log.flush(5);
    log.flush(5);
    expect(log.recovers(3)).toEqual(range(4, 10));
    expect(log.recovers(7)).toEqual(range(8, 10));
  });

  test("where nothing is kept succeeds from the newest alone", () => {
    const log = new TestLog({ "message-retention": 0, "recovery-window": 0 });
    log.trickle(5);
    expect(log.recovers(5)).toEqual([]);
    expect(log.recovers(4)).toBe(false);
    log.reload();
    expect(log.recovers(5)).toEqual([]);
    expect(log.recovers(4)).toBe(false);
  });

  test("fails once the message is as old as the ttl", () => {
    const log = new TestLog({
      "recovery-ttl-ms": 1_000,
      "message-retention": 0,
    });
    log.flush(2);
    log.now += 999;
    expect(log.recovers(1)).toEqual([2]);
    log.now += 1;
    expect(log.recovers(1)).toBe(false);
    expect(log.recovers(2)).toEqual([]);
  });
});

describe("a page of history", () => {
  function page(log: TestLog, after: number, limit: number, bytes = 1e6) {
    return log.log.page(after, limit, bytes, log.now);
  }

  test("holds what comes after a number", () => {
    const log = new TestLog();
    log.flush(5);
    expect(page(log, 3, 100)).toEqual({
      messages: ["4", "5"],
      complete: true,
      more: false,
    });
  });

  test("says that there is more when the limit cut it", () => {
    const log = new TestLog();
    log.flush(5);
    expect(page(log, 1, 3)).toMatchObject({
      messages: ["2", "3", "4"],
      more: true,
    });
    expect(page(log, 2, 3).more).toBe(false);
  });

  test("says that there is more when the bytes cut it", () => {
    const log = new TestLog();
    log.flush(5, 10);
    expect(page(log, 0, 100, 30).messages).toHaveLength(3);
    expect(page(log, 0, 100, 29).messages).toHaveLength(2);
    expect(page(log, 0, 100, 29).more).toBe(true);
  });

  test("is incomplete when some in between are gone", () => {
    const log = new TestLog({ "recovery-window": 3, "message-retention": 1 });
    log.trickle(10);
    expect(page(log, 6, 100)).toMatchObject({
      messages: ["8", "9", "10"],
      complete: false,
    });
    expect(page(log, 7, 100)).toMatchObject({
      messages: ["8", "9", "10"],
      complete: true,
    });
  });

  test("after a number that was never given is incomplete", () => {
    const log = new TestLog();
    log.flush(3);
    expect(page(log, 3, 100)).toMatchObject({ messages: [], complete: true });
    expect(page(log, 4, 100)).toMatchObject({ messages: [], complete: false });
  });
});
