/** One minute of `npm run soak`. */
import { expect, it } from "vitest";
import { soakLoad } from "../../soak/load.ts";
import { seedOfRun } from "../support/random.ts";

it("keeps its promises and its memory for a minute", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const violations = await soakLoad({
    seed,
    minutes: 1,
    connections: 2_000,
    channels: 200,
    onLine: console.log,
  });
  expect(violations).toEqual([]);
});
