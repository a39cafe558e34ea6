/** What is in the package, and whether its package.json tells the truth. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import {
  checkPackage,
  createPackageFromTarballData,
} from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, expect, inject, it } from "vitest";

const { tarball, installed } = inject("packed");

const IMPORT =
  /^(?:import|export) (?:[^"'=;]* from )?"([^"]+)";$|\bimport\("([^"]+)"\)/gm;

/** The dashboard, which is bundled. */
const PAGE = "dist/dashboard/";

/** All files of the package, relative to it. */
let files: readonly string[] = [];
beforeAll(async () => {
  const entries = await readdir(installed, {
    recursive: true,
    withFileTypes: true,
  });
  files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
});

function read(file: string): Promise<string> {
  return readFile(join(installed, file), "utf8");
}

it("has a package.json that publint finds nothing wrong with", async () => {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer } });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

it("has types that compilers find, and that are of what runs", async () => {
  const data = new Uint8Array(await readFile(tarball));
  const result = await checkPackage(createPackageFromTarballData(data));
  if (!result.types) throw new Error("there are no types");
  const { entrypoints, problems } = result;
  const typed = Object.keys(entrypoints).sort();
  expect(typed).toEqual([".", "./client", "./package.json", "./protocol"]);
  // These know no `exports`, or load no ES modules: see `engines`.
  const old = ["node10", "node16-cjs"];
  const wrong = problems.filter(
    (problem) =>
      !("resolutionKind" in problem && old.includes(problem.resolutionKind)),
  );
  expect(wrong).toEqual([]);
});

it("holds modules, declarations, a page and documentation alone", () => {
  const page = files.filter((file) => file.startsWith(PAGE));
  const names = page.map((file) => file.replace(/-[\w-]{8}\./, "."));
  expect(names.sort()).toEqual([
    `${PAGE}dashboard/index.css`,
    `${PAGE}dashboard/index.js`,
    `${PAGE}index.html`,
  ]);
  const others = files.filter(
    (file) => !/^dist\/.*(\.d\.ts|\.js)$/.test(file) && !file.startsWith(PAGE),
  );
  const documents = others.filter((file) => /^docs\/.*\.md$/.test(file));
  expect(documents).toContain("docs/protocol.md");
  expect(others.filter((file) => !documents.includes(file)).sort()).toEqual([
    "CHANGELOG.md",
    "README.md",
    "SECURITY.md",
    "package.json",
  ]);
});

it("imports its own files and its dependencies only", async () => {
  const { dependencies } = JSON.parse(await read("package.json"));
  const known = [...Object.keys(dependencies), "cloudflare:workers"];
  const used = new Set<string>();
  const modules = files.filter(
    (each) => each.startsWith("dist/") && !each.startsWith(PAGE),
  );
  for (const file of modules) {
    for (const name of importsOf(await read(file))) {
      // The command line runs on Node; nothing else may ask for it.
      const isNode = name.startsWith("node:");
      if (isNode && /^dist\/(cli|token)\//.test(file)) continue;
      if (!name.startsWith(".")) {
        used.add(name);
        continue;
      }
      const target = join(dirname(file), name);
      expect([file, target]).toEqual([file, expect.stringMatching(/\.js$/)]);
      expect(files, `${file} imports ${name}`).toContain(target);
    }
  }
  expect([...used].sort()).toEqual(known.sort());
});

it("keeps the client free of libraries and of the platform", async () => {
  const seen = new Set<string>();
  const queue = ["dist/client/index.js"];
  for (const file of queue) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const name of importsOf(await read(file))) {
      expect([file, name]).toEqual([file, expect.stringMatching(/^\./)]);
      queue.push(join(dirname(file), name));
    }
  }
});

/** What a module or a declaration imports, as the compiler writes it. */
function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map(([, from, called]) =>
    String(from ?? called),
  );
}
