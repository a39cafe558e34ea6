/**
 * What the platform hands every part of the deployment.
 *
 * @module
 */
import type { Channel } from "./channel/object.ts";
import type { Settings, Variables } from "./config.ts";
import type { Registry } from "./registry/object.ts";
import { readSettings } from "./settings.ts";
import type { User } from "./user/object.ts";

/** The bindings and variables of the Worker (wrangler.toml). */
export interface Env extends Variables {
  readonly CHANNEL: DurableObjectNamespace<Channel>;
  readonly REGISTRY: DurableObjectNamespace<Registry>;
  readonly USER: DurableObjectNamespace<User>;
  /** The dashboard, where it is deployed. */
  readonly ASSETS?: Fetcher;
  /** Bounds requests over HTTP by user or address, where it is configured. */
  readonly HTTP_RATE_LIMIT?: RateLimit;
  /** Tells one deployment from another. */
  readonly VERSION?: WorkerVersionMetadata;
}

let known: { env: Env; settings: Settings } | undefined;

/**
 * The settings of this deployment, read once an isolate.
 *
 * @throws {SettingsError} when a variable has a value it cannot have.
 */
export function settingsOf(env: Env): Settings {
  if (known?.env !== env) known = { env, settings: readSettings(env) };
  return known.settings;
}

let isolate: string | undefined;

/** A name for this isolate: another process or machine has another one. */
export function isolateName(): string {
  isolate ??= crypto.randomUUID();
  return isolate;
}

/** A name for this deployment; locally, for this process. */
export function deploymentName({ VERSION }: Env): string {
  return VERSION?.id || isolateName();
}
