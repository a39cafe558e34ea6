import { describe, expect, test } from "vitest";

import { DAY_MS, UserStore } from "../../src/user/store.ts";
import { TestSql } from "../support/sql.ts";

const NOW = 1_700_000_000_000;

describe("what is kept of a user", () => {
  test("is nothing at first, and looking makes no table", () => {
    const sql = new TestSql();
    const store = new UserStore(sql);
    expect(store.channels()).toEqual([]);
    expect(store.forget(NOW)).toBeUndefined();
    expect(sql.tables()).toEqual([]);
  });

  test("are channels, once each, until sockets there must have ended", () => {
    const sql = new TestSql();
    const store = new UserStore(sql);
    expect(store.note("a", NOW + 600_000)).toBe(true);
    expect(store.note("b", NOW + 900_000)).toBe(true);
    // Not worth a row.
    expect(store.note("a", NOW + 601_000)).toBe(false);
    const awake = new UserStore(sql);
    expect(awake.channels().toSorted()).toEqual(["a", "b"]);
    expect(awake.forget(NOW + 660_000)).toBe(NOW + 960_000);
    expect(awake.channels()).toEqual(["b"]);
    expect(awake.forget(NOW + 960_000)).toBeUndefined();
    expect(new UserStore(sql).channels()).toEqual([]);
  });

  test("does not let go of a channel whose note would have been too near", () => {
    const store = new UserStore(new TestSql());
    store.note("a", NOW);
    store.note("a", NOW + 59_999);
    // A socket may live a minute longer than what stands there.
    expect(store.forget(NOW + 59_999)).toBeDefined();
    expect(store.channels()).toEqual(["a"]);
  });

  test("are channels created, so many within a day", () => {
    const sql = new TestSql();
    const store = new UserStore(sql);
    expect(store.countCreation(2, NOW)).toBe(true);
    expect(store.countCreation(2, NOW + 1)).toBe(true);
    expect(store.countCreation(2, NOW + 2)).toBe(false);
    const awake = new UserStore(sql);
    expect(awake.countCreation(2, NOW + DAY_MS - 1)).toBe(false);
    expect(awake.countCreation(2, NOW + DAY_MS)).toBe(true);
    expect(awake.countCreation(2, NOW + DAY_MS + 1)).toBe(true);
    expect(awake.countCreation(2, NOW + DAY_MS + 2)).toBe(false);
    expect(awake.forget(NOW + DAY_MS + 3)).toBe(NOW + 2 * DAY_MS);
  });

  test("begins anew once all is wiped", () => {
    const sql = new TestSql();
    const store = new UserStore(sql);
    store.note("a", NOW);
    sql.wipe();
    store.wiped();
    expect(store.channels()).toEqual([]);
    expect(store.note("a", NOW)).toBe(true);
    expect(new UserStore(sql).channels()).toEqual(["a"]);
  });
});
