/**
 * `npm run docs`: writes what is generated. A test compares what is committed
 * with what this would write.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { generate } from "./generate.ts";

const PROJECT = resolve(import.meta.dirname, "..");

for (const [path, text] of Object.entries(generate())) {
  const file = join(PROJECT, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
