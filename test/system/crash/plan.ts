/**
 * What happens in a round, drawn by lot before it begins.
 *
 * @module
 */
import type { Random } from "../support/random.ts";
import type { Crash } from "./victim.ts";

/** What is going on when the crash comes, beside publishing and requests. */
export const SITUATIONS = [
  "publishing",
  "reading",
  "subscribing",
  "replaying",
  "re-creating",
] as const;
export type Situation = (typeof SITUATIONS)[number];

/** What can be counted on the way to a crash. */
export type Happening = "acknowledgement" | "message" | "subscription";

/** The moment at which a crash comes: when so much has happened. */
export interface Moment {
  readonly happening: Happening;
  readonly count: number;
}

export interface Plan {
  readonly situation: Situation;
  /** When the situation begins, counted from the start. */
  readonly begin: Moment;
  /**
   * One moment a crash: the first is counted from the beginning of the
   * situation, each other from the crash before.
   */
  readonly moments: readonly Moment[];
  /** Where among the four ways those start who use only some of them. */
  readonly turn: number;
}

/** How many subscribe, or resume, at once in the situations of that name. */
export const CROWD = 8;

/** Most crashes of one round. A process takes seconds to start again. */
const MOST_CRASHES: Record<Crash, number> = { kill: 2, abort: 5 };

/** Most messages that are acknowledged before the situation begins. */
const MOST_BEFORE = 500;

/** So many readers at least lose their connection in any crash. */
const FEWEST_READERS = 5;

/** Draws a plan. */
export function drawPlan(dice: Random, how: Crash): Plan {
  const situation = dice.pick(SITUATIONS);
  const count = 1 + dice.integer(MOST_BEFORE);
  const begin: Moment = { happening: "acknowledgement", count };
  const moments = [drawMoment(situation, dice)];
  const crashes = 1 + dice.integer(MOST_CRASHES[how]);
  while (moments.length < crashes) {
    // In quick succession: while clients are still coming back, or just are.
    const happening = dice.pick(["acknowledgement", "subscription"] as const);
    moments.push({ happening, count: dice.integer(FEWEST_READERS) });
  }
  return { situation, begin, moments, turn: dice.integer(4) };
}

function drawMoment(situation: Situation, dice: Random): Moment {
  switch (situation) {
    case "publishing":
    case "re-creating":
      return { happening: "acknowledgement", count: 1 + dice.integer(500) };
    case "reading":
      return { happening: "message", count: 1 + dice.integer(2_000) };
    case "subscribing":
    case "replaying":
      return { happening: "subscription", count: dice.integer(CROWD) };
  }
}

/** A plan in a few words. */
export function describePlan({ situation, begin, moments }: Plan): string {
  const crashes = moments.map(describeMoment).join(", then ");
  return `${situation} after ${describeMoment(begin)}, crash after ${crashes}`;
}

function describeMoment({ happening, count }: Moment): string {
  return `${count} ${happening}${count === 1 ? "" : "s"}`;
}
