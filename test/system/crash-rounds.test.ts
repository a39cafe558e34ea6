/** Everything crashes while everybody is busy: one round of each kind. */
import { afterAll, expect, it } from "vitest";

import { crashRound } from "./crash/round.ts";
import { CRASHES, startVictim, type Victim } from "./crash/victim.ts";
import { leaveAll } from "./support/client.ts";
import { seedOfRun } from "./support/random.ts";

/** A round starts a server up to three times. */
const TIMEOUT_MS = 180_000;

let victim: Victim | undefined;
afterAll(leaveAll);
afterAll(() => victim?.ends());

it.each(CRASHES)(
  "loses nothing that was promised: %s",
  async (how) => {
    const seed = seedOfRun();
    console.log(`SEED=${seed}`);
    victim = await startVictim(how, seed);
    const { acknowledged } = await crashRound(victim, seed);
    expect(acknowledged).toBeGreaterThan(0);
    await victim.ends();
    victim = undefined;
  },
  TIMEOUT_MS,
);
