/**
 * `npm run soak`: what takes too long for a test.
 *
 * @module
 */
import { parseArgs } from "node:util";

import { seedOfRun } from "../system/support/random.ts";
import { soakCrashes } from "./crash.ts";

const USAGE = `Runs the service under stress, and exits with 1 when it broke a promise.

  npm run soak -- --crash 100 [--seed 1]

  --crash   so many rounds in which everything crashes: the process by SIGKILL
            and all objects by an abort, in turn
  --seed    repeats a run, or one round of it
`;

/** The command line is wrong. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`soak: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** Runs what the flags say; resolves with the exit code. */
async function run(): Promise<number> {
  const { crash, seed = String(seedOfRun()), help } = readFlags();
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (crash === undefined) throw new UsageError("say what to run");
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort());
  }
  const violations = await soakCrashes({
    rounds: wholeNumber("--crash", crash),
    seed: wholeNumber("--seed", seed),
    signal: stop.signal,
  });
  return violations === 0 ? 0 : 1;
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        crash: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "");
  }
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && Number.isSafeInteger(value)) {
    return value;
  }
  throw new UsageError(`${flag} must be a whole number above 0, not ${text}`);
}
