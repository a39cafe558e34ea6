/**
 * `npm run build`: what is published, from src/ to dist/. The compiler writes
 * one module and one declaration for each source that an entry needs; there
 * are no maps, since the sources do not go along.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { glob, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "..");
const DIST = join(PROJECT, "dist");

/** By what the platform offers: Workers, or pages and others. */
const CONFIGS = ["tsconfig.server.json", "tsconfig.client.json"];

/**
 * An import of a neighbour in a declaration: the compiler rewrites these in
 * modules alone (`rewriteRelativeImportExtensions`).
 */
const IMPORT = /(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g;

await rm(DIST, { recursive: true, force: true });
if (CONFIGS.every(compile)) {
  for await (const file of glob(join(DIST, "**/*.d.ts"))) {
    const declaration = await readFile(file, "utf8");
    await writeFile(file, declaration.replace(IMPORT, '$1"$2.js"'));
  }
} else {
  process.exitCode = 1;
}

/** @returns whether there was nothing to complain of. */
function compile(config: string): boolean {
  const args = ["-p", join("build", config)];
  const run = { cwd: PROJECT, stdio: "inherit" } as const;
  const { status, error } = spawnSync("tsc", args, run);
  if (error !== undefined) throw error;
  return status === 0;
}
