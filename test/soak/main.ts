/**
 * `npm run soak`: what takes too long for a test.
 *
 * @module
 */
import {
  main,
  readFlags,
  UsageError,
  wholeNumber,
} from "../support/program.ts";
import { seedOfRun } from "../system/support/random.ts";
import { soakCrashes } from "./crash.ts";
import { soakLoad } from "./load.ts";

const USAGE = `Runs the service under stress, and exits with 1 when it broke a promise.

  npm run soak                             many clients for ten minutes
  npm run soak -- --minutes 60 --connections 500 --channels 50
  npm run soak -- --crash 100              a hundred rounds in which all crashes

  --minutes      how long the clients are at work: 10
  --connections  how many there are: 2000
  --channels     on how many channels: 200
  --crash        instead: so many rounds in which everything crashes, the
                 process by SIGKILL and all objects by an abort, in turn
  --seed         repeats a run, or one round of it
`;

await main("soak", USAGE, run);

/** Runs what the flags say; resolves with the exit code. */
async function run(): Promise<number> {
  const { crash, help, ...load } = readFlags([
    "minutes",
    "connections",
    "channels",
    "crash",
    "seed",
  ]);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort());
  }
  const { signal } = stop;
  const seed = wholeNumber("--seed", load.seed ?? String(seedOfRun()));
  if (crash !== undefined) {
    const other = (["minutes", "connections", "channels"] as const).find(
      (flag) => load[flag] !== undefined,
    );
    if (other !== undefined) {
      throw new UsageError(`--${other} means nothing with --crash`);
    }
    const rounds = wholeNumber("--crash", crash);
    const violations = await soakCrashes({ rounds, seed, signal });
    return violations === 0 ? 0 : 1;
  }
  const { minutes = "10", connections = "2000", channels = "200" } = load;
  console.log(`seed ${seed}`);
  const violations = await soakLoad({
    seed,
    minutes: wholeNumber("--minutes", minutes),
    connections: wholeNumber("--connections", connections),
    channels: wholeNumber("--channels", channels),
    signal,
    onLine: (line) => console.log(line),
  });
  for (const violation of violations) console.error(`broken: ${violation}`);
  console.log(
    violations.length === 0
      ? "every promise was kept"
      : `${violations.length} promises broken; --seed ${seed} draws the same`,
  );
  return violations.length === 0 ? 0 : 1;
}
