import { describe, expect, test } from "vitest";

import { NUMBER_SETTINGS, type NumberVariable } from "../src/config.ts";
import { DEFAULT_CHANNEL_CONFIG } from "../src/protocol/channel-config.ts";
import { readSettings, SettingsError } from "../src/settings.ts";

const NUMBERS = Object.entries(NUMBER_SETTINGS).map(
  ([name, { default: standard, min, max }]) =>
    [name as NumberVariable, standard, min, max] as const,
);

describe("without variables", () => {
  test("nobody is let in, and channels have the protocol's defaults", () => {
    expect(readSettings({})).toMatchObject({
      auth: "jwt",
      autoCreate: true,
      channelDefaults: DEFAULT_CHANNEL_CONFIG,
      telemetryLevel: "info",
    });
  });

  test("channels are as the protocol says", () => {
    expect(DEFAULT_CHANNEL_CONFIG).toEqual({
      "max-subscribers": 1_000,
      "message-retention": 10,
      "recovery-window": 1_000,
      "recovery-window-bytes": 524_288,
      "recovery-ttl-ms": 3_600_000,
      "rpc-timeout-ms": 30_000,
      "idle-ttl-ms": 86_400_000,
      "max-pending-rpc": 10_000,
    });
  });

  test("the limits are as the protocol says", () => {
    expect(readSettings({})).toMatchObject({
      HEARTBEAT_MS: 30_000,
      MAX_FRAME_BYTES: 65_536,
      MAX_DATA_BYTES: 60_000,
      MAX_SUBSCRIPTIONS: 100,
      MAX_OUTSTANDING: 10_000,
      MAX_OUTSTANDING_BYTES: 8 * 1_024 * 1_024,
      MAX_SILENT_BYTES: 32 * 1_024 * 1_024,
    });
  });
});

describe.each(NUMBERS)("%s", (name, standard, min, max) => {
  test("has its default", () => {
    expect(readSettings({})[name]).toBe(standard);
    expect(readSettings({ [name]: "" })[name]).toBe(standard);
  });

  test("may be anything in its range, as text or number", () => {
    for (const value of [min, max]) {
      expect(readSettings({ [name]: value })[name]).toBe(value);
      expect(readSettings({ [name]: String(value) })[name]).toBe(value);
    }
  });

  test("may be nothing else, and the error says so", () => {
    for (const value of [min - 1, max + 1, "many", "1.5", min + 0.5]) {
      expect(() => readSettings({ [name]: value })).toThrow(SettingsError);
      expect(() => readSettings({ [name]: value })).toThrow(
        `${name} must be an integer from ${min} to ${max}, not ${value}`,
      );
    }
  });
});

describe("other settings", () => {
  test.each([
    ["AUTH", "open", "auth", "open"],
    ["AUTH", "jwt", "auth", "jwt"],
    ["AUTO_CREATE", "false", "autoCreate", false],
    ["AUTO_CREATE", false, "autoCreate", false],
    ["AUTO_CREATE", true, "autoCreate", true],
    ["TELEMETRY_LEVEL", "debug", "telemetryLevel", "debug"],
    ["TELEMETRY_LEVEL", "off", "telemetryLevel", "off"],
  ] as const)("%s may be %s", (name, value, setting, wanted) => {
    expect(readSettings({ [name]: value })[setting]).toBe(wanted);
  });

  test.each([
    ["AUTH", "OPEN"],
    ["AUTH", ""],
    ["AUTO_CREATE", "no"],
    ["TELEMETRY_LEVEL", "warn"],
    ["CHANNEL_DEFAULTS", "{"],
    ["CHANNEL_DEFAULTS", "[]"],
    ["CHANNEL_DEFAULTS", '{"retention":5}'],
    ["CHANNEL_DEFAULTS", '{"message-retention":1001}'],
  ])("%s may not be %s, and the error names it", (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(SettingsError);
    expect(() => readSettings({ [name]: value })).toThrow(name);
  });

  test("METRICS_PER_CHANNEL are patterns, so many at most", () => {
    const patterns = (given: string) =>
      readSettings({ METRICS_PER_CHANNEL: given }).metricsPerChannel;
    expect(patterns("")).toEqual([]);
    expect(patterns("chat-*, news,,*-log ")).toEqual([
      "chat-*",
      "news",
      "*-log",
    ]);
    expect(patterns(Array(20).fill("a").join(","))).toHaveLength(20);
    const tooMany = Array(21).fill("a").join(",");
    expect(() => patterns(tooMany)).toThrow(
      "METRICS_PER_CHANNEL must be at most 20 patterns, not 21",
    );
  });

  test("CHANNEL_DEFAULTS are for what a new channel does not name", () => {
    const { channelDefaults } = readSettings({
      CHANNEL_DEFAULTS: '{"message-retention":7}',
    });
    expect(channelDefaults).toEqual({
      ...DEFAULT_CHANNEL_CONFIG,
      "message-retention": 7,
    });
  });

  test("CHANNEL_DEFAULTS that are wrong name the key, too", () => {
    expect(() =>
      readSettings({ CHANNEL_DEFAULTS: '{"message-retention":-1}' }),
    ).toThrow(/message-retention.*from 0 to 1000/);
  });
});
