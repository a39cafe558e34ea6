/**
 * The Worker as `wrangler deploy` would upload it, and what its configuration
 * says of it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { unstable_readConfig as readConfig } from "wrangler";
import type { ServicePlan } from "./config.ts";
import { ServeError } from "./data-dir.ts";

/** What wrangler's configuration says that `workerd` must be told. */
export type WorkerFacts = Pick<
  ServicePlan,
  | "name"
  | "compatibilityDate"
  | "compatibilityFlags"
  | "objects"
  | "variables"
  | "assets"
>;

/**
 * Bundles a Worker with wrangler into one module.
 *
 * @param configFile the Worker's wrangler.toml.
 * @param target where the module is to be written.
 * @throws {ServeError} when it does not build, with what wrangler said.
 */
export async function buildWorker(
  configFile: string,
  target: string,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "sente-build-"));
  try {
    await promisify(execFile)(
      "wrangler",
      ["deploy", "--dry-run", "--config", configFile, "--outdir", scratch],
      {
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
      },
    );
    const { main } = readWrangler(configFile);
    const built = basename(main).replace(/\.ts$/, ".js");
    await copyFile(join(scratch, built), target);
  } catch (error) {
    const { stdout = "", stderr = "", message } = Object(error);
    const said = `${stdout}${stderr}`.trim() || message;
    throw new ServeError(`the Worker does not build:\n${said}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Reads a Worker's wrangler.toml.
 *
 * @throws {ServeError} when it binds something that a lone `workerd` has not.
 */
export function readFacts(configFile: string): WorkerFacts {
  const config = readWrangler(configFile);
  const unserved = UNSERVED.filter((key) => isSet(config[key]));
  if (unserved.length > 0) {
    const what = unserved.join(", ");
    throw new ServeError(`${configFile} has ${what}, which cannot be served`);
  }
  const { assets } = config;
  return {
    ...(assets?.binding === undefined || assets.directory === undefined
      ? {}
      : {
          assets: {
            binding: assets.binding,
            directory: resolve(dirname(configFile), assets.directory),
          },
        }),
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    objects: config.durable_objects.bindings.map((each) => ({
      binding: each.name,
      className: each.class_name,
    })),
    variables: Object.fromEntries(
      Object.entries(config.vars).map(([key, value]) => [key, String(value)]),
    ),
  };
}

/** The parts of wrangler's configuration that are understood. */
const WranglerSchema = v.looseObject({
  name: v.string("it must have a name"),
  main: v.string("it must have a main"),
  compatibility_date: v.string("it must have a compatibility_date"),
  compatibility_flags: v.array(v.string()),
  durable_objects: v.object({
    bindings: v.array(v.object({ name: v.string(), class_name: v.string() })),
  }),
  assets: v.optional(
    v.object({
      binding: v.optional(v.string()),
      directory: v.optional(v.string()),
    }),
  ),
  vars: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
});

function readWrangler(
  configFile: string,
): v.InferOutput<typeof WranglerSchema> {
  try {
    return v.parse(WranglerSchema, readConfig({ config: configFile }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServeError(`${configFile} cannot be served: ${why}`);
  }
}

/** Bindings that would be missing without a word. */
const UNSERVED = [
  "ai",
  "analytics_engine_datasets",
  "d1_databases",
  "hyperdrive",
  "kv_namespaces",
  "r2_buckets",
  "services",
  "vectorize",
] as const;

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
