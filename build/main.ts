/**
 * `npm run build`: what is published, from src/ to dist/. The compiler writes
 * one module and one declaration for each source that an entry needs; there
 * are no maps, since the sources do not go along. The command line, which
 * stands beside src/, goes to dist/cli/ and dist/token/, without declarations;
 * the dashboard's page goes to dist/dashboard/.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { cp, glob, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { buildDashboard } from "./dashboard.ts";

const PROJECT = resolve(import.meta.dirname, "..");
const DIST = join(PROJECT, "dist");

/** By what the platform offers: Workers, or pages and others. */
const CONFIGS = [
  "tsconfig.server.json",
  "tsconfig.client.json",
  "tsconfig.cli.json",
];

/** Where the compiler puts the command line, in folders as in the repository. */
const CLI_BUILD = join(DIST, "cli-build");

/**
 * An import of a neighbour in a declaration: the compiler rewrites these in
 * modules alone (`rewriteRelativeImportExtensions`).
 */
const IMPORT = /(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g;

/** An import of src/ from beside it, which is beside the others in dist/. */
const IMPORT_OF_SRC = /(from |import\()"((?:\.\.\/)+)src\//g;

await rm(DIST, { recursive: true, force: true });
if (CONFIGS.every(compile)) {
  await placeCli();
  await cp(await buildDashboard(), join(DIST, "dashboard"), {
    recursive: true,
  });
  for await (const file of glob(join(DIST, "**/*.d.ts"))) {
    const declaration = await readFile(file, "utf8");
    await writeFile(file, declaration.replace(IMPORT, '$1"$2.js"'));
  }
} else {
  process.exitCode = 1;
}

/** Puts the command line where its imports find what the others use, too. */
async function placeCli(): Promise<void> {
  for (const folder of ["cli", "token"]) {
    const from = join(CLI_BUILD, folder);
    for await (const file of glob(join(from, "**/*.js"))) {
      const module = await readFile(file, "utf8");
      await writeFile(file, module.replace(IMPORT_OF_SRC, '$1"$2'));
    }
    await cp(from, join(DIST, folder), { recursive: true });
  }
  await cp(join(CLI_BUILD, "src"), DIST, { recursive: true });
  await rm(CLI_BUILD, { recursive: true });
}

/** @returns whether there was nothing to complain of. */
function compile(config: string): boolean {
  const args = ["-p", join("build", config)];
  const run = { cwd: PROJECT, stdio: "inherit" } as const;
  const { status, error } = spawnSync("tsc", args, run);
  if (error !== undefined) throw error;
  return status === 0;
}
