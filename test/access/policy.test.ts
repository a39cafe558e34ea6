import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

import { commonStart, Policy, PolicySchema } from "../../src/access/policy.ts";

describe("a policy", () => {
  test.each([
    ["chat", "chat", true],
    ["chat", "chat-1", false],
    ["chat-*", "chat-", true],
    ["chat-*", "chat-1", true],
    ["chat-*", "chat", false],
    ["*-log", "build-log", true],
    ["*-log", "-log", true],
    ["*-log", "log", false],
    ["a*b*c", "abc", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*", "", true],
    ["*", "anything/at all", true],
    ["**", "x", true],
    ["a.c", "abc", false],
    ["a?c", "abc", false],
    ["[ab]", "a", false],
    ["", "a", false],
    ["日本*", "日本語", true],
  ])("%j fits %j: %s", (pattern, id, fits) => {
    const grants = Policy.of({ [pattern]: ["publish"] as const }).on(id);
    expect(grants).toEqual(fits ? ["publish"] : []);
  });

  test("grants the union of all patterns that fit", () => {
    const policy = Policy.of({
      "chat-*": ["subscribe", "publish"],
      "chat-staff": ["publish", "delete"],
      other: ["admin"],
    });
    expect(policy.on("chat-staff").toSorted()).toEqual([
      "delete",
      "publish",
      "subscribe",
    ]);
    expect(policy.on("chat-1").toSorted()).toEqual(["publish", "subscribe"]);
    expect(policy.on("else")).toEqual([]);
  });

  test("is for the whole service only with admin on every channel", () => {
    expect(Policy.of({ "*": ["admin"] }).isAdmin).toBe(true);
    expect(Policy.of({ "a*": ["admin"] }).isAdmin).toBe(false);
    expect(Policy.of({ "*": ["publish"] }).isAdmin).toBe(false);
    expect(Policy.of({}).isAdmin).toBe(false);
  });

  test("knows the patterns of an operation, and what they begin with", () => {
    const policy = Policy.of({
      "chat-a*": ["info"],
      "chat-b": ["admin"],
      other: ["publish"],
    });
    expect(policy.patternsFor("info")).toEqual(["chat-a*", "chat-b"]);
    expect(commonStart(policy.patternsFor("info"))).toBe("chat-");
    expect(commonStart(["chat", "*"])).toBe("");
    expect(commonStart([])).toBe("");
  });

  test("fits what a regular expression of the same meaning does", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*") });
    const ids = fc.string({ unit: fc.constantFrom("a", "b") });
    fc.assert(
      fc.property(letters, ids, (pattern, id) => {
        const same = new RegExp(`^${pattern.replaceAll(/\*+/g, ".*")}$`);
        const grants = Policy.of({ [pattern]: ["info"] }).on(id);
        expect(grants.length > 0).toBe(same.test(id));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is not slow for a pattern that is made to be", () => {
    const pattern = `${"*a".repeat(2_000)}b`;
    const begin = performance.now();
    Policy.of({ [pattern]: ["info"] }).on("a".repeat(200));
    expect(performance.now() - begin).toBeLessThan(100);
  });

  test("of a token knows channels with any name, and nothing but objects", () => {
    const read = (text: string) => v.safeParse(PolicySchema, JSON.parse(text));
    const odd = read('{"__proto__":["info"],"constructor":["publish"]}');
    if (!odd.success) throw new Error("refused");
    const policy = new Policy(odd.output);
    expect(policy.on("__proto__")).toEqual(["info"]);
    expect(policy.on("constructor")).toEqual(["publish"]);
    expect(policy.on("toString")).toEqual([]);
    for (const text of ['[["admin"]]', '"*"', "null", '{"*":"admin"}']) {
      expect(read(text).success).toBe(false);
    }
  });
});
