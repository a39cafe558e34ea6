/**
 * A service that can be crashed and answers again afterwards, at the same
 * address and with the same data.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { createServer } from "node:net";

import { random } from "../support/random.ts";
import { newDataDir, type Server, startServer } from "../support/server.ts";
import { abortsAll, startTrappedServer } from "../support/traps.ts";

/**
 * How it crashes: `kill` ends the process with SIGKILL and starts another one
 * on its data; `abort` aborts all objects under a Worker that lives on.
 */
export const CRASHES = ["kill", "abort"] as const;
export type Crash = (typeof CRASHES)[number];

/** A service to be crashed. */
export interface Victim {
  readonly how: Crash;
  /** The server that runs now, or answered last. */
  readonly server: Server;
  /** Crashes it; resolves when it answers, with how long that took in ms. */
  crash(): Promise<number>;
  /** Lines of its logs that should not be there. */
  complaints(): string[];
  /** Ends it, and removes its data. */
  ends(): Promise<void>;
}

/** Starts a service that crashes in a certain way. */
export function startVictim(how: Crash, seed: number): Promise<Victim> {
  return how === "kill" ? startKilled(seed) : startAborted();
}

async function startKilled(seed: number): Promise<Victim> {
  const dataDir = await newDataDir();
  const port = await fixedPort(seed);
  const start = () => startServer({ served: true, dataDir, port });
  let server = await start();
  const complaints: string[] = [];
  return {
    how: "kill",
    get server() {
      return server;
    },
    crash: async () => {
      complaints.push(...server.complaints());
      await server.kill();
      const begin = performance.now();
      server = await start();
      return performance.now() - begin;
    },
    complaints: () => [...complaints, ...server.complaints()],
    ends: async () => {
      await server.kill();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function startAborted(): Promise<Victim> {
  const server = await startTrappedServer({
    vars: { TELEMETRY_LEVEL: "error" },
  });
  return {
    how: "abort",
    server,
    crash: async () => {
      const begin = performance.now();
      await abortsAll(server);
      const { status, text } = await server.fetch("/health");
      if (status !== 200) throw new Error(`not healthy: ${text}`);
      return performance.now() - begin;
    },
    complaints: () => server.complaints(),
    ends: () => server.stop(),
  };
}

/**
 * A free port outside the range that the system gives to those who connect:
 * clients that try a port again and again while nobody listens on it would
 * else, once in a while, be given that very port.
 */
async function fixedPort(seed: number): Promise<number> {
  const dice = random(seed);
  for (;;) {
    const port = 10_000 + dice.integer(20_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
