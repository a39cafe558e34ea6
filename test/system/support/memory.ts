/**
 * What a server's `workerd` takes of the machine, as the kernel counts it. For servers
 * that were started with `served`, on Linux.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Server } from "./server.ts";

export const MiB = 1_048_576;

export class Memory {
  readonly #process: string;

  constructor({ dataDir }: Pick<Server, "dataDir">) {
    const pid = readFileSync(join(dataDir, "workerd.pid"), "utf8");
    this.#process = `/proc/${pid}`;
  }

  /** Bytes that are resident now. */
  get resident(): number {
    return this.#status("VmRSS");
  }

  /** The most bytes that were resident since `forgetPeak`. */
  get peak(): number {
    return this.#status("VmHWM");
  }

  forgetPeak(): void {
    // proc(5): 5 resets the high-water mark.
    writeFileSync(`${this.#process}/clear_refs`, "5");
  }

  /** Seconds of processor time used so far. */
  get cpuSeconds(): number {
    const stat = readFileSync(`${this.#process}/stat`, "utf8");
    // The name before the parenthesis may hold spaces; ticks are 10 ms.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  #status(field: string): number {
    const status = readFileSync(`${this.#process}/status`, "utf8");
    const [, kilobytes] = status.match(`${field}:\\s+(\\d+) kB`) ?? [];
    if (kilobytes === undefined) throw new Error(`no ${field} in ${status}`);
    return Number(kilobytes) * 1_024;
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
