/**
 * The command line as a process of its own.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { eventually, inTime } from "./waiting.ts";

/** The program. */
export const CLI = resolve(import.meta.dirname, "../../../cli/main.ts");

/** What a stack trace looks like, which nobody is to see. */
const STACK = /^\s+at .+:\d+/m;

/** Those that a test left running when it failed. */
const running = new Set<ChildProcessWithoutNullStreams>();

/** How it is run. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads. */
  readonly input?: string;
}

/** What came of it. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** While it runs. */
export interface CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** Resolves when one of both holds a text. */
  says(text: string): Promise<void>;
  /** Resolves when it has ended. */
  result(): Promise<CliResult>;
}

/** Starts it. */
export function startCli(
  args: readonly string[],
  { env = {}, input }: CliOptions = {},
): CliRun {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    // Where no .dev.vars sets anything.
    cwd: mkdtempSync(join(tmpdir(), "sente-cli-")),
    env: { PATH, ...env },
  });
  running.add(child);
  child.on("close", () => running.delete(child));
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  const what = () => `sente-lite ${args.join(" ")}:\n${stdout}\n${stderr}`;
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (text) => {
      await eventually(
        () => `${JSON.stringify(text)} of ${what()}`,
        () => `${stdout}${stderr}`.includes(text),
      );
    },
    result: async () => {
      const code = await inTime(what, closed);
      if (STACK.test(stderr)) throw new Error(`a stack trace: ${what()}`);
      return { code, stdout, stderr };
    },
  };
}

/** Runs it to its end. */
export function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return startCli(args, { input: "", ...options }).result();
}

/** Ends all that still run. */
export function endClis(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** The documents of `--json`. */
export function documentsOf(text: string): Record<string, unknown>[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}
