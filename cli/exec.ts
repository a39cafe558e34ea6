/**
 * Commands that answer requests.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";

import type { Asked } from "../src/client/index.ts";

/** What came of a command: an answer, or why there is none. */
export interface Exit {
  readonly answer?: unknown;
  readonly error?: string;
}

/** More than the service takes by far: such a command has gone wrong. */
const MAX_OUTPUT_BYTES = 4_194_304;
/** What is kept of stderr: its end. */
const MAX_ERROR_CHARS = 4_096;
/** How long a command may take to end when it is asked to, in ms. */
const END_MS = 2_000;

/** Those that run: they end with this program, whatever ends it. */
const running = new Set<ChildProcess>();
process.on("exit", killAll);

/** Ends all commands at once. */
export function killAll(): void {
  for (const child of running) kill(child, "SIGKILL");
}

/** Runs a command by the shell; its request's signal ends it. */
export function runCommand(
  command: string,
  asked: Pick<
    Asked,
    | "data"
    | "channelId"
    | "requestId"
    | "senderUserId"
    | "senderConnId"
    | "signal"
  >,
): Promise<Exit> {
  const { signal } = asked;
  const { SENTE_TOKEN: _, ...env } = process.env;
  const child = spawn(command, {
    shell: true,
    // A group of its own: a signal reaches what it started as well, and the
    // terminal's Ctrl-C does not.
    detached: process.platform !== "win32",
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...env,
      SENTE_CHANNEL: asked.channelId,
      SENTE_REQUEST_ID: asked.requestId,
      SENTE_SENDER: asked.senderUserId ?? "",
      SENTE_SENDER_CONN: asked.senderConnId ?? "",
    },
  });
  running.add(child);
  let hard: NodeJS.Timeout | undefined;
  const end = () => {
    kill(child, "SIGTERM");
    hard = setTimeout(() => kill(child, "SIGKILL"), END_MS);
  };
  const chunks: Buffer[] = [];
  let bytes = 0;
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    else kill(child, "SIGKILL");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-MAX_ERROR_CHARS);
  });
  // It need not read what it is given.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(asked.data));

  return new Promise<Exit>((resolve) => {
    child.on("error", ({ message }) => resolve({ error: message }));
    child.on("close", (code, signalName) => {
      if (signal.aborted) return resolve({ error: "cancelled" });
      if (bytes > MAX_OUTPUT_BYTES) {
        return resolve({ error: `it printed over ${MAX_OUTPUT_BYTES} bytes` });
      }
      if (code === 0) {
        return resolve({ answer: answerOf(Buffer.concat(chunks)) });
      }
      const last = errors.trimEnd().split("\n").at(-1)?.trim();
      resolve({ error: last || `it ended with ${signalName ?? code}` });
    });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }).finally(() => {
    clearTimeout(hard);
    signal.removeEventListener("abort", end);
    running.delete(child);
  });
}

/** What a command printed: JSON, or else text without the last line's end. */
export function answerOf(stdout: Buffer): unknown {
  const text = stdout.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text.replace(/\r?\n$/, "");
  }
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
