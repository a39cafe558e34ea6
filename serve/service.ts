/**
 * A Worker with its objects, served by one `workerd` on this machine.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { buildWorker, readFacts, type WorkerFacts } from "./build.ts";
import { workerdConfig } from "./config.ts";
import { holdDataDir } from "./data-dir.ts";
import { endOrphan, notePid } from "./orphan.ts";
import { startWorkerd, type Workerd, type WorkerdOptions } from "./workerd.ts";

/** What to serve, and where. */
export interface ServiceOptions extends WorkerdOptions {
  /** The Worker's wrangler.toml. */
  readonly configFile: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Where everything is kept; made when missing. */
  readonly dataDir: string;
  /** Variables of the Worker; they win over those of wrangler.toml. */
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that stand in the environment and in no file. */
  readonly secrets?: readonly string[];
  /** Told of what whoever started it should know. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Builds the Worker and serves it; resolves when it listens.
 *
 * @throws {ServeError} when the data directory or the address is in use, or
 * the Worker does not build or start.
 */
export async function startService(options: ServiceOptions): Promise<Workerd> {
  const dataDir = holdDataDir(resolve(options.dataDir));
  try {
    const config = join(dataDir.path, "workerd.capnp");
    const orphan = await endOrphan(dataDir.path, config);
    if (orphan !== undefined) {
      options.onNotice?.(
        `ended process ${orphan}, which had been left behind serving ${dataDir.path}`,
      );
    }
    const module = "worker.js";
    await buildWorker(options.configFile, join(dataDir.path, module));
    const facts = readFacts(options.configFile);
    const plan = {
      ...facts,
      ...(await copyAssets(facts, join(dataDir.path, "assets"))),
      variables: { ...facts.variables, ...options.variables },
      secrets: options.secrets ?? [],
      module,
      storage: dataDir.objects,
      address: `${options.host}:${options.port}`,
    };
    // What is set for a Worker is nobody else's business.
    writeFileSync(config, workerdConfig(plan), { mode: 0o600 });
    const workerd = await startWorkerd(config, options);
    notePid(dataDir.path, workerd.pid);
    workerd.exited.finally(() => dataDir.release());
    return workerd;
  } catch (error) {
    dataDir.release();
    throw error;
  }
}

/** What is built anew meanwhile must not pull the files from under workerd. */
async function copyAssets(
  { assets }: WorkerFacts,
  target: string,
): Promise<Pick<WorkerFacts, "assets">> {
  await rm(target, { recursive: true, force: true });
  if (assets === undefined) return {};
  await cp(assets.directory, target, { recursive: true });
  return { assets: { ...assets, directory: target } };
}
