/**
 * A round: everybody is busy, the service crashes, and nothing is lost.
 *
 * @module
 */

import { random } from "../support/random.ts";
import { inTime } from "../support/waiting.ts";
import { Cast } from "./cast.ts";
import { Happenings } from "./happenings.ts";
import { describePlan, drawPlan } from "./plan.ts";
import type { End } from "./requests.ts";
import { createSubjects } from "./subjects.ts";
import { judge } from "./verdict.ts";
import type { Victim } from "./victim.ts";
import { Work } from "./work.ts";

/** What happened in a round. */
export interface Tally {
  /** The plan, in a few words. */
  readonly plan: string;
  /** Messages acknowledged. */
  readonly acknowledged: number;
  /** Messages sent again after a connection was lost. */
  readonly resent: number;
  /** Of those acknowledged, the ones that the server had already. */
  readonly duplicates: number;
  /** Messages that readers got, in all. */
  readonly read: number;
  /** Of these, the ones handed over on coming back. */
  readonly recovered: number;
  /** How often a reader came back and had missed nothing. */
  readonly resumptions: number;
  /** How often one had missed something, on channels that keep too little. */
  readonly gaps: number;
  /** For each crash, how long until the first answer, in ms. */
  readonly answeredMs: readonly number[];
  /** How often requests ended in which way. */
  readonly ends: ReadonlyMap<End, number>;
}

/** How long all may take that follows from one crash, in ms. */
const ROUND_MS = 60_000;

/**
 * Plays one round on a service, which goes on afterwards.
 *
 * @throws what was promised and not kept, with the plan of the round.
 */
export async function crashRound(victim: Victim, seed: number): Promise<Tally> {
  const plan = drawPlan(random(seed), victim.how);
  const happenings = new Happenings();
  const subjects = await createSubjects(victim.server);
  const cast = new Cast(victim, plan, subjects, happenings);
  const work = new Work(cast, victim, plan, happenings);
  const answeredMs: number[] = [];
  const inRound = <T>(what: string, part: Promise<T>): Promise<T> =>
    inTime(what, Promise.race([part, cast.failed]), ROUND_MS);
  try {
    await inRound("everybody is there", cast.gathers());
    const going = work.goesOn();
    going.catch((error) => cast.fails(error));
    await inRound("the situation begins", happenings.come(plan.begin));
    happenings.restart();
    await cast.begins();
    for (const moment of plan.moments) {
      await inRound("the moment of the crash", happenings.come(moment));
      // Some are back before it answers somebody else.
      happenings.restart();
      answeredMs.push(await victim.crash());
    }
    work.concludes();
    await inRound("everybody concludes", going);
    await judge(cast, work, victim);
    await cast.leaves();
  } catch (error) {
    work.concludes();
    await cast.leaves().catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    const what = `${victim.how}, seed ${seed} (${describePlan(plan)})`;
    throw new Error(`${what}: ${why}`, { cause: error });
  }
  return { plan: describePlan(plan), answeredMs, ...tally(cast, work) };
}

function tally({ readings, writings }: Cast, { ends }: Work) {
  const readers = readings.map(({ reader }) => reader);
  const writers = writings.map(({ writer }) => writer);
  const receipts = writers.flatMap((each) => [...each.receipts.values()]);
  return {
    acknowledged: receipts.length,
    resent: sum(writers.map((each) => each.resent)),
    duplicates: receipts.filter((each) => each.duplicate).length,
    read: sum(readers.map((each) => each.count)),
    recovered: sum(readers.map((each) => each.recovered)),
    resumptions: sum(readers.map((each) => each.resumptions)),
    gaps: sum(readers.map((each) => each.gaps)),
    ends,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
