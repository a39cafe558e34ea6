/**
 * The service as a process of its own, as `npm start` or `npm run serve` runs
 * it, and requests to it over HTTP.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { UNLIMITED } from "../../../measuring/unlimited.ts";
import { eventually } from "./waiting.ts";

/** Where package.json stands. */
const PROJECT = resolve(import.meta.dirname, "../../..");

/** How long a server may take to answer for the first time, in ms. */
const START_MS = 45_000;
/** How long a server may take to end when asked to, in ms. */
const STOP_MS = 10_000;

/**
 * What a log must not hold, whatever clients do. A reload means that a source
 * file was changed while the test ran, and breaks all connections.
 */
const COMPLAINT =
  /"level":"error"|Uncaught|had hung|exceeded|wrangler:err|✘|Reloading/;

/**
 * And what is not the service's: wrangler reads the log through a tail of its
 * own, which may be cut off in the middle on a busy machine.
 */
const OF_WRANGLER = /workerd\/io\/trace-stream\.c\+\+.*tail session/;

/** How to run a server. */
export interface ServerOptions {
  /**
   * Variables, `AUTH` among them: without it everybody is let in. Rates are
   * not limited unless they say so.
   */
  readonly vars?: Readonly<Record<string, string | number>>;
  /** Where storage lives: absent, a new directory that goes with the server. */
  readonly dataDir?: string;
  /** Where it listens: a free port. */
  readonly port?: number;
  /** Configurations of other Workers to run in place of the service's own. */
  readonly configs?: readonly string[];
  /**
   * Whether another Worker stands in front of the service and calls it over a
   * service binding: test/system/workers/calling.ts.
   */
  readonly bound?: boolean;
  /** Whether `AUTH` is left out. */
  readonly closed?: boolean;
  /** Whether `npm run serve` runs it, which has no proxy in front of it. */
  readonly served?: boolean;
  /** Where its inspector listens, if `served` is set: nowhere. */
  readonly inspectorPort?: number;
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** As text; empty where there is none. */
  readonly text: string;
  /** The text as JSON, or undefined when it is none. */
  readonly body: unknown;
}

/** A running server. */
export interface Server {
  readonly port: number;
  readonly dataDir: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** All it has written so far. */
  log(): string;
  /** Lines of the log that should not be there. */
  complaints(): string[];
  fetch(path: string, init?: RequestInit): Promise<Answer>;
  /** A request with a JSON body. */
  sends(method: string, path: string, body: unknown): Promise<Answer>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Ends all its processes at once, as a crash of the machine does. */
  kill(): Promise<void>;
}

/** A TCP port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return address.port;
}

/** A directory for storage that outlives a server. */
export function newDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "sente-data-"));
}

/**
 * Starts a server and waits until it answers. What it writes is added to the
 * file that `SYSTEM_LOG` of the environment names, if it names one.
 */
export async function startServer(
  options: ServerOptions = {},
): Promise<Server> {
  const port = options.port ?? (await freePort());
  const scratch = await mkdtemp(join(tmpdir(), "sente-system-"));
  const dataDir = options.dataDir ?? join(scratch, "data");
  const child = await run(options, port, dataDir, scratch);
  const lines = collect(child);
  const url = `http://127.0.0.1:${port}`;
  const exited = once(child, "exit");
  const ended = async (): Promise<void> => {
    await exited;
    await eventually("all its processes are gone", () => !isAlive(child));
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  const server: Server = {
    port,
    dataDir,
    url,
    log: () => lines.join(""),
    complaints: () =>
      lines
        .join("")
        .split("\n")
        .filter((line) => COMPLAINT.test(line) && !OF_WRANGLER.test(line)),
    fetch: (path, init) => request(`${url}${path}`, init),
    sends: (method, path, body) =>
      request(`${url}${path}`, { method, body: JSON.stringify(body) }),
    stop: async () => {
      signal(child, "SIGINT");
      const hard = setTimeout(() => signal(child, "SIGKILL"), STOP_MS);
      await ended().finally(() => clearTimeout(hard));
    },
    kill: async () => {
      signal(child, "SIGKILL");
      await ended();
    },
  };
  try {
    await eventually(
      `the server answers on ${url}`,
      async () => {
        if (child.exitCode !== null) return true;
        await request(`${url}/health`);
        return true;
      },
      START_MS,
    );
    if (child.exitCode !== null) throw new Error("the server ended at once");
  } catch (error) {
    signal(child, "SIGKILL");
    throw new Error(`the server did not start:\n${server.log()}`, {
      cause: error,
    });
  }
  return server;
}

/** A server as whoever holds a token asks it over HTTP. */
export function withToken(server: Server, token: string): Server {
  const fetch: Server["fetch"] = (path, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${token}`);
    return server.fetch(path, { ...init, headers });
  };
  const sends: Server["sends"] = (method, path, body) =>
    fetch(path, { method, body: JSON.stringify(body) });
  return { ...server, fetch, sends };
}

async function run(
  options: ServerOptions,
  port: number,
  dataDir: string,
  scratch: string,
): Promise<ChildProcess> {
  const { vars = {}, closed = false, served = false } = options;
  const { bound = false, configs = [] } = options;
  const open = closed ? {} : OPEN;
  const settings = { ...open, ...UNLIMITED, ...vars };
  const [program = "", ...args] = served
    ? serveCommand(options, port, dataDir)
    : bound
      ? wranglerCommand(await boundConfigs(settings, scratch), {})
      : wranglerCommand(configs, settings);
  if (!served) {
    args.push("--port", String(port), "--inspector-port", "0");
    args.push("--persist-to", dataDir);
  }
  return spawn(program, args, {
    cwd: PROJECT,
    // A process group of its own: it is ended by that group, workerd included.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}`,
      CI: "1",
      NO_COLOR: "1",
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      // Servers of other tests are none of its business.
      WRANGLER_REGISTRY_PATH: join(scratch, "registry"),
      WRANGLER_LOG_PATH: join(scratch, "logs"),
      ...(served ? textsOf(settings) : {}),
    },
  });
}

/** Variables by their names. */
type Vars = NonNullable<ServerOptions["vars"]>;

const OPEN: Vars = { AUTH: "open" };

function textsOf(vars: Vars): Record<string, string> {
  const entries = Object.entries(vars);
  return Object.fromEntries(entries.map(([name, value]) => [name, `${value}`]));
}

function serveCommand(
  { inspectorPort }: ServerOptions,
  port: number,
  dataDir: string,
): string[] {
  const where = ["--port", String(port), "--data", dataDir];
  if (inspectorPort !== undefined) {
    where.push("--inspect", `127.0.0.1:${inspectorPort}`);
  }
  return ["npm", "run", "serve", "--", ...where];
}

function wranglerCommand(configs: readonly string[], vars: Vars): string[] {
  const { AUTH, ...others } = vars;
  const isStart = AUTH === "open" && configs.length === 0;
  const command = isStart ? ["npm", "start", "--"] : ["wrangler", "dev"];
  for (const config of configs) command.push("-c", config);
  for (const [name, value] of Object.entries(isStart ? others : vars)) {
    command.push("--var", `${name}:${value}`);
  }
  return command;
}

/**
 * `--var` is only for the first of several Workers, and what stands under
 * `[vars]` wrangler prints: variables go into a file of their own.
 */
async function boundConfigs(vars: Vars, scratch: string): Promise<string[]> {
  const service = join(scratch, "wrangler.toml");
  const given = await readFile(join(PROJECT, "wrangler.toml"), "utf8");
  const moved = given
    .replace('main = "', `main = "${PROJECT}/`)
    .replace('directory = "', `directory = "${PROJECT}/`);
  await writeFile(service, moved);
  // In single quotes a value may have lines, and stands for itself.
  const lines = Object.entries(vars).map(
    ([name, value]) => `${name}='${value}'\n`,
  );
  await writeFile(join(scratch, ".dev.vars"), lines.join(""));
  return ["test/system/workers/calling.toml", service];
}

function collect(child: ChildProcess): string[] {
  const lines: string[] = [];
  const { SYSTEM_LOG } = process.env;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      lines.push(text);
      if (SYSTEM_LOG !== undefined) appendFileSync(SYSTEM_LOG, text);
    });
  }
  return lines;
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
  }
}

function isAlive(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function request(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(30_000),
    ...init,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: parse(text),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
