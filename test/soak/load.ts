/**
 * The soak: thousands of clients for minutes, on a server of its own.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";

import { type Level, type Soaked, soak } from "../system/load/soak.ts";
import type { Counts } from "../system/load/tally.ts";
import { Heap } from "../system/support/heap.ts";
import { MiB } from "../system/support/memory.ts";
import { freePort, startServer } from "../system/support/server.ts";

/** How much and for how long. */
export interface LoadOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly connections: number;
  readonly channels: number;
  readonly onLine: (line: string) => void;
  /** Ends it early; the counts are compared all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What two processors bear, client included. */
const ACTIONS_PER_SECOND = 150;
/** Sessions soon let go of channels: it is level before the minute is over. */
const SETTINGS = { UPSTREAM_IDLE_MS: 6_000 };
/** After how long memory is to stay level, in ms; at most half of all. */
const SETTLED_MS = 60_000;
/**
 * By what part of itself what is in use may grow after that, and what is
 * resident: the allocator gives little back of what a busy moment took.
 */
const MOST_HEAP_GROWTH = 0.2;
const MOST_RESIDENT_GROWTH = 0.4;

/** Runs it, and resolves with every promise that was broken. */
export async function soakLoad(options: LoadOptions): Promise<string[]> {
  const { onLine, minutes } = options;
  const durationMs = minutes * 60_000;
  const inspectorPort = await freePort();
  const vars = SETTINGS;
  const server = await startServer({ served: true, inspectorPort, vars });
  const heap = await Heap.watch(inspectorPort);
  try {
    const soaked = await soak(server, heap, {
      ...options,
      durationMs,
      settledMs: Math.min(SETTLED_MS, durationMs / 2),
      actionsPerSecond: ACTIONS_PER_SECOND,
    });
    onLine(
      `${soaked.actions} actions; resident ${line(soaked.resident)}; ` +
        `heap ${line(soaked.heap)}`,
    );
    return [...violationsOf(soaked), ...server.complaints()];
  } finally {
    heap.ends();
    await server.kill();
  }
}

function line({ level, growth }: Level): string {
  const [from, by] = [level, growth].map((bytes) => (bytes / MiB).toFixed(1));
  return `from ${from} MiB by ${by} MiB`;
}

function violationsOf(soaked: Soaked): string[] {
  const { faults, resident, heap } = soaked;
  const violations = [...faults];
  if (!(resident.growth < MOST_RESIDENT_GROWTH * resident.level)) {
    violations.push(`resident memory grew ${line(resident)}`);
  }
  if (!(heap.growth < MOST_HEAP_GROWTH * heap.level)) {
    violations.push(`the heap grew ${line(heap)}`);
  }
  violations.push(...differences(soaked.clients, soaked.server, "at the end"));
  const { clientsGone, serverGone } = soaked;
  violations.push(...differences(clientsGone, serverGone, "when all had gone"));
  return violations;
}

function differences(ours: Counts, theirs: Counts, when: string): string[] {
  const keys = Object.keys(ours) as (keyof Counts)[];
  return keys
    .filter((key) => !isDeepStrictEqual(ours[key], theirs[key]))
    .map((key) => {
      const [mine, its] = [ours[key], theirs[key]].map((value) =>
        JSON.stringify(value).slice(0, 500),
      );
      return `${when}: clients count ${key} ${mine}, the server ${its}`;
    });
}
