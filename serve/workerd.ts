/// <reference path="./workerd-package.d.ts" />
/**
 * A `workerd` process: started, listening, ended.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import executable from "workerd";

import { SOCKET_NAME } from "./config.ts";
import { ServeError } from "./data-dir.ts";

/** How long requests may go on after being told to stop, in ms. */
const GRACE_MS = 2_000;

/** How to run it. */
export interface WorkerdOptions {
  /** Where what it writes to its standard output goes. */
  readonly onOutput?: (text: string) => void;
  /** Where what it writes to its standard error goes. */
  readonly onError?: (text: string) => void;
  /** Arguments of one's own, such as `--inspector-addr`. */
  readonly flags?: readonly string[];
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running `workerd`. */
export interface Workerd {
  readonly pid: number;
  /** The port it listens on. */
  readonly port: number;
  /** How it ended, once it has. */
  readonly exited: Promise<Exit>;
  /**
   * Ends it: open requests get 2 s, sockets are cut. Nothing is lost by that:
   * what was acknowledged is on disk.
   */
  stop(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

/**
 * Starts `workerd` on a configuration file; resolves when it listens.
 *
 * @throws {ServeError} when it ends before it listens.
 */
export async function startWorkerd(
  configFile: string,
  { onOutput, onError, flags = [] }: WorkerdOptions = {},
): Promise<Workerd> {
  const child = spawn(
    executable.default,
    ["serve", "--control-fd=3", ...flags, configFile],
    { stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  // What it says before it listens is told once: here, or in the error.
  let early: string | undefined = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => onOutput?.(text));
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    if (early === undefined) onError?.(text);
    else early += text;
  });
  const exited = ended(child);
  const port = await Promise.race([
    listeningPort(child),
    exited.then(() => undefined),
  ]);
  const said = early;
  early = undefined;
  if (port === undefined || child.pid === undefined) {
    throw new ServeError(whyNot(said));
  }
  if (said !== "") onError?.(said);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    pid: child.pid,
    port,
    exited,
    kill,
    stop: async () => {
      child.kill("SIGTERM");
      const hard = setTimeout(kill, GRACE_MS);
      await exited.finally(() => clearTimeout(hard));
    },
  };
}

async function ended(child: ChildProcess): Promise<Exit> {
  try {
    // "close" comes after the last of its output, "exit" may come before.
    await once(child, "close");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServeError(`workerd could not be started: ${why}`);
  }
  return { code: child.exitCode, signal: child.signalCode };
}

/** `workerd` tells on its control descriptor where it listens. */
async function listeningPort(child: ChildProcess): Promise<number | undefined> {
  const control = child.stdio[3] as Readable;
  for await (const line of createInterface({ input: control })) {
    const { event, socket, port } = Object(JSON.parse(line));
    if (event !== "listen" || socket !== SOCKET_NAME) continue;
    // It goes on telling; nobody need listen, but the pipe must not fill.
    control.resume();
    return Number(port);
  }
  return undefined;
}

function whyNot(said: string): string {
  if (/address already in use/i.test(said)) {
    return "the address is in use by another process; choose another port with --port";
  }
  return `workerd ended before it listened:\n${said.trim()}`;
}
