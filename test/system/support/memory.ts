/**
 * What a server's `workerd` takes of the machine, as the kernel counts it. For
 * servers that were started with `served`, on Linux.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  forgetPeak,
  peakBytes,
  processorSeconds,
  residentBytes,
} from "../../../measuring/processes.ts";
import type { Server } from "./server.ts";

export const MiB = 1_048_576;

export class Memory {
  readonly #pid: number;

  constructor({ dataDir }: Pick<Server, "dataDir">) {
    this.#pid = Number(readFileSync(join(dataDir, "workerd.pid"), "utf8"));
  }

  /** Bytes that are resident now. */
  get resident(): number {
    return residentBytes(this.#pid);
  }

  /** The most bytes that were resident since `forgetPeak`. */
  get peak(): number {
    return peakBytes(this.#pid);
  }

  forgetPeak(): void {
    forgetPeak(this.#pid);
  }

  /** Seconds of processor time used so far. */
  get cpuSeconds(): number {
    return processorSeconds(this.#pid);
  }
}

/** A queue of more bytes is not just on its way. */
const STALLED_BYTES = 65_536;

/** How many of a server's open connections have peers that do not read. */
export function stalledConnections({ port }: Pick<Server, "port">): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  // proc_pid_net(5): sl, local, remote, state, tx_queue:rx_queue, …
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  return lines.filter((line) => {
    const [, from, , state, queues] = line.trim().split(/\s+/);
    const isOpen = state === "01" && from?.endsWith(local) === true;
    return isOpen && Number.parseInt(queues ?? "", 16) > STALLED_BYTES;
  }).length;
}
