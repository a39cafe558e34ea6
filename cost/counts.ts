/**
 * What a counting service counts (cost/worker), and how it is asked.
 *
 * @module
 */
import * as v from "valibot";

/** What the platform bills an object for, as far as it can be counted. */
export const ObjectCountsSchema = v.object({
  /** Sockets opened. */
  upgrades: v.number(),
  /** Methods called by the Worker or by another object. */
  calls: v.number(),
  /** Alarms that came. */
  alarms: v.number(),
  /** Messages that arrived on its sockets, without those auto-answered. */
  messages: v.number(),
  rowsRead: v.number(),
  /** As the storage counts them, and one for each `setAlarm`. */
  rowsWritten: v.number(),
  /** How often it was constructed. */
  starts: v.number(),
  /** Lines of its log. */
  lines: v.number(),
  /** How long a handler or a timer kept it in memory, in ms. */
  pinnedMs: v.number(),
});
export type ObjectCounts = v.InferOutput<typeof ObjectCountsSchema>;

const CountsSchema = v.object({
  /** Requests that reached the Worker, upgrades included. */
  requests: v.number(),
  /** Lines of the Worker's log. */
  lines: v.number(),
  channels: v.record(v.string(), ObjectCountsSchema),
  registries: v.record(v.string(), ObjectCountsSchema),
});
/** All that was counted, the objects' counts by their names. */
export type Counts = v.InferOutput<typeof CountsSchema>;

/** Where a counting service answers. */
export const COUNTS_PATH = "/counts";

/** What is billed as a request, apart from messages, which are twenty to one. */
export function requestsOf(counts: ObjectCounts): number {
  return counts.upgrades + counts.calls + counts.alarms;
}

export function noCounts(): ObjectCounts {
  return {
    upgrades: 0,
    calls: 0,
    alarms: 0,
    messages: 0,
    rowsRead: 0,
    rowsWritten: 0,
    starts: 0,
    lines: 0,
    pinnedMs: 0,
  };
}

/** Each count changed in the same way. */
export function mapCounts(
  counts: ObjectCounts,
  change: (value: number, key: keyof ObjectCounts) => number,
): ObjectCounts {
  const result = noCounts();
  for (const key of Object.keys(result) as (keyof ObjectCounts)[]) {
    result[key] = change(counts[key], key);
  }
  return result;
}

/**
 * What was counted since this was last asked. Asking touches no object.
 *
 * @param url of the service, without a slash at the end.
 */
export async function takeCounts(url: string): Promise<Counts> {
  const response = await fetch(`${url}${COUNTS_PATH}`, { method: "POST" });
  return v.parse(CountsSchema, await response.json());
}
