/**
 * The memory of a server's `workerd`, as the kernel counts it. For servers
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
