/**
 * Every setting of a deployment: its variable, default, range and meaning.
 * The README's table is checked against this one by a test.
 *
 * @module
 */
import * as v from "valibot";

import {
  type ChannelConfig,
  DEFAULT_CHANNEL_CONFIG,
  type NumberSetting,
  PartialChannelConfigSchema,
  withChanges,
} from "./protocol/channel-config.ts";
import { explain, isObject, parseJson } from "./protocol/codec.ts";

/** Settings that are numbers, by the variable that sets them. */
export const NUMBER_SETTINGS = {
  HEARTBEAT_MS: {
    default: 30_000,
    min: 100,
    max: 600_000,
    meaning:
      "how often clients should ping; a session that pinged once and then is silent for 2.5 of these is closed with 4008",
  },
  MAX_FRAME_BYTES: {
    default: 65_536,
    min: 1_024,
    max: 900_000,
    meaning: "the longest message a client may send, HTTP bodies included",
  },
  MAX_DATA_BYTES: {
    default: 60_000,
    min: 1,
    max: 850_000,
    meaning: "the longest published `data`, as JSON",
  },
  MAX_SUBSCRIPTIONS: {
    default: 100,
    min: 1,
    max: 1_000,
    meaning: "channels one connection may be subscribed to",
  },
  MAX_UPSTREAMS: {
    default: 200,
    min: 1,
    max: 2_000,
    meaning:
      "channels one connection may use at the same time, subscribed or not",
  },
  UPSTREAM_IDLE_MS: {
    default: 60_000,
    min: 100,
    max: 3_600_000,
    meaning:
      "a session lets go of a channel that it is neither subscribed to nor waits for after so long",
  },
  MAX_OUTSTANDING: {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    meaning:
      "messages a connection that acknowledges may leave unacknowledged on a channel before it is closed with 4009",
  },
  MAX_OUTSTANDING_BYTES: {
    default: 8_388_608,
    min: 1_024,
    max: 67_108_864,
    meaning: "and bytes, whichever comes first",
  },
  MAX_SILENT_BYTES: {
    default: 33_554_432,
    min: 1_024,
    max: 67_108_864,
    meaning:
      "bytes a connection that never acknowledged may be handed since it last sent anything, before it is closed with 4009",
  },
  SESSION_MAX_MESSAGES: {
    default: 500_000,
    min: 10,
    max: 100_000_000,
    meaning:
      "messages a session takes in and passes on before it asks its client to reconnect (1012), so that it stays within the CPU limit of one Worker invocation",
  },
  SESSION_MAX_SUBREQUESTS: {
    default: 5_000,
    min: 10,
    max: 10_000_000,
    meaning:
      "channels a session opens, reopenings included, before it asks its client to reconnect (1012), so that it stays within the subrequest limit of one Worker invocation",
  },
  REPORT_INTERVAL_MS: {
    default: 2_000,
    min: 1,
    max: 60_000,
    meaning: "a channel with changes reports to the registry this often",
  },
  REGISTRY_SHARDS: {
    default: 1,
    min: 1,
    max: 64,
    meaning: "registry objects that share the channels; fixed once deployed",
  },
} as const satisfies Record<string, NumberSetting>;

/** A variable that sets a number. */
export type NumberVariable = keyof typeof NUMBER_SETTINGS;

/** The log levels, from most to least said. */
export const TELEMETRY_LEVELS = ["debug", "info", "error", "off"] as const;
export type TelemetryLevel = (typeof TELEMETRY_LEVELS)[number];

/** Settings that are not numbers. */
export const OTHER_SETTINGS = {
  AUTH: {
    default: "jwt",
    values: "`open`, `jwt`",
    meaning:
      "`open` lets everybody in, anonymously, with every right; anything else refuses everybody, since tokens are not built yet",
  },
  AUTO_CREATE: {
    default: "true",
    values: "`true`, `false`",
    meaning: "subscribing creates a missing channel",
  },
  CHANNEL_DEFAULTS: {
    default: "{}",
    values: "JSON",
    meaning:
      "channel settings, as in `PUT /channels/:id`, for those that a new channel does not name itself",
  },
  TELEMETRY_LEVEL: {
    default: "info",
    values: "`debug`, `info`, `error`, `off`",
    meaning: "which events are written to the log; all are counted",
  },
} as const;

/** A variable that sets something else than a number. */
export type OtherVariable = keyof typeof OTHER_SETTINGS;

/** The variables as the platform hands them over. */
export type Variables = Partial<
  Record<NumberVariable | OtherVariable, string | number | boolean>
>;

/** Every setting, validated. Numbers keep the name of their variable. */
export type Settings = Readonly<Record<NumberVariable, number>> & {
  readonly auth: "open" | "jwt";
  readonly autoCreate: boolean;
  readonly channelDefaults: ChannelConfig;
  readonly telemetryLevel: TelemetryLevel;
};

/** A variable has a value it cannot have. The message says which and why. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * The settings of a deployment.
 *
 * @throws {SettingsError} naming the first variable that is wrong.
 */
export function readSettings(variables: Variables): Settings {
  const numbers = Object.fromEntries(
    (Object.keys(NUMBER_SETTINGS) as NumberVariable[]).map((name) => [
      name,
      readNumber(name, variables[name]),
    ]),
  ) as Record<NumberVariable, number>;
  return {
    ...numbers,
    auth: readChoice(variables, "AUTH", ["jwt", "open"]),
    autoCreate:
      readChoice(variables, "AUTO_CREATE", ["true", "false"]) === "true",
    channelDefaults: readChannelDefaults(variables.CHANNEL_DEFAULTS),
    telemetryLevel: readChoice(variables, "TELEMETRY_LEVEL", TELEMETRY_LEVELS),
  };
}

function readNumber(name: NumberVariable, given: unknown): number {
  const { default: standard, min, max } = NUMBER_SETTINGS[name];
  if (given === undefined || given === "") return standard;
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new SettingsError(
    `${name} must be an integer from ${min} to ${max}, not ${String(given)}`,
  );
}

function readChoice<T extends string>(
  variables: Variables,
  name: OtherVariable,
  choices: readonly T[],
): T {
  const given = String(variables[name] ?? OTHER_SETTINGS[name].default);
  const choice = choices.find((each) => each === given);
  if (choice !== undefined) return choice;
  throw new SettingsError(
    `${name} must be one of ${choices.join(", ")}, not ${given}`,
  );
}

function readChannelDefaults(given: unknown): ChannelConfig {
  const parsed = parseJson(
    String(given ?? OTHER_SETTINGS.CHANNEL_DEFAULTS.default),
  );
  if (!parsed.ok) {
    throw new SettingsError(`CHANNEL_DEFAULTS: ${parsed.message}`);
  }
  if (!isObject(parsed.value)) {
    throw new SettingsError("CHANNEL_DEFAULTS must be a JSON object");
  }
  const result = v.safeParse(PartialChannelConfigSchema, parsed.value);
  if (!result.success) {
    throw new SettingsError(`CHANNEL_DEFAULTS: ${explain(result.issues[0])}`);
  }
  return withChanges(DEFAULT_CHANNEL_CONFIG, result.output);
}
