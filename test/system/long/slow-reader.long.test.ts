/** A subscriber that does not read costs the server and the others little. */
import { afterAll, beforeAll, expect, it } from "vitest";

import {
  publishAlone,
  publishPastSlowReader,
  type SlowReader,
} from "../load/slow-reader.ts";
import { MiB } from "../support/memory.ts";
import { type Server, startServer } from "../support/server.ts";

const PUBLISHED_BYTES = 200_000_000;
const CONTROL_BYTES = 100_000_000;
/**
 * By how much the server's memory may vary besides, in bytes: garbage of
 * V8's, and each message once more on its way through a session. Without any
 * bound it would grow by 200 MB.
 */
const NOISE_BYTES = 48 * MiB;
/** How often all is repeated, since others use the machine as well. */
const MOST_SERIES = 3;

const KINDS: readonly (SlowReader & { bound: number })[] = [
  { path: "direct", acknowledges: true, bound: 8 * MiB },
  { path: "direct", acknowledges: false, bound: 32 * MiB },
  { path: "session", acknowledges: true, bound: 8 * MiB },
  { path: "session", acknowledges: false, bound: 32 * MiB },
];

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true });
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("bounds what a stalled reader costs, and lets it recover", async () => {
  // Until then, the process grows because it has not done much yet.
  await publishAlone(server, PUBLISHED_BYTES);
  const alone: number[] = [];
  const beside: number[] = [];
  do {
    for (const { bound, ...kind } of KINDS) {
      const control = await publishAlone(server, CONTROL_BYTES);
      const stalled = await publishPastSlowReader(
        server,
        PUBLISHED_BYTES,
        kind,
      );
      alone.push(control.rate);
      beside.push(stalled.rate);
      report(kind, stalled.growth, stalled.rate, control.rate);
      // Once it read again in time, once when all it missed was gone.
      expect(stalled).toMatchObject({
        losses: [4009, 4009],
        resumptions: 1,
        gaps: 1,
      });
      expect(stalled.growth).toBeLessThan(bound + NOISE_BYTES);
    }
  } while (
    median(beside) < 0.9 * median(alone) &&
    alone.length < MOST_SERIES * KINDS.length
  );
  expect(median(beside)).toBeGreaterThan(0.9 * median(alone));
});

function report(
  { path, acknowledges }: SlowReader,
  growth: number,
  rate: number,
  control: number,
): void {
  const kind = `${path}, ${acknowledges ? "acknowledging" : "plain"}`;
  const grown = `${(growth / MiB).toFixed()} MiB`;
  const rates = [rate, control].map((each) => `${(each / 1e6).toFixed()} MB/s`);
  console.log(`${kind}: grew by ${grown}; ${rates.join(", without it ")}`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
