/**
 * Time, processor time and memory, and what is made of many figures.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** How busy two processes were, as parts of one processor. */
export interface Load {
  readonly server: number;
  readonly client: number;
}

/** Watches a server and this process from now on. */
export class Watch {
  readonly #pid: number;
  readonly #since = performance.now();
  readonly #server: number;
  readonly #client = process.cpuUsage();

  constructor(pid: number) {
    this.#pid = pid;
    this.#server = cpuSeconds(pid);
  }

  /** Time since it began, in s. */
  get seconds(): number {
    return (performance.now() - this.#since) / 1_000;
  }

  /** Processor time the server has used since, in s. */
  get serverSeconds(): number {
    return cpuSeconds(this.#pid) - this.#server;
  }

  /** How busy both have been since. */
  load(): Load {
    const { user, system } = process.cpuUsage(this.#client);
    return {
      server: this.serverSeconds / this.seconds,
      client: (user + system) / 1e6 / this.seconds,
    };
  }
}

/** Processor time a process has used so far, all threads, in s. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field, the name, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** The value that `part` (0 to 1) of all values do not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
  return sorted[at] ?? Number.NaN;
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
