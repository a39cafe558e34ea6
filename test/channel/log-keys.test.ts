import { describe, expect, test } from "vitest";

import { TestLog } from "../support/log.ts";

describe("a publisher's own message-id", () => {
  test("is found while it waits to be written", () => {
    const log = new TestLog();
    log.flush(2);
    log.append(0, "a");
    expect(log.log.find("a")).toBe(3);
  });

  test("is found once it is written", () => {
    const log = new TestLog();
    log.append(0, "a");
    log.append(0, "b");
    log.commit();
    expect(log.log.find("a")).toBe(1);
    expect(log.log.find("b")).toBe(2);
  });

  test("is found after a reload", () => {
    const log = new TestLog();
    log.flush(3);
    log.append(0, "a");
    log.flush(3);
    log.reload();
    expect(log.log.find("a")).toBe(4);
    expect(log.log.find("b")).toBeUndefined();
  });

  test("is found after a reload that comes before the next is published", () => {
    const log = new TestLog();
    log.append(0, "a");
    log.commit();
    log.reload();
    log.append(0, "b");
    expect(log.log.find("a")).toBe(1);
    log.commit();
    log.reload();
    expect(log.log.find("a")).toBe(1);
    expect(log.log.find("b")).toBe(2);
  });

  test("is forgotten with its message", () => {
    const log = new TestLog({ "recovery-window": 3, "message-retention": 1 });
    log.append(0, "a");
    log.commit();
    log.trickle(2);
    expect(log.log.find("a")).toBe(1);
    log.trickle(1);
    expect(log.log.find("a")).toBeUndefined();
    log.reload();
    expect(log.log.find("a")).toBeUndefined();
  });

  test("may be used again after that", () => {
    const log = new TestLog({ "recovery-window": 3, "message-retention": 1 });
    log.append(0, "a");
    log.append(0, "b");
    log.commit();
    log.trickle(5);
    log.append(0, "b");
    log.append(0, "a");
    log.commit();
    expect(log.log.find("a")).toBe(9);
    log.reload();
    expect(log.log.find("a")).toBe(9);
    expect(log.log.find("b")).toBe(8);
  });

  test("is forgotten when the configuration keeps nothing any more", () => {
    const log = new TestLog();
    log.append(0, "a");
    log.commit();
    log.configure({ "recovery-window": 0, "message-retention": 0 });
    expect(log.log.find("a")).toBeUndefined();
  });

  test("is not noticed where nothing is kept", () => {
    const log = new TestLog({ "recovery-window": 0, "message-retention": 0 });
    log.append(0, "a");
    log.commit();
    expect(log.log.find("a")).toBeUndefined();
  });

  test("is found in a row that others were added to", () => {
    const log = new TestLog();
    for (const key of ["a", undefined, "b", "c", undefined]) {
      log.append(0, key);
      log.commit();
      log.reload();
    }
    expect(log.rows()).toBe(1);
    const found = ["a", "b", "c", "d"].map((key) => log.log.find(key));
    expect(found).toEqual([1, 3, 4, undefined]);
  });

  test("costs no row of its own", () => {
    const log = new TestLog();
    const rows = log.sql.rowsWrittenBy(() => {
      log.append(0, "a");
      log.append(0, "b");
      log.commit();
    });
    expect(rows).toBe(1);
  });
});
