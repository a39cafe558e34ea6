import { describe, expect, test } from "vitest";

import { MAX_METRICS_CHANNELS, together } from "../../src/registry/readings.ts";
import { Counters, noCounts } from "../../src/telemetry/counters.ts";
import { TestRegistry } from "../support/registry.ts";

/** Names in the order of bytes. */
function names(start: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    return `${start}${String(i).padStart(6, "0")}`;
  });
}

function watched(
  registry: TestRegistry,
  patterns: readonly string[],
  limit = 100,
): { ids: string[]; cutOff: boolean } {
  const { channels, cutOff } = registry.snapshot.watched(
    patterns,
    limit,
    registry.now,
  );
  return { ids: channels.map(({ channelId }) => channelId), cutOff };
}

describe("what is counted besides messages", () => {
  test("adds up, from channels and isolates, and outlives a restart", () => {
    const registry = new TestRegistry();
    const counters = new Counters();
    counters.publishRefused("payload-too-large");
    counters.limited("frames");
    counters.requestEnded("answered", 12);
    counters.evicted();
    registry.hears("a", {}, { counts: counters.take() });
    counters.limited("frames");
    counters.limited("http");
    counters.requestRefused("no-subscribers");
    counters.recovery("gap");
    registry.hearsIsolate("i1", 1, counters.take());
    registry.snapshot.commit();
    registry.restarts();
    expect(registry.figures.counts).toMatchObject({
      unpublished: { "payload-too-large": 1 },
      unasked: { "no-subscribers": 1 },
      limited: { frames: 2, http: 1 },
      recoveries: { gap: 1 },
      evictions: 1,
      latencyMs: 12,
    });
  });

  test("is missing in what an older version tells and has kept", () => {
    const registry = new TestRegistry();
    registry.hears("a");
    const { deployment, now } = registry;
    const isolate = { isolate: "i1", connections: 1, telemetry: {} };
    registry.snapshot.isolate({ ...isolate, deployment }, now);
    registry.snapshot.commit();
    const { published, delivered, rpc } = noCounts();
    const older = { published, delivered, rpc, latency: { 8: 3 } };
    const body = {
      counts: older,
      telemetry: {},
      deployments: [],
      doubtfulFrom: 0,
    };
    registry.sql.exec("UPDATE sums SET body = ?", JSON.stringify(body));
    registry.restarts();
    const wanted = { ...noCounts(), ...older, latencyMs: 12 };
    expect(registry.figures.counts).toEqual(wanted);
  });
});

describe("channels shown one by one", () => {
  test("are those that fit a pattern, each once, in byte order", () => {
    const registry = new TestRegistry();
    const all = ["chat-2", "chat", "a-chat", "chat-1", "news", "é"];
    for (const id of all) registry.hears(id);
    const ids = ["chat", "chat-1", "chat-2"];
    const cutOff = false;
    expect(watched(registry, ["chat*"])).toEqual({ ids, cutOff });
    expect(watched(registry, ["chat-*", "ch*", "chat"])).toEqual({
      ids,
      cutOff,
    });
    expect(watched(registry, ["*chat"])).toEqual({
      ids: ["a-chat", "chat"],
      cutOff,
    });
    expect(watched(registry, ["é", "news", "none"])).toEqual({
      ids: ["news", "é"],
      cutOff,
    });
    expect(watched(registry, [])).toEqual({ ids: [], cutOff });
  });

  test("are those that exist", () => {
    const registry = new TestRegistry();
    registry.hears("a");
    registry.hears("b");
    registry.hearsEndOf("b", 1);
    expect(watched(registry, ["*"]).ids).toEqual(["a"]);
    expect(watched(registry, ["b"]).ids).toEqual([]);
  });

  test("are always the same ones where there are too many", () => {
    const registry = new TestRegistry();
    const ids = names("c", 5);
    for (const id of ids.toReversed()) registry.hears(id);
    const first = ids.slice(0, 3);
    expect(watched(registry, ["c*"], 3)).toEqual({ ids: first, cutOff: true });
    const patterns = ["c*4", "c*3", "c*0", "c*1"];
    expect(watched(registry, patterns, 3)).toEqual({
      ids: [ids[0], ids[1], ids[3]],
      cutOff: true,
    });
    expect(watched(registry, ["c*"], 5)).toEqual({ ids, cutOff: false });
  });

  test("say so when not all were looked through", () => {
    const registry = new TestRegistry();
    for (const id of [...names("c", 10_000), "d-x"]) registry.hears(id);
    expect(watched(registry, ["*-x"])).toEqual({ ids: [], cutOff: true });
    expect(watched(registry, ["d*-x"])).toEqual({
      ids: ["d-x"],
      cutOff: false,
    });
  });

  test("of several registry objects are as many as of one", () => {
    const registry = new TestRegistry();
    const ids = names("c", MAX_METRICS_CHANNELS + 1);
    for (const id of ids) registry.hears(id);
    const part = (of: readonly string[]) =>
      registry.snapshot.watched(of, MAX_METRICS_CHANNELS, registry.now);
    const even = part(["c*0", "c*2", "c*4", "c*6", "c*8"]);
    const odd = part(["c*1", "c*3", "c*5", "c*7", "c*9"]);
    expect(even.cutOff || odd.cutOff).toBe(false);
    const shown = together([odd, even]);
    expect(shown.cutOff).toBe(true);
    expect(shown.channels.map(({ channelId }) => channelId)).toEqual(
      ids.slice(0, MAX_METRICS_CHANNELS),
    );
    expect(together([even]).cutOff).toBe(false);
    expect(together([even, { channels: [], cutOff: true }]).cutOff).toBe(true);
  });
});
