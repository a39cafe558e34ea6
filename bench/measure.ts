/**
 * Time and processor time, and what is made of many figures.
 *
 * @module
 */
import { processorSeconds } from "../measuring/processes.ts";

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
    this.#server = processorSeconds(pid);
  }

  /** Time since it began, in s. */
  get seconds(): number {
    return (performance.now() - this.#since) / 1_000;
  }

  /** Processor time the server has used since, in s. */
  get serverSeconds(): number {
    return processorSeconds(this.#pid) - this.#server;
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
