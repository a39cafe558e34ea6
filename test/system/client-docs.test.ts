/**
 * What docs/client.md and the README say of the client: every block is
 * compiled and run, and prints what the block after it shows.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import * as errors from "../../src/client/errors.ts";
import { type Block, blocksOf } from "./support/markdown.ts";
import { endPrograms, runProgram } from "./support/program.ts";
import { freePort, type Server, startServer } from "./support/server.ts";
import { type Issuer, sharedSecret } from "./support/tokens.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const CLIENT = resolve(PROJECT, "src/client/index.ts");
const GUIDE = "docs/client.md";

/** What stands for the service and for the reader's own backend. */
const SERVICE = "127.0.0.1:8787";
const BACKEND = "https://app.example.com";

/** A block of code, and what it prints. */
interface Example {
  readonly code: Block;
  readonly printed: string;
}

/** The examples of a document; every block is one, or what one prints. */
function examplesOf(blocks: readonly Block[]): Example[] {
  return blocks.flatMap((code, index) => {
    const next = blocks[index + 1];
    const isShown = next?.language === "text";
    if (code.language === "ts") {
      return [{ code, printed: isShown ? next.text : "" }];
    }
    if (code.language === "text" && blocks[index - 1]?.language === "ts") {
      return [];
    }
    throw new Error(`${code.at}: nobody knows how to run ${code.language}`);
  });
}

const guide = examplesOf(blocksOf(GUIDE));
const [first] = guide;
const usesClient = (block?: Block) =>
  block?.text.includes('"sente-lite/client"') === true;
const readme = blocksOf("README.md").filter(
  (block, index, all) =>
    usesClient(block) ||
    (block.language === "text" && usesClient(all[index - 1])),
);
const examples = [...guide, ...examplesOf(readme)];

/** What every example begins with that does not connect by itself. */
const preamble = /^[\s\S]*?const client = .*;\n/.exec(
  first?.code.text ?? "",
)?.[0];

const isWorker = ({ text }: Block) => text.includes("export default");
const isWhole = ({ text }: Block) => text.includes("import { connect }");
const withToken = ({ text }: Block) => text.includes("token");

let directory: string;
let open: Server;
let closed: Server;
let backend: HttpServer;
let backendUrl: string;
let issuer: Issuer;

/** The program that an example is. */
function programOf({ code }: Example): string {
  const server = withToken(code) ? closed : open;
  const text = isWhole(code) ? code.text : `${preamble}${code.text}`;
  const closing = /client\.close\(\)/.test(text) ? "" : "await client.close();";
  return `${text}${isWorker(code) ? "" : closing}\nexport {};\n`
    .replaceAll(SERVICE, `127.0.0.1:${server.port}`)
    .replaceAll(BACKEND, backendUrl);
}

const nameOf = ({ code }: Example) => code.at.replaceAll(/\W/g, "-");
const fileOf = (example: Example) => join(directory, `${nameOf(example)}.ts`);

beforeAll(async () => {
  issuer = sharedSecret();
  [open, closed] = await Promise.all([
    startServer({ served: true }),
    startServer({ served: true, vars: issuer.variables }),
  ]);
  backend = createServer(async (_request, response) => {
    const channels = { "*": ["admin"] };
    response.end(await issuer.token({ sub: "alice", channels }));
  });
  const port = await freePort();
  backendUrl = `http://127.0.0.1:${port}`;
  await new Promise<void>((done) => backend.listen(port, "127.0.0.1", done));
  // Beside the packages that the examples import, and ignored by git.
  const ignored = join(PROJECT, ".wrangler");
  await mkdir(ignored, { recursive: true });
  directory = await mkdtemp(join(ignored, "docs-"));
  for (const example of examples) {
    await writeFile(fileOf(example), programOf(example));
  }
});
beforeEach(() => forgetChannels(open));
afterAll(async () => {
  await endPrograms();
  backend?.close();
  await Promise.all([open?.kill(), closed?.kill()]);
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Every example finds the service as a reader does who begins. */
async function forgetChannels(server: Server): Promise<void> {
  const ids = examples.flatMap(({ code }) =>
    [...code.text.matchAll(/\.channel\("(.*?)"/g)].map(([, id = ""]) => id),
  );
  for (const id of new Set(ids)) {
    await server.fetch(`/channels/${id}`, { method: "DELETE" });
  }
}

async function runWorker(example: Example): Promise<string> {
  const name = nameOf(example);
  const config = join(directory, `${name}.toml`);
  const lines = [
    `name = "${name.toLowerCase()}"`,
    `main = "${name}.ts"`,
    'compatibility_date = "2026-11-01"',
    "[alias]",
    `"sente-lite/client" = "${CLIENT}"`,
  ];
  await writeFile(config, lines.join("\n"));
  const worker = await startServer({ configs: [config] });
  try {
    // It was asked already, to see whether it answers.
    await forgetChannels(open);
    return `${(await worker.fetch("/")).text}\n`;
  } finally {
    await worker.kill();
  }
}

describe("the examples of the client", () => {
  it("compile", async () => {
    const configuration = {
      extends: "../../tsconfig.json",
      compilerOptions: {
        types: ["node"],
        lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
        paths: { "sente-lite/client": [CLIENT] },
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["*.ts"],
      exclude: [],
    };
    const file = join(directory, "tsconfig.json");
    await writeFile(file, JSON.stringify(configuration));
    const tsc = resolve(PROJECT, "node_modules/.bin/tsc");
    const outcome = promisify(execFile)(tsc, ["-p", file]);
    await outcome.catch(({ stdout }) => expect.fail(stdout));
  });

  it.each(examples.map((example) => ({ at: example.code.at, example })))(
    "$at prints what it shows",
    async ({ example }) => {
      if (isWorker(example.code)) {
        expect(await runWorker(example)).toBe(example.printed);
        return;
      }
      const program = runProgram([fileOf(example)], { cwd: directory });
      const code = await program.ended;
      expect(program.said()).toBe(example.printed);
      expect(code).toBe(0);
    },
  );
});

describe("the tables of the guide", () => {
  it("hold every error", async () => {
    const text = await readFile(resolve(PROJECT, GUIDE), "utf8");
    const rows = [...text.matchAll(/^\| `(\w+Error)` \| (?:`(.*?)`)?/gm)];
    const names = Object.keys(errors).filter((name) => name.endsWith("Error"));
    expect(rows.map(([, name]) => name).sort()).toEqual(names.sort());
    for (const [, name = "", reason] of rows) {
      if (reason === undefined) continue;
      const error =
        name === "RemoteError"
          ? new errors.RemoteError(null)
          : name === "InvalidDataError"
            ? new errors.InvalidDataError("it", [])
            : errors.failure(reason, "it");
      expect(error.constructor.name).toBe(name);
      expect(error).toMatchObject({ name, reason });
    }
  });

  it("hold every option with its default", async () => {
    const text = await readFile(resolve(PROJECT, GUIDE), "utf8");
    const options = [
      ...(await optionsOf("client", "ConnectOptions")),
      ...(await optionsOf("subscription", "SubscribeOptions")),
      ...(await optionsOf("publishing", "PublishOptions")),
      ...(await optionsOf("requests", "RequestOptions")),
    ];
    expect(options.length).toBeGreaterThan(10);
    for (const { name, standard } of options) {
      expect(text).toContain(`| \`${name}\` | ${standard ?? ""}`);
    }
  });
});

/** Options of the client as its source documents them. */
async function optionsOf(file: string, type: string) {
  const path = resolve(PROJECT, `src/client/${file}.ts`);
  const source = await readFile(path, "utf8");
  const body = source.split(`export interface ${type} {`)[1]?.split("\n}")[0];
  const fields = [...(body ?? "").matchAll(/(.*?)readonly (\w+)\?:/gs)];
  return fields.map(([, comment = "", name]) => ({
    name,
    standard: /Default ([\d,]+|true|false)/.exec(comment)?.[1],
  }));
}
