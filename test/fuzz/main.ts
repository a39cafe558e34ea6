/**
 * `npm run fuzz`: the bad input of test/system/hostile.test.ts, as much of it
 * as wanted.
 *
 * @module
 */
import { main, readFlags, wholeNumber } from "../support/program.ts";
import { KINDS, MODES, Target } from "../system/support/assault.ts";
import { secretsIn } from "../system/support/log-secrets.ts";
import { seedOfRun } from "../system/support/random.ts";

const USAGE = `Sends the service bad input, and exits with 1 when it was answered wrongly.

  npm run fuzz -- --runs 100000 [--seed 5]

  --runs  how many inputs: 10000
  --seed  repeats a run; the seed of a round repeats that round
`;

/** Of each kind, in one round: what is repeated to see a failure again. */
const RUNS_OF_KIND = 100;
const KINDS_IN_ALL = MODES.flatMap((mode) => KINDS[mode]).length;

await main("fuzz", USAGE, run);

/** Runs what the flags say; resolves with the exit code. */
async function run(): Promise<number> {
  const {
    runs = "10000",
    seed = String(seedOfRun()),
    help,
  } = readFlags(["runs", "seed"]);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const wanted = wholeNumber("--runs", runs);
  const first = wholeNumber("--seed", seed);
  const ofRound = RUNS_OF_KIND * KINDS_IN_ALL;
  const rounds = Math.ceil(wanted / ofRound);
  console.log(`seed ${first}, ${rounds * ofRound} inputs`);
  for (const mode of MODES) {
    const target = await Target.start(mode);
    try {
      for (let round = 0; round < rounds; round++) {
        if (!(await attack(target, mode, first + round, ofRound))) return 1;
        console.log(`AUTH=${mode}: round ${round + 1} of ${rounds}`);
      }
      const { server } = target;
      const faults = [...server.complaints(), ...secretsIn(server.log())];
      for (const line of faults) console.error(`in the log: ${line}`);
      if (faults.length > 0) return 1;
    } finally {
      await target.server.kill();
    }
  }
  console.log("everything was answered as it should be");
  return 0;
}

/** One round; resolves with whether all went well. */
async function attack(
  target: Target,
  mode: (typeof MODES)[number],
  seed: number,
  ofRound: number,
): Promise<boolean> {
  for (const kind of KINDS[mode]) {
    try {
      await target.endures(kind, { runs: RUNS_OF_KIND, seed, shrinks: true });
    } catch (error) {
      console.error(`AUTH=${mode}, ${kind}:`, error);
      console.error(`again: npm run fuzz -- --runs ${ofRound} --seed ${seed}`);
      return false;
    }
  }
  return true;
}
