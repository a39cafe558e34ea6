/**
 * The directory that holds a service's data, for one process at a time.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Says why a service cannot run, for the person who started it. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}

/** A data directory that this process holds. */
export interface DataDir {
  readonly path: string;
  /** Where the objects' databases are. */
  readonly objects: string;
  /** Lets go of it. So does the end of the process, however it ends. */
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes a directory, which it makes where there is none. The lock is
 * SQLite's own on a file in it: the operating system drops it with the
 * process that holds it, `kill -9` included, so it never outlives its holder.
 *
 * @throws {ServeError} when another process holds it, or it cannot be written.
 */
export function holdDataDir(path: string): DataDir {
  const objects = join(path, "objects");
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(objects, { recursive: true });
    lock = new DatabaseSync(join(path, "lock.sqlite"));
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (isBusy(error)) {
      throw new ServeError(
        `the data directory ${path} is in use by another process; end that one, or choose another directory with --data`,
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new ServeError(`the data directory ${path} cannot be used: ${why}`);
  }
  const held = lock;
  return { path, objects, release: () => held.close() };
}

function isBusy(error: unknown): boolean {
  return Object(error).errcode === SQLITE_BUSY;
}
