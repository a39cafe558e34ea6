import { describe, expect, test, vi } from "vitest";

import { noCounts } from "../../src/telemetry/counters.ts";
import { TestRegistry } from "../support/registry.ts";

describe("totals", () => {
  test("add up what channels last reported", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 3 });
    registry.hears("b", { subscriberCount: 4 }, { directConnections: 2 });
    registry.hears("a", { subscriberCount: 1 });
    expect(registry.figures).toMatchObject({
      channels: 2,
      subscriptions: 5,
      connections: 2,
    });
  });

  test("are the same after a restart", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 3, openRequests: { "17": 2 } });
    registry.hears("b", {}, { directConnections: 2 });
    registry.hearsIsolate("i1", 7);
    registry.snapshot.commit();
    const before = registry.figures;
    registry.restarts();
    expect(registry.figures).toEqual(before);
    expect(before).toMatchObject({
      channels: 2,
      subscriptions: 3,
      openRequests: 2,
      connections: 9,
    });
  });

  test("lose a channel that was deleted", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 3, openRequests: { "17": 2 } });
    registry.hearsEndOf("a");
    expect(registry.figures).toMatchObject({
      channels: 0,
      subscriptions: 0,
      openRequests: 0,
    });
    expect(registry.list()).toEqual([]);
    expect(registry.sql.count("channels")).toBe(0);
  });

  test("keep the connections of a channel that was deleted", () => {
    const registry = new TestRegistry();
    registry.hears("a", {}, { directConnections: 3 });
    registry.hearsEndOf("a", 3);
    expect(registry.figures).toMatchObject({ channels: 0, connections: 3 });
    expect(registry.list()).toEqual([]);
    registry.hearsEndOf("a");
    expect(registry.figures.connections).toBe(0);
  });

  test("do not mind the end of what was never heard of", () => {
    const registry = new TestRegistry();
    registry.hearsEndOf("a");
    expect(registry.figures.channels).toBe(0);
    expect(registry.sql.count("channels")).toBe(0);
  });
});

describe("a report that comes late", () => {
  test("does not undo a newer one", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 2 }, { order: 20 });
    registry.hears("a", { subscriberCount: 1 }, { order: 10 });
    expect(registry.figures.subscriptions).toBe(2);
  });

  test("does not bring a deleted channel back", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 2 }, { order: 20 });
    registry.hears("a", {}, { channel: null, order: 30 });
    registry.hears("a", { subscriberCount: 2 }, { order: 25 });
    expect(registry.list()).toEqual([]);
    registry.hears("a", {}, { order: 31 });
    expect(registry.list()).toEqual(["a"]);
  });

  test("is counted all the same", () => {
    const registry = new TestRegistry();
    const counts = { ...noCounts(), published: 5 };
    registry.hears("a", {}, { counts, order: 20 });
    registry.hears("a", {}, { counts, order: 10 });
    expect(registry.figures.counts.published).toBe(10);
  });
});

describe("counts", () => {
  test("add up over all reports", () => {
    const registry = new TestRegistry();
    const counts = { ...noCounts(), published: 5, delivered: 20 };
    registry.hears("a", {}, { counts });
    registry.hears("b", {}, { counts });
    expect(registry.figures.counts).toMatchObject({
      published: 10,
      delivered: 40,
    });
  });

  test("stay when their channel is deleted, and after a restart", () => {
    const registry = new TestRegistry();
    const rpc = { answered: 1, failed: 2, "timed-out": 3, cancelled: 4 };
    const counts = { published: 5, delivered: 20, rpc, latency: { 8: 3 } };
    const name = "sente-lite.channels/message-published";
    const telemetry = { [name]: { processed: 5, dropped: 1 } };
    registry.hears("a", {}, { counts, telemetry });
    registry.hearsEndOf("a");
    registry.snapshot.commit();
    registry.restarts();
    expect(registry.figures).toMatchObject({ counts, telemetry });
  });

  test("are written only when there is something to write", () => {
    const registry = new TestRegistry();
    registry.hears("a");
    expect(registry.snapshot.changed).toBe(true);
    registry.snapshot.commit();
    expect(registry.snapshot.changed).toBe(false);
    const rows = registry.sql.rowsWrittenBy(() => registry.snapshot.commit());
    expect(rows).toBe(0);
  });
});

describe("requests", () => {
  test("are old when they are open for over 60 seconds", () => {
    const registry = new TestRegistry();
    registry.now = 1_000_000;
    registry.hears("a", { openRequests: { "1000": 2, "990": 3 } });
    expect(registry.figures).toMatchObject({ openRequests: 5, oldRequests: 0 });
    registry.now = 1_051_000;
    expect(registry.figures.oldRequests).toBe(3);
    registry.now = 1_061_000;
    expect(registry.figures.oldRequests).toBe(5);
  });

  test("are not counted once their channel reports without them", () => {
    const registry = new TestRegistry();
    registry.hears("a", { openRequests: { "1000": 2 } });
    registry.hears("a");
    expect(registry.figures).toMatchObject({ openRequests: 0, oldRequests: 0 });
  });
});

describe("isolates", () => {
  test("are counted with the sessions they last reported", () => {
    const registry = new TestRegistry();
    registry.hearsIsolate("i1", 5);
    registry.hearsIsolate("i2", 7);
    registry.hearsIsolate("i1", 6);
    expect(registry.figures.connections).toBe(13);
  });

  test("without sessions are forgotten", () => {
    const registry = new TestRegistry();
    registry.hearsIsolate("i1", 5);
    registry.hearsIsolate("i1", 0);
    expect(registry.figures.connections).toBe(0);
    expect(registry.sql.count("isolates")).toBe(0);
  });

  test("that are silent for three heartbeats are forgotten", () => {
    const registry = new TestRegistry();
    registry.hearsIsolate("i1", 5);
    registry.now += 50_000;
    registry.hearsIsolate("i2", 1);
    registry.now += 40_000;
    expect(registry.figures.connections).toBe(6);
    registry.now += 1;
    expect(registry.figures.connections).toBe(1);
    registry.restarts();
    expect(registry.figures.connections).toBe(1);
  });
});

describe("a new deployment", () => {
  test("is heard of once", () => {
    const registry = new TestRegistry();
    const { snapshot } = registry;
    expect(snapshot.hear("d1", 5)).toBe(true);
    expect(snapshot.hear("d1", 6)).toBe(false);
  });

  test("is what the figures are since", () => {
    const registry = new TestRegistry();
    registry.hears("a");
    const first = registry.now;
    registry.now += 1_000;
    registry.hears("a");
    expect(registry.figures.since).toBe(first);
    registry.deployment = "d2";
    registry.hears("a");
    expect(registry.figures.since).toBe(first + 1_000);
  });

  test("forgets the isolates of the last", () => {
    const registry = new TestRegistry();
    registry.hearsIsolate("i1", 5);
    registry.deployment = "d2";
    registry.hearsIsolate("i2", 2);
    expect(registry.figures.connections).toBe(2);
  });

  test("has channels asked that claim to be in use", () => {
    const registry = new TestRegistry();
    registry.hears("subscribed", { subscriberCount: 1 });
    registry.hears("direct", {}, { directConnections: 1 });
    registry.hears("requests", { openRequests: { "1": 1 } });
    registry.hears("idle");
    expect(registry.toAsk()).toEqual([]);
    registry.now += 60_000;
    registry.hears("later");
    registry.now += 10_000;
    registry.hears("latest");
    registry.now += 1;
    registry.deployment = "d2";
    registry.hears("other", { subscriberCount: 1 });
    // And whose last report may have been lost with the deployment before.
    expect(registry.toAsk().sort()).toEqual([
      "direct",
      "later",
      "latest",
      "requests",
      "subscribed",
    ]);
  });
});

describe("a channel that claims to be in use", () => {
  test("is asked after ten minutes of silence", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 1 });
    registry.hears("idle");
    registry.now += 600_000;
    expect(registry.toAsk()).toEqual([]);
    registry.now += 1;
    expect(registry.toAsk()).toEqual(["a"]);
  });

  test("is asked when it is due", () => {
    const registry = new TestRegistry();
    expect(registry.snapshot.nextAskAt()).toBeUndefined();
    registry.hears("a", { subscriberCount: 1 });
    const first = registry.now;
    registry.now += 5;
    registry.hears("b", { subscriberCount: 1 });
    expect(registry.snapshot.nextAskAt()).toBe(first + 600_000);
  });

  test("is asked before those heard of later, as many as asked for", () => {
    const registry = new TestRegistry();
    for (const id of ["c", "a", "b"]) {
      registry.hears(id, { subscriberCount: 1 });
      registry.now += 1;
    }
    registry.now += 700_000;
    expect(registry.toAsk(2)).toEqual(["c", "a"]);
  });

  test("is asked when the registry started over meanwhile", () => {
    const registry = new TestRegistry();
    for (const id of ["c", "a", "b"]) {
      registry.hears(id, { subscriberCount: 1 });
      registry.now += 1;
    }
    registry.hears("c", { subscriberCount: 1 });
    registry.now += 700_000;
    registry.restarts();
    expect(registry.toAsk()).toEqual(["a", "b", "c"]);
  });

  test("is found without looking through all channels", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 1 });
    registry.now += 700_000;
    const exec = vi.spyOn(registry.sql, "exec");
    expect(registry.toAsk()).toEqual(["a"]);
    expect(registry.snapshot.nextAskAt()).toBeLessThan(registry.now);
    expect(exec).not.toHaveBeenCalled();
  });

  test("is asked no more once it has answered", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 1 });
    registry.now += 700_000;
    registry.hears("a");
    expect(registry.toAsk()).toEqual([]);
    expect(registry.snapshot.nextAskAt()).toBeUndefined();
  });

  test("is asked again later when it did not answer", () => {
    const registry = new TestRegistry();
    registry.hears("a", { subscriberCount: 1 });
    registry.now += 700_000;
    registry.snapshot.askedInVain("a", registry.now);
    expect(registry.toAsk()).toEqual([]);
    registry.now += 600_001;
    expect(registry.toAsk()).toEqual(["a"]);
    expect(registry.figures.subscriptions).toBe(1);
  });
});

describe("rates", () => {
  test("are messages a second over the last minute", () => {
    const registry = new TestRegistry();
    const rate = () =>
      registry.snapshot.list("", undefined, 1, registry.now)[0]
        ?.messagesPerSecond;
    const counts = { ...noCounts(), published: 120 };
    registry.hears("a", {}, { counts });
    expect(rate()).toBe(2);
    registry.now += 30_000;
    registry.hears("a", {}, { counts });
    expect(rate()).toBe(4);
    registry.now += 29_999;
    expect(rate()).toBe(4);
    registry.now += 1;
    expect(rate()).toBe(2);
    registry.now += 30_000;
    expect(rate()).toBe(0);
  });

  test("of a channel that is created again start at nothing", () => {
    const registry = new TestRegistry();
    const counts = { ...noCounts(), published: 60 };
    registry.hears("a", {}, { counts });
    registry.hearsEndOf("a");
    registry.hears("a");
    const [known] = registry.snapshot.list("", undefined, 1, registry.now);
    expect(known?.messagesPerSecond).toBe(0);
  });
});
