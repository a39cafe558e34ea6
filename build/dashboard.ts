/**
 * The dashboard's page, from dashboard/ to dashboard/dist/. Wrangler runs this
 * before it runs or deploys the Worker, so it does nothing when nothing that
 * the page is made of has changed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { glob, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "vite";

const PROJECT = resolve(import.meta.dirname, "..");
const ROOT = join(PROJECT, "dashboard");
const BUILT = join(ROOT, "dist");
/** What the page in dist/ was made of. */
const STAMP = join(ROOT, ".built");

/** All that the page is made of. */
const SOURCES = [
  "dashboard/*.{html,ts,json}",
  "dashboard/src/**",
  "src/{client,protocol,telemetry}/**/*.ts",
  "build/dashboard.ts",
  "package-lock.json",
];

/** Builds the page, unless that was done. @returns the directory of it. */
export async function buildDashboard(): Promise<string> {
  const stamp = await digest();
  const before = await readFile(STAMP, "utf8").catch(() => undefined);
  const isThere = await readFile(join(BUILT, "index.html")).catch(() => null);
  if (before === stamp && isThere !== null) return BUILT;
  // Beside it, then in its place: others may be building, or serving it.
  const outDir = join(ROOT, `dist-${process.pid}`);
  try {
    await build({
      root: ROOT,
      logLevel: "warn",
      build: { outDir, emptyOutDir: true },
    });
    await rm(BUILT, { recursive: true, force: true });
    await rename(outDir, BUILT).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was a moment faster, with the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await writeFile(STAMP, stamp);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  return BUILT;
}

async function digest(): Promise<string> {
  const hash = createHash("sha256");
  const files: string[] = [];
  for await (const entry of glob(SOURCES, {
    cwd: PROJECT,
    withFileTypes: true,
  })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  for (const file of files.sort()) {
    hash.update(`${file}\n`).update(await readFile(file));
  }
  return hash.digest("hex");
}

if (import.meta.main) await buildDashboard();
