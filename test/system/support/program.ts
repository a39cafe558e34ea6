/**
 * Programs that somebody wrote who installed `sente-lite`.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { eventually } from "./waiting.ts";

const ALIAS = resolve(import.meta.dirname, "client-alias.ts");

/** A running program. */
export interface Program {
  /** All that it has written so far. */
  said(): string;
  /** @returns when it has written that. */
  says(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

const running = new Set<Program>();

/** Runs a program under Node. */
export function runProgram(
  args: readonly string[],
  where: { readonly cwd: string; readonly env?: Record<string, string> },
): Program {
  const child = spawn(
    process.execPath,
    ["--import", pathToFileURL(ALIAS).href, ...args],
    {
      cwd: where.cwd,
      env: { ...process.env, NO_COLOR: "1", ...where.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      output += text;
    });
  }
  const program: Program = {
    said: () => output,
    says: async (text) => {
      const what = () => `${args.join(" ")} says ${text}:\n${output}`;
      await eventually(what, () => output.includes(text));
    },
    signal: (name) => void child.kill(name),
    ended: once(child, "close").then(([code]) => {
      running.delete(program);
      return code;
    }),
  };
  running.add(program);
  return program;
}

/** Ends all that still run. */
export async function endPrograms(): Promise<void> {
  const all = [...running];
  for (const program of all) program.signal("SIGKILL");
  await Promise.all(all.map((program) => program.ended));
}
