/**
 * `npm run bench`: this service beside the bare platform and others, in one
 * run.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { writeParts } from "../measuring/pages.ts";
import { judge } from "./figures.ts";
import { chart } from "./report/chart.ts";
import { boundsTable, storageTable, workloadTables } from "./report/lines.ts";
import { markdownTable, plainTable } from "./report/text.ts";
import { ROWS, type RowName } from "./rows.ts";
import { run } from "./run.ts";
import { isInstalled } from "./servers/start.ts";
import { countRows } from "./storage.ts";

const RESULTS = join(import.meta.dirname, "results");

class UsageError extends Error {}

const USAGE = `Measures sente-lite beside the bare platform and other servers.

  npm run bench -- [--rounds 3] [--seconds 3] [--only fan-out,idle] [--write]

  --rounds   how often everything is measured, in turn; medians are shown
  --seconds  how long each measurement takes
  --only     some of: ${Object.keys(ROWS).join(", ")}
  --write    puts the tables into docs/performance.md

Results go to bench/results/ as JSON and SVG. The exit code is 1 when a bound
does not hold.
`;

try {
  const flags = readFlags();
  if (flags.help) process.stdout.write(USAGE);
  else await bench(flags);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}

interface Flags {
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly RowName[];
  readonly write: boolean;
  readonly help: boolean;
}

async function bench({ rows, rounds, seconds, write }: Flags): Promise<void> {
  if (!isInstalled("nats")) {
    console.log("nats-server is not installed: its columns are left out");
  }
  const began = new Date();
  const results = await run({
    rows,
    rounds,
    seconds,
    onProgress: progress,
  });
  progress("counting rows");
  const rowsWritten = await countRows();
  progress("");
  const tables = [
    boundsTable(results),
    storageTable(rowsWritten),
    ...workloadTables(results),
  ];
  console.log(`\n${tables.map(plainTable).join("\n\n")}`);
  const machine = machineName();
  const name = began.toISOString().replaceAll(/[:.]/g, "-");
  await mkdir(RESULTS, { recursive: true });
  const report = { began, machine, rounds, seconds, results, rowsWritten };
  const json = join(RESULTS, `${name}.json`);
  await writeFile(json, JSON.stringify(report, undefined, 2));
  await writeFile(join(RESULTS, `${name}.svg`), chart(results));
  console.log(`\nwritten: bench/results/${name}.json and .svg`);
  const day = began.toISOString().slice(0, 10);
  const how = `${day}, ${machine}; ${rounds} rounds of ${seconds} s each.`;
  if (write) {
    const text = [how, ...tables.map(markdownTable)].join("\n\n");
    writeParts("performance.md", { figures: text });
  }
  const missed =
    judge(results).some(({ holds }) => holds === false) ||
    rowsWritten.some(({ rows, most }) => rows > most);
  if (missed) process.exitCode = 1;
}

function machineName(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${model}), ${memory} GB, Node ${process.versions.node}, ${process.platform}`;
}

/** One line that is written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "3" },
        seconds: { type: "string", default: "3" },
        only: { type: "string", default: Object.keys(ROWS).join(",") },
        write: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const rows = values.only.split(",").map((name) => {
      if (isRow(name)) return name;
      throw new TypeError(`--only knows no ${name}`);
    });
    return {
      ...values,
      rows,
      rounds: positive("rounds", values.rounds),
      seconds: positive("seconds", values.seconds),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(why);
  }
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && number <= 1_000) return number;
  throw new TypeError(`--${name} must be a number above 0, at most 1000`);
}

function isRow(name: string): name is RowName {
  return Object.hasOwn(ROWS, name);
}
