/**
 * The package as somebody else has it: built, packed and installed from the
 * tarball into a directory outside of the repository, so that nothing is found
 * that is not in the package or among its dependencies. Vitest calls this
 * before and after the tests. No registry is asked: what the package depends on
 * is packed from node_modules.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly packed: Packed;
  }
}

/** Where what is tested lies. */
export interface Packed {
  readonly tarball: string;
  /** The package as it was installed. */
  readonly installed: string;
  /** test/package/consumer, beside its node_modules. */
  readonly consumer: string;
  /** examples/embedded, likewise. */
  readonly embedded: string;
}

/** Where package.json stands. */
export const PROJECT = resolve(import.meta.dirname, "../../..");

/** What compilers of users need besides, for those that host the service. */
const WORKERS_TYPES = "@cloudflare/workers-types";

export async function setup({ provide }: TestProject): Promise<() => unknown> {
  const scratch = await mkdtemp(join(tmpdir(), "sente-package-"));
  const remove = () => rm(scratch, { recursive: true, maxRetries: 5 });
  try {
    provide("packed", await install(scratch));
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}

async function install(scratch: string): Promise<Packed> {
  const tarballs = join(scratch, "tarballs");
  await mkdir(tarballs);
  const tarball = await pack(PROJECT, tarballs);
  const others: Record<string, string> = {};
  for (const name of [...(await dependencies()), WORKERS_TYPES]) {
    const folder = join(PROJECT, "node_modules", name);
    others[name] = `file:${await pack(folder, tarballs)}`;
  }
  const { [WORKERS_TYPES]: workersTypes, ...overrides } = others;
  const manifest = {
    private: true,
    type: "module",
    dependencies: {
      "sente-lite": `file:${tarball}`,
      [WORKERS_TYPES]: workersTypes,
    },
    // Where npm finds what the package asks for; only that is installed.
    overrides,
  };
  await writeFile(join(scratch, "package.json"), JSON.stringify(manifest));
  await npm(scratch, "install", "--offline", "--no-audit", "--no-fund");

  const consumer = join(scratch, "consumer");
  const embedded = join(scratch, "embedded");
  await cp(resolve(import.meta.dirname, "../consumer"), consumer, {
    recursive: true,
  });
  await cp(join(PROJECT, "examples/embedded"), embedded, {
    recursive: true,
    // Whoever has tried the example there has these.
    filter: (path) => !/\/(node_modules|\.wrangler|\.dev\.vars)$/.test(path),
  });
  const installed = join(scratch, "node_modules/sente-lite");
  return { tarball, installed, consumer, embedded };
}

/** The names of what the package says that it depends on. */
async function dependencies(): Promise<string[]> {
  const manifest = await readFile(join(PROJECT, "package.json"), "utf8");
  return Object.keys(JSON.parse(manifest).dependencies);
}

/** @returns the path of the tarball. */
async function pack(folder: string, target: string): Promise<string> {
  // Its own scripts build the package; those of others have been run.
  const own = folder === PROJECT ? [] : ["--ignore-scripts"];
  const said = await npm(folder, "pack", "--pack-destination", target, ...own);
  const name = said.trimEnd().split("\n").at(-1);
  if (name === undefined) throw new Error(`npm pack said nothing: ${folder}`);
  return join(target, name);
}

/** Runs npm as if nobody had run it yet. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")),
  );
  const { stdout } = await promisify(execFile)("npm", args, { cwd, env });
  return stdout;
}
