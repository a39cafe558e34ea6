import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isChannelId } from "../../src/protocol/names.ts";
import { allShards, shardOf } from "../../src/registry/report.ts";
import { TestRegistry } from "../support/registry.ts";

function registryOf(...ids: string[]): TestRegistry {
  const registry = new TestRegistry();
  for (const id of ids) registry.hears(id);
  return registry;
}

/** As bytes are compared. */
function inByteOrder(ids: readonly string[]): string[] {
  return [...ids].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
}

describe("a listing", () => {
  test("is in byte order, which is not that of characters", () => {
    // As UTF-16 the emoji comes before the last of these.
    const ids = ["a", "B", "é", "\uffee", "👍", "Z", "aa"];
    expect(registryOf(...ids).list()).toEqual(inByteOrder(ids));
  });

  test("holds what starts with the prefix", () => {
    const registry = registryOf("a", "b", "b%", "b_", "ba", "bb", "c");
    expect(registry.list("b")).toEqual(["b", "b%", "b_", "ba", "bb"]);
    expect(registry.list("b%")).toEqual(["b%"]);
    expect(registry.list("x")).toEqual([]);
  });

  test("holds the highest of all names", () => {
    const highest = "\u{10ffff}".repeat(50);
    const registry = registryOf("a", highest);
    expect(registry.list()).toEqual(["a", highest]);
    expect(registry.list("\u{10ffff}")).toEqual([highest]);
  });

  test("goes on after the cursor", () => {
    const registry = registryOf("a", "b", "c", "d");
    expect(registry.list("", undefined, 2)).toEqual(["a", "b"]);
    expect(registry.list("", "b", 2)).toEqual(["c", "d"]);
    expect(registry.list("", "d", 2)).toEqual([]);
    expect(registry.list("", "bb", 1)).toEqual(["c"]);
  });

  test("by pages is the whole listing", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 });
    const names = fc.uniqueArray(name.filter(isChannelId), { maxLength: 20 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (ids, limit) => {
        const registry = registryOf(...ids);
        const listed: string[] = [];
        for (;;) {
          const page = registry.list("", listed.at(-1), limit);
          listed.push(...page);
          if (page.length < limit) break;
        }
        expect(listed).toEqual(inByteOrder(ids));
      }),
      { numRuns: 30 },
    );
  });

  test("tells of each channel what it reported", () => {
    const registry = new TestRegistry();
    registry.hears("a", {
      createdAt: 5,
      messageCount: 10,
      subscriberCount: 2,
      retentionCount: 3,
    });
    const [known] = registry.snapshot.list("", undefined, 10, registry.now);
    expect(known).toMatchObject({
      channelId: "a",
      createdAt: 5,
      messageCount: 10,
      subscriberCount: 2,
      retentionCount: 3,
      messagesPerSecond: 0,
    });
  });

  test("is right after a restart", () => {
    const registry = registryOf("a", "b");
    registry.hearsEndOf("a");
    registry.restarts();
    expect(registry.list()).toEqual(["b"]);
  });
});

describe("the busiest channels", () => {
  test("are those with the most messages", () => {
    const registry = new TestRegistry();
    registry.hears("a", { messageCount: 5 });
    registry.hears("b", { messageCount: 50 });
    registry.hears("c", { messageCount: 5 });
    registry.hears("d", { messageCount: 7 });
    registry.hearsEndOf("gone", 1);
    const busiest = (limit: number) =>
      registry.snapshot.busiest(limit, registry.now).map((c) => c.channelId);
    expect(busiest(10)).toEqual(["b", "d", "a", "c"]);
    expect(busiest(2)).toEqual(["b", "d"]);
  });
});

describe("shards", () => {
  test("are one by default", () => {
    expect(shardOf("anything", 1)).toBe("0");
    expect(allShards(1)).toEqual(["0"]);
  });

  test("share the channels evenly", () => {
    const counts = new Map(allShards(8).map((shard) => [shard, 0]));
    for (let i = 0; i < 8_000; i++) {
      const shard = shardOf(`room-${i}`, 8);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(800);
      expect(count).toBeLessThan(1_200);
    }
  });

  test("know a channel always by the same name", () => {
    expect(shardOf("日本", 64)).toBe(shardOf("日本", 64));
  });
});

describe("a listing for somebody", () => {
  const ids = ["a-1", "a-2", "b-1", "c", "room-x-alice", "room-y-bob"];

  test("holds what fits a pattern, and nothing else", () => {
    const registry = registryOf(...ids);
    expect(registry.listMatching(["a-*", "c"])).toEqual(["a-1", "a-2", "c"]);
    expect(registry.listMatching(["*-alice"])).toEqual(["room-x-alice"]);
    expect(registry.listMatching(["*"])).toEqual(ids);
    expect(registry.listMatching([])).toEqual([]);
    expect(registry.listMatching(["a", "b"])).toEqual([]);
  });

  test("keeps to the prefix that was asked for", () => {
    const registry = registryOf(...ids);
    const list = (patterns: string[], prefix: string) =>
      registry.listMatching(patterns, { prefix });
    expect(list(["a-*", "c"], "a")).toEqual(["a-1", "a-2"]);
    expect(list(["a-*"], "a-2")).toEqual(["a-2"]);
    expect(list(["a-*"], "b")).toEqual([]);
    expect(list(["a-*", "b-*"], "b-")).toEqual(["b-1"]);
  });

  test("goes on after the cursor, through thousands of others", () => {
    const registry = registryOf("mine-1", "mine-2", "zzz-mine");
    for (let n = 0; n < 2_500; n++) registry.hears(`other-${n}`);
    const page = { limit: 2 };
    expect(registry.listMatching(["*mine*"], page)).toEqual([
      "mine-1",
      "mine-2",
    ]);
    const next = { ...page, cursor: "mine-2" };
    expect(registry.listMatching(["*mine*"], next)).toEqual(["zzz-mine"]);
  });
});
