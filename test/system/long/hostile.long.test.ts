/** Far more bad input than the ordinary run sends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { KINDS, MODES, Target } from "../support/assault.ts";
import { seedOfRun } from "../support/random.ts";

describe.each(MODES)("much bad input (AUTH=%s)", (mode) => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start(mode);
  });
  afterAll(async () => {
    await target.server.kill();
    expect(target.server.complaints()).toEqual([]);
  });

  it.each(KINDS[mode])("harms nobody (%s)", async (kind) => {
    const seed = seedOfRun();
    console.log(`SEED=${seed}`);
    await target.endures(kind, { runs: 2_500, seed });
  });
});
