/**
 * A channel's configuration (docs/protocol.md §7): one table from which the
 * type, the defaults and the validation all follow.
 *
 * @module
 */
import * as v from "valibot";

/** One number that can be set: its default, its range, what it means. */
export interface NumberSetting {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** Every key of a channel's configuration. */
export const CHANNEL_CONFIG = {
  "max-subscribers": {
    default: 1000,
    min: 1,
    max: 30_000,
    meaning: "a full channel refuses more",
  },
  "message-retention": {
    default: 10,
    min: 0,
    max: 1_000,
    meaning: "messages a new subscriber is handed",
  },
  "recovery-window": {
    default: 1000,
    min: 0,
    max: 10_000,
    meaning: "messages kept at least for `since`",
  },
  "recovery-window-bytes": {
    default: 524_288,
    min: 0,
    max: 8_388_608,
    meaning: "and at most so many bytes, whichever is less",
  },
  "recovery-ttl-ms": {
    default: 3_600_000,
    min: 0,
    max: UNBOUNDED,
    meaning: "older messages need not be kept; 0 keeps them for ever",
  },
  "rpc-timeout-ms": {
    default: 30_000,
    min: 1,
    max: 300_000,
    meaning: "for requests that name no `timeout-ms`",
  },
  "idle-ttl-ms": {
    default: 86_400_000,
    min: 0,
    max: UNBOUNDED,
    meaning:
      "an auto-created channel without subscribers and messages for so long is removed; 0 never",
  },
  "max-pending-rpc": {
    default: 10_000,
    min: 1,
    max: 100_000,
    meaning: "open RPC requests",
  },
} as const satisfies Record<string, NumberSetting>;

/** A key of a channel's configuration. */
export type ChannelConfigKey = keyof typeof CHANNEL_CONFIG;

/** A channel's whole configuration. */
export type ChannelConfig = Record<ChannelConfigKey, number>;

/** The keys, in the order of the table. */
export const CHANNEL_CONFIG_KEYS = Object.keys(
  CHANNEL_CONFIG,
) as ChannelConfigKey[];

/** The configuration of a channel whose creator asks for nothing. */
export const DEFAULT_CHANNEL_CONFIG: ChannelConfig = mapConfig(
  (setting) => setting.default,
);

/** The schema of one number setting, with an error that states the range. */
export function numberSetting({ min, max }: NumberSetting) {
  const message =
    max === UNBOUNDED
      ? `must be an integer from ${min} upwards`
      : `must be an integer from ${min} to ${max}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

/** Some of a channel's configuration: the body of PUT and PATCH. */
export const PartialChannelConfigSchema = v.strictObject(
  mapConfig((setting) => v.optional(numberSetting(setting))),
  (issue) =>
    issue.expected === "never"
      ? `is not a setting; there are ${CHANNEL_CONFIG_KEYS.join(", ")}`
      : "must be an object",
);

/** All of a channel's configuration, as the server reports it. */
export const ChannelConfigSchema = v.object(
  mapConfig((setting) => numberSetting(setting)),
);

/** Some of a channel's configuration. */
export type PartialChannelConfig = v.InferOutput<
  typeof PartialChannelConfigSchema
>;

/** `config` with the settings of `change` in place of its own. */
export function withChanges(
  config: ChannelConfig,
  change: PartialChannelConfig,
): ChannelConfig {
  return mapConfigKeys((key) => change[key] ?? config[key]);
}

/** Whether two configurations mean the same. */
export function sameConfig(a: ChannelConfig, b: ChannelConfig): boolean {
  return CHANNEL_CONFIG_KEYS.every((key) => a[key] === b[key]);
}

function mapConfigKeys<T>(
  value: (key: ChannelConfigKey) => T,
): Record<ChannelConfigKey, T> {
  return Object.fromEntries(
    CHANNEL_CONFIG_KEYS.map((key) => [key, value(key)]),
  ) as Record<ChannelConfigKey, T>;
}

function mapConfig<T>(
  value: (setting: NumberSetting) => T,
): Record<ChannelConfigKey, T> {
  return mapConfigKeys((key) => value(CHANNEL_CONFIG[key]));
}
