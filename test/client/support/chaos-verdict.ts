/**
 * Whether clients kept their promises while connections broke.
 *
 * @module
 */
import { expect } from "vitest";

import { isDisordered, type Outcome, unlike } from "./chaos.ts";

/** Says what happened, and fails where a promise was not kept. */
export function expectKept(run: Outcome): void {
  const { members, stored, faults } = run;
  const sum = (of: (member: (typeof members)[number]) => number) =>
    members.reduce((total, each) => total + of(each), 0);
  const ends = new Map<string, number>();
  for (const [how, times] of members.flatMap((each) => [...each.ends])) {
    ends.set(how, (ends.get(how) ?? 0) + times);
  }
  console.log(
    `${sum((each) => each.losses)} connections lost; ${stored.length} ` +
      `messages, ${sum((each) => each.reader.replayed)} times recovered, ` +
      `${sum((each) => each.duplicates)} resent; requests: ` +
      JSON.stringify(Object.fromEntries(ends)),
  );
  expect(faults).toEqual([]);
  // What a publisher was told is what is stored, under the number it was told.
  const told = members.flatMap((each) => [...each.published]);
  expect(
    told
      .filter(([, seq]) => seq !== undefined)
      .sort(([, a = 0], [, b = 0]) => a - b),
  ).toEqual(stored.slice(0, -1).map((each) => [each["message-id"], each.seq]));
  for (const member of members) {
    expect(unlike(member, run), `what ${member.name} was handed`).toEqual([]);
    expect(isDisordered(member, run), `${member.name}'s order`).toBe(false);
  }
  // It was tried, and meant something.
  for (const done of [
    sum((each) => each.losses),
    sum((each) => each.reader.replayed),
    sum((each) => each.reader.ephemeral),
    ends.get("answered") ?? 0,
  ]) {
    expect(done).toBeGreaterThan(0);
  }
}
