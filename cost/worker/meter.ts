/**
 * Counts what one object does.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

import { noCounts, type ObjectCounts } from "../counts.ts";

/** Whose turn it is; nobody's means the Worker's. */
const running = new AsyncLocalStorage<Meter>();

/** Lines that the Worker logged, outside of any object. */
let workerLines = 0;

/** How something reaches an object. */
export type Entry = "upgrades" | "calls" | "alarms" | "messages";

interface Cursor {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

export class Meter {
  #counts = noCounts();
  /** Their rows count as they are read, so they are looked at later. */
  #cursors: Cursor[] = [];
  #holds = 0;
  #heldSince = 0;

  /** Has `storage` tell this meter of rows and alarms. */
  attach(storage: DurableObjectStorage): void {
    this.#counts.starts++;
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    sql.exec = (query, ...bindings) => {
      const cursor = exec(query, ...bindings);
      this.#cursors.push(cursor);
      // biome-ignore lint/suspicious/noExplicitAny: as the platform's types have it
      return cursor as SqlStorageCursor<any>;
    };
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (...args) => {
      this.#counts.rowsWritten++;
      return setAlarm(...args);
    };
  }

  /** Runs a handler. Without an entry it is of a kind that is not billed. */
  enter<T>(entry: Entry | undefined, handler: () => T): T {
    if (entry !== undefined) this.#counts[entry]++;
    const release = this.hold();
    let result: T;
    try {
      result = running.run(this, handler);
    } catch (error) {
      release();
      throw error;
    }
    if (result instanceof Promise) result.then(release, release);
    else release();
    this.#readCursors();
    return result;
  }

  /** From now until the answer is called, something keeps the object. */
  hold(): () => void {
    if (this.#holds++ === 0) this.#heldSince = Date.now();
    return () => {
      if (--this.#holds === 0) {
        this.#counts.pinnedMs += Date.now() - this.#heldSince;
      }
    };
  }

  log(): void {
    this.#counts.lines++;
  }

  /** What was counted since this was last called. */
  take(): ObjectCounts {
    this.#readCursors();
    const counts = this.#counts;
    this.#counts = noCounts();
    if (this.#holds > 0) {
      const now = Date.now();
      counts.pinnedMs += now - this.#heldSince;
      this.#heldSince = now;
    }
    return counts;
  }

  #readCursors(): void {
    for (const { rowsRead, rowsWritten } of this.#cursors) {
      this.#counts.rowsRead += rowsRead;
      this.#counts.rowsWritten += rowsWritten;
    }
    this.#cursors = [];
  }
}

/** The lines that the Worker logged since this was last called. */
export function takeWorkerLines(): number {
  const lines = workerLines;
  workerLines = 0;
  return lines;
}

// A timer keeps the object that set it in memory, and a log line is its own.
const { setTimeout: start } = globalThis;
function startHeld(
  callback: (...args: unknown[]) => void,
  ms?: number,
  ...args: unknown[]
): number {
  const release = running.getStore()?.hold();
  return start(() => {
    callback(...args);
    release?.();
  }, ms);
}
Object.assign(globalThis, { setTimeout: startHeld });

for (const level of ["log", "error"] as const) {
  const write = console[level].bind(console);
  console[level] = (...args) => {
    const meter = running.getStore();
    if (meter === undefined) workerLines++;
    else meter.log();
    write(...args);
  };
}
