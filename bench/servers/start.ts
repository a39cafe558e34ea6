/**
 * Starting each kind of server.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UNLIMITED } from "../../measuring/unlimited.ts";
import { startService } from "../../serve/service.ts";
import type { BenchServer, ServerName } from "./server.ts";

const HERE = import.meta.dirname;
const PROJECT = join(HERE, "../..");

/** Everything is stored, and no limit is in the way of what is measured. */
const SENTE = {
  AUTH: "open",
  ...UNLIMITED,
  CHANNEL_DEFAULTS: JSON.stringify({
    "recovery-window": 1_000,
    "max-subscribers": 30_000,
  }),
};

/**
 * Starts a server; resolves when it listens.
 *
 * @throws {Error} when it does not start.
 */
export function startServer(name: ServerName): Promise<BenchServer> {
  switch (name) {
    case "bare":
    case "party":
      return startWorker(join(HERE, `../workers/${name}.toml`), {});
    case "sente":
      return startWorker(join(PROJECT, "wrangler.toml"), SENTE);
    case "sente-silent":
      return startWorker(join(PROJECT, "wrangler.toml"), {
        ...SENTE,
        TELEMETRY_LEVEL: "off",
      });
    case "ws":
      return startNode("node-ws.ts");
    case "socket.io":
      return startNode("node-socket-io.ts");
    case "nats":
      return startNats();
  }
}

/** Whether a server can be started on this machine. */
export function isInstalled(name: ServerName): boolean {
  return name !== "nats" || natsServer() !== undefined;
}

async function startWorker(
  configFile: string,
  variables: Record<string, string>,
): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "sente-bench-"));
  const workerd = await startService({
    configFile,
    host: "127.0.0.1",
    port: 0,
    dataDir,
    variables,
    onError: (text) => process.stderr.write(text),
  });
  return {
    port: workerd.port,
    pid: workerd.pid,
    stop: async () => {
      await workerd.kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startNode(file: string): Promise<BenchServer> {
  const child = spawn(process.execPath, [join(HERE, file)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return serverOf(child, Number(String(line)));
}

/** Debian's package installs it outside of most users' PATH. */
function natsServer(): string | undefined {
  const places = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  return places
    .map((place) => join(place, "nats-server"))
    .find((path) => existsSync(path));
}

async function startNats(): Promise<BenchServer> {
  const scratch = await mkdtemp(join(tmpdir(), "sente-bench-"));
  const [port, other] = [await freePort(), await freePort()];
  const config = join(scratch, "nats.conf");
  await writeFile(
    config,
    `listen: 127.0.0.1:${other}
max_connections: 100000
websocket { listen: "127.0.0.1:${port}", no_tls: true, compression: false }
`,
  );
  const child = spawn(natsServer() ?? "nats-server", ["-c", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  for await (const text of child.stderr) {
    log += text;
    if (log.includes("Server is ready")) break;
  }
  if (child.exitCode !== null) throw new Error(`nats-server: ${log}`);
  const server = serverOf(child, port);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

function serverOf(child: ChildProcess, port: number): BenchServer {
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = Object(probe.address());
  probe.close();
  await once(probe, "close");
  return port;
}
