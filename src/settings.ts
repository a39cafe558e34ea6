/**
 * The settings of a deployment, read from its variables and checked.
 *
 * @module
 */
import * as v from "valibot";

import {
  type KeySource,
  MIN_SECRET_BYTES,
  type TokenSettings,
} from "./access/keys.ts";
import { type AllowedOrigins, readOrigins } from "./access/origins.ts";
import {
  NUMBER_SETTINGS,
  type NumberVariable,
  OTHER_SETTINGS,
  type OtherVariable,
  type Settings,
  TELEMETRY_LEVELS,
  type Variables,
} from "./config.ts";
import {
  type ChannelConfig,
  DEFAULT_CHANNEL_CONFIG,
  PartialChannelConfigSchema,
  withChanges,
} from "./protocol/channel-config.ts";
import { explain, isObject, parseJson } from "./protocol/codec.ts";
import { isLongerThan } from "./protocol/names.ts";

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
    tokens: readTokens(variables),
    allowedOrigins: readAllowedOrigins(textOf(variables, "ALLOWED_ORIGINS")),
    addressHeader: readHeaderName(variables),
    autoCreate:
      readChoice(variables, "AUTO_CREATE", ["true", "false"]) === "true",
    channelDefaults: readChannelDefaults(variables.CHANNEL_DEFAULTS),
    telemetryLevel: readChoice(variables, "TELEMETRY_LEVEL", TELEMETRY_LEVELS),
    metricsPerChannel: readPatterns(variables),
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
  const given = textOf(variables, name);
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

/** A variable that is a text; empty stands for none. */
function textOf(variables: Variables, name: OtherVariable): string {
  return String(variables[name] ?? OTHER_SETTINGS[name].default);
}

function readTokens(variables: Variables): TokenSettings | undefined {
  const sources = KEY_VARIABLES.flatMap((name): KeySource[] => {
    const value = textOf(variables, name);
    return value === "" ? [] : [readKeySource(name, value)];
  });
  const [source, other] = sources;
  if (source === undefined) return undefined;
  if (other !== undefined) {
    throw new SettingsError(`set either ${source.kind} or ${other.kind}`);
  }
  return {
    source,
    issuer: textOf(variables, "JWT_ISSUER") || undefined,
    audience: textOf(variables, "JWT_AUDIENCE") || undefined,
  };
}

const KEY_VARIABLES = ["JWT_SECRET", "JWT_PUBLIC_KEY", "JWT_JWKS_URL"] as const;

/** No message says what a key holds. */
function readKeySource(
  kind: (typeof KEY_VARIABLES)[number],
  value: string,
): KeySource {
  switch (kind) {
    case "JWT_SECRET":
      if (isLongerThan(value, MIN_SECRET_BYTES - 1)) {
        return { kind, secret: value };
      }
      throw new SettingsError(
        `JWT_SECRET must be at least ${MIN_SECRET_BYTES} bytes`,
      );
    case "JWT_PUBLIC_KEY":
      return { kind, text: value };
    case "JWT_JWKS_URL":
      if (URL.canParse(value) && isTrusted(new URL(value))) {
        return { kind, url: new URL(value) };
      }
      throw new SettingsError(
        "JWT_JWKS_URL must be an https URL, or one of this machine",
      );
  }
}

/** Whoever is on the way of a plain connection could hand out keys. */
function isTrusted({ protocol, hostname }: URL): boolean {
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  return protocol === "https:" || (protocol === "http:" && isLocal);
}

function readAllowedOrigins(list: string): AllowedOrigins {
  const origins = readOrigins(list);
  if (origins !== undefined) return origins;
  throw new SettingsError(
    `ALLOWED_ORIGINS must be origins such as https://example.com or *.example.com, separated by commas, not ${list}`,
  );
}

/** More patterns are more to look through, on every scrape. */
const MAX_METRICS_PATTERNS = 20;

function readPatterns(variables: Variables): string[] {
  const given = textOf(variables, "METRICS_PER_CHANNEL").split(",");
  const patterns = given.map((each) => each.trim()).filter(Boolean);
  if (patterns.length <= MAX_METRICS_PATTERNS) return patterns;
  throw new SettingsError(
    `METRICS_PER_CHANNEL must be at most ${MAX_METRICS_PATTERNS} patterns, not ${patterns.length}`,
  );
}

function readHeaderName(variables: Variables): string {
  const name = textOf(variables, "ADDRESS_HEADER");
  if (/^[\w-]*$/.test(name)) return name;
  throw new SettingsError(`ADDRESS_HEADER must name a header, not ${name}`);
}
