/**
 * The log of all servers that the system tests start, and what must not stand
 * in any of its lines. Vitest calls this before and after all of them.
 *
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SECRET_MARK } from "./tokens.ts";

/** What must not be in a log, by what it is called. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  "a secret": new RegExp(SECRET_MARK),
  "a token": /eyJ[\w-]{8,}/,
  "a key": /-----BEGIN|"kty"/,
  "a stack": /(^|\\n)\s*at .*:\d+:\d+\)?/,
};

/**
 * What `wrangler dev` prints of an exception that the service throws to a
 * Worker that calls it: that Worker's developer is to see where.
 */
const THROWN = /Uncaught (?:Type|Range|SenteLite)?Error.*\n\n(?: +at .*\n)+/g;

/** How much of a line that should not be there is shown. */
const SHOWN = 300;

/** The lines of a log that hold a secret or a stack, and which of them. */
export function secretsIn(log: string): string[] {
  const lines = log.replaceAll(THROWN, "").split("\n");
  return lines.flatMap((line) =>
    Object.entries(SECRETS)
      .filter(([, pattern]) => pattern.test(line))
      .map(([what]) => `${what}: ${line.slice(0, SHOWN)}`),
  );
}

/**
 * Collects the log of the run, in a file that `SYSTEM_LOG` names.
 *
 * @returns what looks through it at the end, and throws if there is a secret.
 */
export function setup(): () => void {
  const given = process.env.SYSTEM_LOG;
  const scratch = mkdtempSync(join(tmpdir(), "sente-log-"));
  const file = given ?? join(scratch, "system.log");
  process.env.SYSTEM_LOG = file;
  // One that is given may hold the runs before.
  const start = read(file).length;
  return () => {
    const log = read(file).subarray(start);
    rmSync(scratch, { recursive: true });
    const found = [...new Set(secretsIn(String(log)))];
    if (found.length === 0) return;
    const lines = found.join("\n");
    throw new Error(`the servers' log holds what it must not:\n${lines}`);
  };
}

function read(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}
