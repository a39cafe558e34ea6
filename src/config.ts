/**
 * Every setting of a deployment: its variable, default, range and meaning.
 * The README's table is checked against this one by a test. `settings.ts`
 * reads them.
 *
 * @module
 */
import type { TokenSettings } from "./access/keys.ts";
import type { AllowedOrigins } from "./access/origins.ts";
import type {
  ChannelConfig,
  NumberSetting,
} from "./protocol/channel-config.ts";

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
    meaning: "the longest message a client may send on a socket",
  },
  MAX_BODY_BYTES: {
    default: 65_536,
    min: 1_024,
    max: 900_000,
    meaning: "the longest body of an HTTP request",
  },
  MAX_DATA_BYTES: {
    default: 60_000,
    min: 1,
    max: 850_000,
    meaning: "the longest published `data`, as JSON",
  },
  MAX_DEPTH: {
    default: 128,
    min: 4,
    max: 1_000,
    meaning: "how deep the objects and arrays of a message may be nested",
  },
  FRAMES_PER_SECOND: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    meaning:
      "frames that one connection may send, every object of an array counted; more are refused with `rate-limited`",
  },
  FRAMES_BURST: {
    default: 2_000,
    min: 1,
    max: 1_000_000,
    meaning: "and how many at once, after a time of fewer",
  },
  PUBLISHES_PER_SECOND: {
    default: 5_000,
    min: 1,
    max: 1_000_000,
    meaning:
      "messages that may be published to one channel by all together; more are refused with `rate-limited`",
  },
  PUBLISHES_BURST: {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    meaning: "and how many at once, after a time of fewer",
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
  MAX_QUEUED_FRAMES: {
    default: 4_096,
    min: 16,
    max: 65_536,
    meaning:
      "frames of one connection that wait for one channel to open, or for its replies",
  },
  MAX_QUEUED_BYTES: {
    default: 4_194_304,
    min: 65_536,
    max: 67_108_864,
    meaning: "and characters of them, for all its channels together",
  },
  MAX_PENDING_REQUESTS: {
    default: 1_000,
    min: 1,
    max: 100_000,
    meaning: "RPC requests that one connection may have open on one channel",
  },
  MAX_USER_CONNECTIONS: {
    default: 100,
    min: 1,
    max: 30_000,
    meaning:
      "connections that one user may have: sessions and event streams, and sockets of each channel's own path",
  },
  MAX_ADDRESS_CONNECTIONS: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    meaning:
      "connections from one address, as far as one isolate or one channel sees them",
  },
  MAX_USER_CHANNELS: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    meaning: "channels that one user may create within 24 hours",
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
    values: "`jwt`, `open`",
    meaning:
      "`jwt` lets in who has a token; `open` everybody, anonymously, with every right",
  },
  JWT_SECRET: {
    default: "",
    values: "32 bytes or more",
    meaning: "verifies tokens signed with HS256; a secret, not a variable",
  },
  JWT_PUBLIC_KEY: {
    default: "",
    values: "PEM or JWK",
    meaning: "verifies tokens signed with ES256, EdDSA or RS256",
  },
  JWT_JWKS_URL: {
    default: "",
    values: "https URL",
    meaning:
      "where the public keys of the issuer are; fetched again every 10 minutes, and for an unknown `kid`",
  },
  JWT_ISSUER: {
    default: "",
    values: "text",
    meaning: "the only `iss` that a token may have, if set",
  },
  JWT_AUDIENCE: {
    default: "",
    values: "text",
    meaning: "the `aud` that a token must have, if set",
  },
  ALLOWED_ORIGINS: {
    default: "",
    values: "origins, `*.example.com`, `*`",
    meaning:
      "pages that may use the service besides those of its own host, separated by commas",
  },
  ADDRESS_HEADER: {
    default: "cf-connecting-ip",
    values: "name of a header",
    meaning:
      "what tells a client's address; empty where nothing in front of the service sets it",
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
  METRICS_PER_CHANNEL: {
    default: "",
    values: "patterns such as `chat-*`",
    meaning:
      "channels that `/metrics` shows one by one, at most 100 of them, separated by commas",
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
  /** How tokens are verified; undefined while no key is configured. */
  readonly tokens: TokenSettings | undefined;
  readonly allowedOrigins: AllowedOrigins;
  readonly addressHeader: string;
  readonly autoCreate: boolean;
  readonly channelDefaults: ChannelConfig;
  readonly telemetryLevel: TelemetryLevel;
  /** Patterns of the channels that `/metrics` shows one by one. */
  readonly metricsPerChannel: readonly string[];
};
