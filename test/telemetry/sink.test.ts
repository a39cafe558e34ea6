import { describe, expect, test, vi } from "vitest";

import type { TelemetryLevel } from "../../src/config.ts";
import { EVENT_LEVELS, EVENT_NAMES } from "../../src/telemetry/events.ts";
import {
  addCounts,
  logError,
  MAX_WAITING_EVENTS,
  Telemetry,
} from "../../src/telemetry/sink.ts";

const ADDED = "sente-lite.channels/subscription-added";
const PUBLISHED = "sente-lite.channels/message-published";

function setting(level: TelemetryLevel) {
  const lines: string[] = [];
  const telemetry = new Telemetry(
    level,
    () => 0,
    (line) => lines.push(line),
  );
  const adds = () =>
    telemetry.emit(ADDED, () => ({
      "conn-id": "c",
      "channel-id": "a",
      "subscriber-count": 1,
    }));
  const publishes = () =>
    telemetry.emit(PUBLISHED, () => ({
      "channel-id": "a",
      "message-id": "m",
      "target-subscriber-count": 1,
      "total-subscriber-count": 1,
    }));
  return { telemetry, lines, adds, publishes };
}

describe("events", () => {
  test("are written when they are asked for, one line of JSON each", () => {
    const { telemetry, lines, adds } = setting("info");
    adds();
    adds();
    expect(lines).toEqual([]);
    telemetry.write();
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      Array(2).fill({
        time: "1970-01-01T00:00:00.000Z",
        level: "info",
        event: ADDED,
        data: { "conn-id": "c", "channel-id": "a", "subscriber-count": 1 },
      }),
    );
  });

  test("are written once", () => {
    const { telemetry, lines, adds } = setting("info");
    adds();
    expect(telemetry.waiting).toBe(true);
    telemetry.write();
    expect(telemetry.waiting).toBe(false);
    telemetry.write();
    expect(lines).toHaveLength(1);
  });

  test.each([
    ["debug", 2],
    ["info", 1],
    ["error", 0],
    ["off", 0],
  ] as const)("at level %s: %i of two are written", (level, written) => {
    const { telemetry, lines, adds, publishes } = setting(level);
    adds();
    publishes();
    telemetry.write();
    expect(lines).toHaveLength(written);
  });

  test.each(["debug", "info", "error", "off"] as const)(
    "at level %s are all counted",
    (level) => {
      const { telemetry, adds, publishes } = setting(level);
      adds();
      publishes();
      publishes();
      expect(telemetry.takeCounts()).toEqual({
        [ADDED]: { processed: 1, dropped: 0 },
        [PUBLISHED]: { processed: 2, dropped: 0 },
      });
    },
  );

  test("that are not written have no data made", () => {
    const { telemetry } = setting("off");
    telemetry.emit(ADDED, () => {
      throw new Error("nobody reads it");
    });
    expect(telemetry.takeCounts()[ADDED]?.processed).toBe(1);
  });

  test("that are too many to wait are dropped, and counted so", () => {
    const { telemetry, lines, adds } = setting("info");
    for (let i = 0; i < MAX_WAITING_EVENTS + 5; i++) adds();
    telemetry.write();
    expect(lines).toHaveLength(MAX_WAITING_EVENTS);
    expect(telemetry.takeCounts()[ADDED]).toEqual({
      processed: MAX_WAITING_EVENTS + 5,
      dropped: 5,
    });
  });

  test("of every message are debug, those of a life are info", () => {
    expect(EVENT_LEVELS[PUBLISHED]).toBe("debug");
    expect(EVENT_LEVELS["sente-lite.channels/channel-created"]).toBe("info");
    expect(EVENT_NAMES).toHaveLength(13);
  });
});

describe("counts", () => {
  test("that were taken start at nothing", () => {
    const { telemetry, adds } = setting("off");
    adds();
    telemetry.takeCounts();
    expect(telemetry.takeCounts()).toEqual({});
  });

  test("that are given back are counted again", () => {
    const { telemetry, adds } = setting("off");
    adds();
    const taken = telemetry.takeCounts();
    adds();
    telemetry.giveBack(taken);
    expect(telemetry.takeCounts()[ADDED]?.processed).toBe(2);
  });

  test("add up event by event", () => {
    const counts = { [ADDED]: { processed: 1, dropped: 1 } };
    addCounts(counts, {
      [ADDED]: { processed: 2, dropped: 0 },
      [PUBLISHED]: { processed: 3, dropped: 3 },
    });
    expect(counts).toEqual({
      [ADDED]: { processed: 3, dropped: 1 },
      [PUBLISHED]: { processed: 3, dropped: 3 },
    });
  });
});

describe("errors", () => {
  test("are written with their causes and without a stack", () => {
    const written = vi.spyOn(console, "error").mockImplementation(() => {});
    const cause = new TypeError("the link broke");
    logError("request", new Error("out of reach", { cause }));
    const [[line] = []] = written.mock.calls;
    written.mockRestore();
    expect(JSON.parse(line)).toEqual({
      time: expect.any(String),
      level: "error",
      where: "request",
      detail: "Error: out of reach; because of TypeError: the link broke",
    });
  });
});
