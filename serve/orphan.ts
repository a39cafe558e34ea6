/**
 * A `workerd` whose starter was killed lives on, and would write to the data
 * of the next one.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How often a process that was killed is looked for, in ms. */
const LOOK_MS = 10;
const PID_FILE = "workerd.pid";

/** Writes down which process serves a data directory. */
export function notePid(dataDir: string, pid: number): void {
  writeFileSync(join(dataDir, PID_FILE), String(pid));
}

/**
 * Ends the process that was noted last, should it still be serving. Only
 * whoever holds the data directory may call this.
 *
 * @param configFile which it was started with: process ids are used again, so
 * only a process that names this file is taken for it.
 * @returns the id of the process that was ended, if any was.
 */
export async function endOrphan(
  dataDir: string,
  configFile: string,
): Promise<number | undefined> {
  const pid = notedPid(dataDir);
  if (pid === undefined || !commandOf(pid).includes(configFile)) return;
  process.kill(pid, "SIGKILL");
  while (commandOf(pid).includes(configFile)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return pid;
}

function notedPid(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, PID_FILE), "utf8"));
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A process's command line; empty when there is no such process. */
function commandOf(pid: number): string {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], {
          encoding: "utf8",
        });
  } catch {
    return "";
  }
}
