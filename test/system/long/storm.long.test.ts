/** Five thousand clients that are cut at once come back without a gap. */
import { afterEach, expect, it } from "vitest";

import type { Latencies } from "../load/latencies.ts";
import { raiseStorm, type Usage } from "../load/storm.ts";
import { Heap } from "../support/heap.ts";
import { MiB } from "../support/memory.ts";
import { freePort, type Server, startServer } from "../support/server.ts";

/** What the platform lets an isolate have, in bytes. */
const ISOLATE_BYTES = 128 * MiB;
/** How long a publish may take meanwhile, in ms, on a machine that is busy. */
const LONGEST_PUBLISH_MS = 10_000;

let server: Server;
let heap: Heap;
afterEach(async () => {
  heap.ends();
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it.each([
  ["direct", 10, 500],
  ["session", 10, 500],
] as const)("recovers a storm (%s, %i channels of %i)", async (...what) => {
  const [path, channels, each] = what;
  const inspectorPort = await freePort();
  // A line for each of the five thousand would be measured as well.
  const vars = { TELEMETRY_LEVEL: "error" };
  server = await startServer({ served: true, inspectorPort, vars });
  heap = await Heap.watch(inspectorPort);
  const storm = await raiseStorm(server, heap, { path, channels, each });
  console.log(
    `${what.join(" ")}: all recovered in ${(storm.ms / 1_000).toFixed(1)} s; ` +
      `publishing took ${line(storm.calm)} before, ` +
      `${line(storm.stormy)} meanwhile; MiB empty/connected/peak: ` +
      `${mebibytes(storm.resident)} resident, ${mebibytes(storm.heap)} heap; ` +
      `processors: server ${storm.serverBusy.toFixed(2)}, ` +
      `clients ${storm.clientsBusy.toFixed(2)}`,
  );
  expect(storm.recovered).toBe(channels * each);
  expect(storm.stormy.max).toBeLessThan(LONGEST_PUBLISH_MS);
  // What is in use at all times; what comes on top is garbage, collected
  // sooner where there is less room.
  expect(storm.heap.connected).toBeLessThan(ISOLATE_BYTES / 2);
});

function line({ p50, p99, max }: Latencies): string {
  return `${[p50, p99, max].map((ms) => ms.toFixed()).join("/")} ms p50/p99/max`;
}

function mebibytes({ empty, connected, peak }: Usage): string {
  return [empty, connected, peak]
    .map((bytes) => (bytes / MiB).toFixed())
    .join("/");
}
