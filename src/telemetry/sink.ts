/**
 * Counts every event at once; writes those of its level later, when the
 * frames have gone out: telemetry never delays a message.
 *
 * @module
 */
import type { TelemetryLevel } from "../config.ts";
import {
  EVENT_LEVELS,
  EVENT_NAMES,
  type TelemetryEvent,
  type TelemetryEvents,
} from "./events.ts";

/** How many events were counted, and how many of them never got logged. */
export interface EventCounts {
  processed: number;
  dropped: number;
}

/** Counts by event; events that never happened are absent. */
export type TelemetryCounts = Partial<Record<TelemetryEvent, EventCounts>>;

/** The most events that wait to be written; more are counted as dropped. */
export const MAX_WAITING_EVENTS = 1_000;

const RANK: Record<TelemetryLevel, number> = {
  debug: 0,
  info: 1,
  error: 2,
  off: 3,
};

/** The events of one object or one isolate. */
export class Telemetry {
  readonly #rank: number;
  readonly #clock: () => number;
  readonly #write: (line: string) => void;
  #waiting: string[] = [];
  #counts: TelemetryCounts = {};

  constructor(
    level: TelemetryLevel,
    clock: () => number = Date.now,
    write: (line: string) => void = (line) => console.log(line),
  ) {
    this.#rank = RANK[level];
    this.#clock = clock;
    this.#write = write;
  }

  /** Whether events wait to be written. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Counts an event and, if its level is logged, keeps it for `write`.
   *
   * @param data is only called when the event will be written.
   */
  emit<E extends TelemetryEvent>(
    event: E,
    data: () => TelemetryEvents[E],
  ): void {
    const counts = countsOf(this.#counts, event);
    counts.processed++;
    const level = EVENT_LEVELS[event];
    if (RANK[level] < this.#rank) return;
    if (this.#waiting.length >= MAX_WAITING_EVENTS) {
      counts.dropped++;
      return;
    }
    const time = new Date(this.#clock()).toISOString();
    this.#waiting.push(JSON.stringify({ time, level, event, data: data() }));
  }

  /** Writes what waits, one line of JSON an event. */
  write(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    for (const line of lines) this.#write(line);
  }

  /** What was counted since this was last called. */
  takeCounts(): TelemetryCounts {
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }

  /** Counts again what could not be reported. */
  giveBack(counts: TelemetryCounts): void {
    addCounts(this.#counts, counts);
  }
}

/** Adds `more` to `counts`, in place. */
export function addCounts(
  counts: TelemetryCounts,
  more: TelemetryCounts,
): void {
  for (const event of EVENT_NAMES) {
    const added = more[event];
    if (added === undefined) continue;
    const sum = countsOf(counts, event);
    sum.processed += added.processed;
    sum.dropped += added.dropped;
  }
}

function countsOf(counts: TelemetryCounts, event: TelemetryEvent): EventCounts {
  const known = counts[event];
  if (known !== undefined) return known;
  const fresh = { processed: 0, dropped: 0 };
  counts[event] = fresh;
  return fresh;
}

/**
 * Writes an internal error to the log, where no client sees it: what it says,
 * and what its causes say. No stack: a log travels further than the code.
 */
export function logError(where: string, error: unknown): void {
  const time = new Date().toISOString();
  const detail = detailOf(error);
  console.error(JSON.stringify({ time, level: "error", where, detail }));
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, cause } = error;
  const own = `${name}: ${message}`;
  return cause === undefined ? own : `${own}; because of ${detailOf(cause)}`;
}
