/**
 * What a deployment costs: how often each thing happens in it, what one of
 * them was counted to cost, and the prices.
 *
 * @module
 */
import { requestsOf } from "./counts.ts";
import type { Measured, Measures } from "./measure.ts";
import type { OperationName } from "./operations.ts";
import {
  type Billed,
  MESSAGE_SHARE,
  OBJECT_GB,
  PLAN_USD,
  PRICES,
} from "./prices.ts";

/** How much of everything that is billed. */
export type Usage = Record<Billed, number>;

/** Channels that are alike. */
export interface Channels {
  readonly count: number;
  /** Events that change what is reported, a second and channel, while active. */
  readonly eventsPerSecond: number;
  /** How long such events come, a month, in seconds. */
  readonly activeSeconds: number;
  /** The share of that time in which somebody is connected. */
  readonly inUse: number;
  /** What each keeps, in bytes. */
  readonly keptBytes: number;
}

/** What happens in a month. */
export interface Workload {
  /** How often each operation is done. */
  readonly operations: Readonly<Partial<Record<OperationName, number>>>;
  readonly channels: readonly Channels[];
  /** `REPORT_INTERVAL_MS`, in seconds. */
  readonly reportSeconds: number;
}

/** One line of a bill. */
export interface Line {
  readonly billed: Billed;
  readonly amount: number;
  /** Beyond what the plan includes. */
  readonly usd: number;
}

/** What a month costs. */
export interface Bill {
  readonly lines: readonly Line[];
  /** The plan itself included. */
  readonly usd: number;
}

/** How long a write takes to be confirmed, in s: an assumption. */
const WRITE_SECONDS = 0.01;
/** How long a report takes to reach the registry and be answered, in s: likewise. */
const REPORT_TRIP_SECONDS = 0.05;
/** How often the registry writes its sums at most, a second. */
const SUMS_PER_SECOND = 2;
/** A channel in use that was silent for so long is asked how it is, in s. */
const ASK_SECONDS = 600;
/** Channels that one alarm of the registry asks. */
const ASKED_AT_ONCE = 20;
/** An object sleeps after so long without an event, in s. */
const AWAKE_SECONDS = 10;
const BYTES_PER_GB = 1e9;

/**
 * What one operation uses. All CPU time is taken for both the Worker's and the
 * object's: an upper bound, since one process did the work of both, and of the
 * sockets.
 */
export function usageOf({
  workerRequests,
  channel,
  lines,
  cpuMs,
}: Measured): Usage {
  return {
    ...noUsage(),
    workerRequests,
    workerCpuMs: cpuMs,
    requests: requestsOf(channel) + MESSAGE_SHARE * channel.messages,
    gbSeconds:
      (cpuMs / 1_000 + channel.rowsWritten * WRITE_SECONDS) * OBJECT_GB,
    rowsWritten: channel.rowsWritten,
    rowsRead: channel.rowsRead,
    logLines: lines,
  };
}

/** What a month uses. */
export function monthOf(workload: Workload, measures: Measures): Usage {
  const month = noUsage();
  for (const [name, times] of Object.entries(workload.operations)) {
    add(month, usageOf(measures[name as OperationName]), times);
  }
  for (const channels of workload.channels) {
    add(month, upkeep(channels, workload.reportSeconds, measures), 1);
  }
  return month;
}

/** What a month costs. */
export function billOf(month: Usage): Bill {
  const lines = (Object.keys(PRICES) as Billed[]).map((billed) => {
    const { included, per, usd } = PRICES[billed];
    const amount = month[billed];
    const beyond = Math.max(0, amount - included);
    return { billed, amount, usd: (beyond / per) * usd };
  });
  const usd = lines.reduce((sum, line) => sum + line.usd, PLAN_USD);
  return { lines, usd };
}

/** What so much costs where all that the plan includes is used up, in USD. */
export function priceOf(usage: Usage): number {
  return (Object.keys(PRICES) as Billed[]).reduce((sum, billed) => {
    const { per, usd } = PRICES[billed];
    return sum + (usage[billed] / per) * usd;
  }, 0);
}

/**
 * How often a channel reports to the registry, and for which share of the time
 * a report that waits keeps it in memory, where events come at random.
 *
 * A report is made at once if the last one is an interval ago. Else the first
 * event after it sets a timer, which runs until the interval is over.
 *
 * @param rate events a second.
 * @param interval in s.
 */
export function reporting(
  rate: number,
  interval: number,
): { perSecond: number; waiting: number } {
  if (rate === 0) return { perSecond: 0, waiting: 0 };
  // No event within the interval.
  const none = Math.exp(-rate * interval);
  const cycle = interval + none / rate;
  const waits = interval - (1 - none) / rate;
  return { perSecond: 1 / cycle, waiting: waits / cycle };
}

/**
 * How often the registry asks a channel how it is, a second, where events come
 * at random.
 *
 * @param rate events a second.
 */
export function asking(rate: number): number {
  if (rate === 0) return 1 / ASK_SECONDS;
  const silent = Math.exp(-rate * ASK_SECONDS);
  return (rate * silent) / (1 - silent);
}

/** What channels cost beside what is done with them. */
function upkeep(
  { count, eventsPerSecond, activeSeconds, inUse, keptBytes }: Channels,
  reportSeconds: number,
  measures: Measures,
): Usage {
  const { perSecond, waiting } = reporting(eventsPerSecond, reportSeconds);
  const seconds = count * activeSeconds;
  const reports = perSecond * seconds;
  const asked = asking(eventsPerSecond) * inUse * seconds;
  const alarms = asked / ASKED_AT_ONCE;
  const slept = Math.exp(-eventsPerSecond * AWAKE_SECONDS);
  const wakes = eventsPerSecond * slept * seconds + asked;
  // A lone report writes the channel's row and that of the sums; the registry
  // is one object for all.
  const { registry } = measures.slow;
  const lone = requestsOf(registry);
  const sums = Math.min(reports + asked, SUMS_PER_SECOND * activeSeconds);
  const pinned = waiting * seconds + (reports + asked) * REPORT_TRIP_SECONDS;
  const used = noUsage();
  used.requests = reports + asked + alarms;
  used.rowsWritten =
    (reports + asked) * (registry.rowsWritten / lone - 1) + sums + alarms;
  used.rowsRead =
    ((reports + asked) * registry.rowsRead) / lone +
    wakes * measures.wake.channel.rowsRead;
  used.gbSeconds = pinned * OBJECT_GB;
  used.storedGb = (count * keptBytes) / BYTES_PER_GB;
  return used;
}

function noUsage(): Usage {
  return {
    workerRequests: 0,
    workerCpuMs: 0,
    requests: 0,
    gbSeconds: 0,
    rowsWritten: 0,
    rowsRead: 0,
    storedGb: 0,
    logLines: 0,
  };
}

function add(sum: Usage, more: Usage, times: number): void {
  for (const billed of Object.keys(sum) as Billed[]) {
    sum[billed] += times * more[billed];
  }
}
