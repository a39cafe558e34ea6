/** Everything crashes while everybody is busy, again and again. */
import { afterAll, expect, it } from "vitest";

import { crashRound } from "../crash/round.ts";
import { CRASHES, startVictim, type Victim } from "../crash/victim.ts";
import { numbers } from "../support/channels.ts";
import { leaveAll } from "../support/client.ts";
import { seedOfRun } from "../support/random.ts";

const ROUNDS = 5;
/** A round starts a server up to three times. */
const TIMEOUT_MS = ROUNDS * 180_000;

let victim: Victim | undefined;
afterAll(leaveAll);
afterAll(() => victim?.ends());

it.each(CRASHES)(
  "loses nothing that was promised: %s",
  async (how) => {
    const seed = seedOfRun();
    console.log(`SEED=${seed}`);
    victim = await startVictim(how, seed);
    for (const round of numbers(0, ROUNDS - 1)) {
      const { acknowledged } = await crashRound(victim, seed + round);
      expect(acknowledged).toBeGreaterThan(0);
    }
    await victim.ends();
    victim = undefined;
  },
  TIMEOUT_MS,
);
