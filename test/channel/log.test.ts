import { describe, expect, test } from "vitest";

import { range, TestLog } from "../support/log.ts";

describe("numbering", () => {
  test("starts at 1 and has no holes", () => {
    const log = new TestLog();
    expect(range(1, 5).map(() => log.append())).toEqual([1, 2, 3, 4, 5]);
  });

  test("goes on after a reload", () => {
    const log = new TestLog();
    log.flush(3);
    log.reload();
    expect(log.append()).toBe(4);
  });

  test("of what was never written is given again", () => {
    const log = new TestLog();
    log.flush(3);
    log.append();
    log.reload();
    expect(log.append()).toBe(4);
  });

  test("goes on after a reload where nothing is kept", () => {
    const log = new TestLog({ "message-retention": 0, "recovery-window": 0 });
    log.trickle(3);
    log.reload();
    expect(log.append()).toBe(4);
  });

  test("goes on when everything has expired and was swept", () => {
    const log = new TestLog({ "message-retention": 0, "recovery-ttl-ms": 100 });
    log.trickle(3);
    log.now += 100;
    log.sweep();
    log.reload();
    expect(log.rows()).toBe(0);
    expect(log.append()).toBe(4);
  });
});

describe("segments", () => {
  test("a burst is one row", () => {
    const log = new TestLog();
    expect(log.sql.rowsWrittenBy(() => log.flush(500))).toBe(1);
  });

  test("a trickle is one row a message, once the window is full too", () => {
    const log = new TestLog({ "recovery-window": 20 });
    log.trickle(50);
    expect(log.sql.rowsWrittenBy(() => log.trickle(50))).toBe(50);
  });

  test("the rows of what was trimmed are written over", () => {
    const log = new TestLog({ "recovery-window": 20 });
    log.trickle(200);
    expect(log.rows()).toBeLessThanOrEqual(21);
  });

  test("a flush of more bytes than a row should hold takes several", () => {
    const log = new TestLog();
    log.flush(10, 100_000);
    expect(log.rows()).toBe(5);
    log.reload();
    expect(log.retained()).toEqual(range(1, 10));
  });

  test("a message longer than a row should be is a row of its own", () => {
    const log = new TestLog();
    log.append(10);
    log.append(300_000);
    log.append(10);
    log.commit();
    expect(log.rows()).toBe(3);
    expect(log.retained()).toEqual([1, 2, 3]);
  });

  test("of one huge flush only what is promised is written", () => {
    const log = new TestLog({
      "recovery-window": 2,
      "message-retention": 1,
    });
    log.flush(10, 200_000);
    expect(log.rows()).toBe(2);
    log.reload();
    expect(log.kept()).toEqual([9, 10]);
  });

  test("a flush of nothing writes nothing", () => {
    const log = new TestLog();
    expect(log.sql.rowsWrittenBy(() => log.commit())).toBe(0);
  });

  test("a channel that keeps nothing has no rows", () => {
    const log = new TestLog({ "message-retention": 0, "recovery-window": 0 });
    log.flush(5);
    expect(log.rows()).toBe(0);
  });
});

describe("a trickle", () => {
  test("stands in few rows, so that few are read on waking", () => {
    const log = new TestLog();
    log.trickle(3_000);
    expect(log.rows()).toBeLessThan(40);
    log.reload();
    expect(log.recovers(2_000)).toEqual(range(2_001, 3_000));
  });

  test("is one row written a message all the same", () => {
    const log = new TestLog();
    expect(log.sql.rowsWrittenBy(() => log.trickle(3_000))).toBe(3_000);
  });

  test("keeps little more than the window", () => {
    const log = new TestLog({ "recovery-window": 640 });
    log.trickle(5_000);
    expect(log.kept().length).toBeLessThan(660);
  });

  test("keeps little more than the bytes", () => {
    const log = new TestLog({ "recovery-window-bytes": 32_000 });
    log.trickle(2_000, 100);
    expect(log.kept().length).toBeLessThanOrEqual(330);
  });

  test("of long messages is a row for each", () => {
    const log = new TestLog();
    log.trickle(10, 9_000);
    expect(log.rows()).toBe(10);
  });

  test("does not keep a message for as long as others come", () => {
    const log = new TestLog({ "recovery-ttl-ms": 32_000 });
    for (let second = 0; second < 200; second++) {
      log.flush();
      log.now += 1_001;
    }
    expect(log.kept().length).toBeLessThan(34);
  });
});

describe("trimming", () => {
  test("keeps the recovery window and no more of a trickle", () => {
    const log = new TestLog({ "recovery-window": 20, "message-retention": 5 });
    log.trickle(100);
    expect(log.kept()).toEqual(range(81, 100));
  });

  test("keeps a segment as long as one of its messages is promised", () => {
    const log = new TestLog({ "recovery-window": 20, "message-retention": 5 });
    log.flush(15);
    log.flush(19);
    expect(log.kept()).toEqual(range(1, 34));
    log.flush(1);
    expect(log.kept()).toEqual(range(16, 35));
  });

  test("keeps at most so many bytes", () => {
    const log = new TestLog({
      "recovery-window-bytes": 1_000,
      "message-retention": 2,
    });
    log.trickle(50, 100);
    expect(log.kept()).toEqual(range(41, 50));
  });

  test("never keeps fewer than the retention, whatever their bytes", () => {
    const log = new TestLog({
      "recovery-window-bytes": 1_000,
      "message-retention": 5,
    });
    log.trickle(50, 900);
    expect(log.kept()).toEqual(range(46, 50));
  });

  test("never keeps fewer than the retention, whatever the window", () => {
    const log = new TestLog({ "recovery-window": 0, "message-retention": 5 });
    log.trickle(50);
    expect(log.kept()).toEqual(range(46, 50));
  });

  test("never keeps fewer than the retention, whatever their age", () => {
    const log = new TestLog({
      "recovery-window": 20,
      "recovery-ttl-ms": 1_000,
      "message-retention": 5,
    });
    log.trickle(50);
    log.now += 1_000_000;
    expect(log.retained()).toEqual(range(46, 50));
    expect(log.kept()).toEqual(range(46, 50));
  });

  test("lets go of messages once they are as old as the ttl", () => {
    const log = new TestLog({
      "recovery-window": 20,
      "recovery-ttl-ms": 1_000,
      "message-retention": 0,
    });
    log.flush(3);
    log.now += 1;
    log.flush(2);
    log.now += 998;
    expect(log.kept()).toEqual(range(1, 5));
    log.now += 1;
    expect(log.kept()).toEqual(range(4, 5));
    log.now += 1;
    expect(log.kept()).toEqual([]);
  });

  test("never lets go of anything for its age when the ttl is 0", () => {
    const log = new TestLog({ "recovery-ttl-ms": 0, "message-retention": 0 });
    log.flush(3);
    log.now += 1e12;
    expect(log.kept()).toEqual([1, 2, 3]);
    expect(log.log.expiresAt).toBeUndefined();
  });
});

describe("sweeping", () => {
  test("is due a ttl after the newest message", () => {
    const log = new TestLog({
      "recovery-window": 20,
      "recovery-ttl-ms": 1_000,
      "message-retention": 2,
    });
    log.flush(1);
    expect(log.log.expiresAt).toBeUndefined();
    log.flush(2);
    expect(log.log.expiresAt).toBe(log.now + 1_000);
  });

  test("deletes what has expired and then is due no more", () => {
    const log = new TestLog({
      "recovery-window": 20,
      "recovery-ttl-ms": 1_000,
      "message-retention": 2,
    });
    log.trickle(10);
    log.now += 1_000;
    log.sweep();
    expect(log.rows()).toBe(2);
    expect(log.log.expiresAt).toBeUndefined();
    log.reload();
    expect(log.kept()).toEqual([9, 10]);
  });

  test("twice does no harm", () => {
    const log = new TestLog({ "recovery-ttl-ms": 1_000 });
    log.trickle(20);
    log.now += 1_000;
    log.sweep();
    expect(log.sql.rowsWrittenBy(() => log.sweep())).toBe(0);
    log.trickle(3);
    expect(log.retained()).toEqual(range(14, 23));
  });
});

describe("a changed configuration", () => {
  test("that keeps less lets go at once, in storage too", () => {
    const log = new TestLog({ "recovery-window": 60 });
    log.trickle(100);
    log.configure({ "recovery-window": 20, "message-retention": 3 });
    expect(log.rows()).toBe(20);
    expect(log.kept()).toEqual(range(81, 100));
    expect(log.retained()).toEqual([98, 99, 100]);
  });

  test("that keeps more keeps what was still there", () => {
    const log = new TestLog({ "recovery-window": 5, "message-retention": 5 });
    log.trickle(10);
    log.configure({ "recovery-window": 100, "message-retention": 100 });
    log.trickle(10);
    expect(log.retained()).toEqual(range(6, 20));
    log.reload();
    expect(log.retained()).toEqual(range(6, 20));
  });

  test("that keeps nothing goes on numbering, and back again", () => {
    const log = new TestLog();
    log.trickle(5);
    log.configure({ "recovery-window": 0, "message-retention": 0 });
    log.trickle(5);
    log.reload();
    log.configure({ "recovery-window": 10, "message-retention": 10 });
    log.trickle(2);
    expect(log.kept()).toEqual([11, 12]);
    log.reload();
    expect(log.retained()).toEqual([11, 12]);
    expect(log.recovers(10)).toEqual([11, 12]);
    expect(log.recovers(9)).toBe(false);
  });

  test("between numbering and writing is the one that counts", () => {
    const log = new TestLog();
    log.append();
    log.configure({ "recovery-window": 0, "message-retention": 0 });
    log.commit();
    log.reload();
    expect(log.append()).toBe(2);
  });
});
