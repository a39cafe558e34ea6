/**
 * Crash after crash, of both kinds in turn.
 *
 * @module
 */
import { crashRound, type Tally } from "../system/crash/round.ts";
import {
  CRASHES,
  type Crash,
  startVictim,
  type Victim,
} from "../system/crash/victim.ts";

/** What to run. */
export interface CrashSoak {
  readonly rounds: number;
  /** The first round's; each of the others has the next one. */
  readonly seed: number;
  /** Ends it after the round that is being played. */
  readonly signal: AbortSignal;
}

/**
 * Plays rounds and prints what happened: a line a round, then a table. A
 * service lives on from round to round, until it breaks a promise.
 *
 * @returns how many rounds broke one.
 */
export async function soakCrashes({
  rounds,
  seed: first,
  signal,
}: CrashSoak): Promise<number> {
  const victims = new Map<Crash, Victim>();
  const tallies: Record<Crash, Tally[]> = { kill: [], abort: [] };
  let violations = 0;
  const end = async (how: Crash): Promise<void> => {
    await victims.get(how)?.ends();
    victims.delete(how);
  };
  try {
    for (let seed = first; seed < first + rounds; seed++) {
      if (signal.aborted) break;
      const how = crashOf(seed);
      const begin = performance.now();
      let line: string;
      try {
        const victim = victims.get(how) ?? (await startVictim(how, seed));
        victims.set(how, victim);
        const tally = await crashRound(victim, seed);
        tallies[how].push(tally);
        line = describeTally(tally);
      } catch (error) {
        violations += 1;
        const why = error instanceof Error ? error.message : String(error);
        const again = `npm run soak -- --crash 1 --seed ${seed}`;
        line = `VIOLATION ${why}\nto repeat it: ${again}`;
        await end(how);
      }
      const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
      console.log(`${seed - first + 1} ${how}, ${seconds} s: ${line}`);
    }
  } finally {
    for (const how of CRASHES) await end(how);
  }
  console.table(
    Object.fromEntries(CRASHES.map((how) => [how, sumUp(tallies[how])])),
  );
  for (const how of CRASHES) {
    console.log(`requests, ${how}: ${describeEnds(tallies[how])}`);
  }
  console.log(`violations: ${violations}`);
  return violations;
}

/** It goes by the seed, so that a round can be repeated alone. */
function crashOf(seed: number): Crash {
  return seed % 2 === 0 ? "kill" : "abort";
}

function describeTally(tally: Tally): string {
  const { plan, acknowledged, resent, read, recovered } = tally;
  return `${plan}; ${acknowledged} acknowledged, ${resent} sent again, ${read} read, ${recovered} of them recovered`;
}

function sumUp(tallies: readonly Tally[]): Record<string, number> {
  const total = (of: (tally: Tally) => number) =>
    tallies.reduce((sum, each) => sum + of(each), 0);
  const answered = tallies
    .flatMap(({ answeredMs }) => answeredMs)
    .toSorted((a, b) => a - b);
  return {
    rounds: tallies.length,
    crashes: answered.length,
    acknowledged: total((each) => each.acknowledged),
    "sent again": total((each) => each.resent),
    "found to be repeated": total((each) => each.duplicates),
    read: total((each) => each.read),
    recovered: total((each) => each.recovered),
    resumptions: total((each) => each.resumptions),
    gaps: total((each) => each.gaps),
    "answers after ms, median": Math.round(
      answered[Math.floor(answered.length / 2)] ?? 0,
    ),
    "at most": Math.round(answered.at(-1) ?? 0),
  };
}

function describeEnds(tallies: readonly Tally[]): string {
  const counts = new Map<string, number>();
  for (const [end, count] of tallies.flatMap(({ ends }) => [...ends])) {
    counts.set(end, (counts.get(end) ?? 0) + count);
  }
  return [...counts].map(([end, count]) => `${end} ${count}`).join(", ");
}
