/**
 * Many clients that come and go, join and leave, publish, ask and answer for
 * a long time.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";

import { createChannel, numbers } from "../support/channels.ts";
import type { Heap } from "../support/heap.ts";
import { Memory, MiB } from "../support/memory.ts";
import { random } from "../support/random.ts";
import type { Server } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";
import { Member } from "./member.ts";
import { type Counts, countsOf, Tally } from "./tally.ts";

/** What a channel keeps is soon as much as it will ever be. */
const CHANNEL_CONFIG = { "recovery-window": 20, "message-retention": 5 };
/** How often the server's memory is looked at and something is done, in ms. */
const TICK_MS = 100;
/** How often a line is printed, in ms. */
const LINE_MS = 10_000;
/** How often each client pings, in ms: as often as it is told to. */
const PING_MS = 30_000;
/** How long counts may take to agree when all is quiet, in ms. */
const AGREE_MS = 30_000;
/** Who connects at the same time. */
const ARRIVING = 50;

/** How much is done, and for how long. */
export interface SoakOptions {
  readonly seed: number;
  readonly connections: number;
  readonly channels: number;
  /** Things done in a second, by all clients together. */
  readonly actionsPerSecond: number;
  /** How long, in ms; and after how long memory is to stay level. */
  readonly durationMs: number;
  readonly settledMs: number;
  readonly onLine: (line: string) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface Soaked {
  readonly actions: number;
  /** What should not have happened. */
  readonly faults: readonly string[];
  /** What the clients counted, and what the server did, at the end. */
  readonly clients: Counts;
  readonly server: Counts;
  /** And when all clients had gone. */
  readonly clientsGone: Counts;
  readonly serverGone: Counts;
  /** The server's resident memory once it was to stay level. */
  readonly resident: Level;
  /** What is in use of the isolate's heap, garbage left out. */
  readonly heap: Level;
}

/** By a straight line through all that was seen, in bytes. */
export interface Level {
  /** Where it began. */
  readonly level: number;
  /** By how much it grew until the end. */
  readonly growth: number;
}

/** Runs it. Nothing is random but by its seed; when things happen is. */
export async function soak(
  server: Server,
  heap: Heap,
  options: SoakOptions,
): Promise<Soaked> {
  const { onLine, connections, settledMs } = options;
  const dice = random(options.seed);
  const ids = await inTurns(numbers(1, options.channels), () =>
    createChannel(server, "soak", CHANNEL_CONFIG),
  );
  const tally = new Tally(ids);
  const members = numbers(1, connections).map(
    () => new Member(server, tally, dice, ids),
  );
  await inTurns(members, (each) => each.arrives());
  onLine(`${connections} connected`);

  const run = new Run(server, heap, options, members, tally);
  await run.done;
  const { actions, faults } = run;
  const clients = tally.counts(connections);
  const seen = await countsAgree(server, clients);
  await inTurns(members, (each) => each.goes());
  const clientsGone = tally.counts(0);
  const serverGone = await countsAgree(server, clientsGone);
  for (const { fault } of members) if (fault !== undefined) faults.push(fault);
  return {
    actions,
    faults,
    clients,
    server: seen,
    clientsGone,
    serverGone,
    resident: straightLine(run.resident, settledMs),
    heap: straightLine(run.heap, settledMs),
  };
}

interface Sample {
  readonly ms: number;
  readonly bytes: number;
}

/** The clients at work. */
class Run {
  readonly done: Promise<void>;
  readonly faults: string[] = [];
  readonly resident: Sample[] = [];
  readonly heap: Sample[] = [];
  actions = 0;
  readonly #options: SoakOptions;
  readonly #members: readonly Member[];
  readonly #tally: Tally;
  readonly #memory: Memory;
  readonly #heap: Heap;
  readonly #acting = new Set<Promise<void>>();
  #next = 0;
  #pinged = 0;

  constructor(
    server: Server,
    heap: Heap,
    options: SoakOptions,
    members: readonly Member[],
    tally: Tally,
  ) {
    this.#options = options;
    this.#members = members;
    this.#tally = tally;
    this.#memory = new Memory(server);
    this.#heap = heap;
    this.done = this.#run();
  }

  async #run(): Promise<void> {
    const { durationMs, signal } = this.#options;
    const start = performance.now();
    let line = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const ms = performance.now() - start;
        this.resident.push({ ms, bytes: this.#memory.resident });
        if (ms >= line) {
          void this.#say(ms);
          line += LINE_MS;
        }
        this.#pingSome(ms);
        const isOver = ms >= durationMs || signal?.aborted === true;
        if (!isOver) return this.#actSome(ms);
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
    await Promise.all(this.#acting);
  }

  /** Does what is due by now, unless as much is being done already. */
  #actSome(ms: number): void {
    const { actionsPerSecond } = this.#options;
    const due = Math.floor((ms / 1_000) * actionsPerSecond);
    while (this.actions < due && this.#acting.size < actionsPerSecond) {
      const member = this.#members[this.#next++ % this.#members.length];
      if (member === undefined || member.busy) return;
      this.actions += 1;
      const acting = member
        .acts()
        .catch((error: Error) => void this.faults.push(error.message))
        .finally(() => this.#acting.delete(acting));
      this.#acting.add(acting);
    }
  }

  #pingSome(ms: number): void {
    const due = (ms / PING_MS) * this.#members.length;
    for (; this.#pinged < due; this.#pinged++) {
      this.#members[this.#pinged % this.#members.length]?.pings();
    }
  }

  async #say(ms: number): Promise<void> {
    const { published, delivered, answered, subscriptions } =
      this.#tally.counts(0);
    const resident = this.#memory.resident;
    const inUse = await this.#heap.live();
    this.heap.push({ ms, bytes: inUse });
    const mebibytes = [resident, inUse].map((each) => (each / MiB).toFixed());
    this.#options.onLine(
      `${(ms / 1_000).toFixed()} s: ${this.actions} actions, ` +
        `${subscriptions} subscriptions, ${published} published, ` +
        `${delivered} delivered, ${answered} answered, ` +
        `${mebibytes.join(" MiB, heap ")} MiB, ` +
        `${this.#acting.size} at work, ${this.faults.length} faults`,
    );
  }
}

/** What the server counts, once that is what the clients do; or at last. */
async function countsAgree(server: Server, clients: Counts): Promise<Counts> {
  try {
    return await eventually(
      "the counts agree",
      async () => {
        const counts = await countsOf(server);
        return isDeepStrictEqual(counts, clients) && counts;
      },
      AGREE_MS,
    );
  } catch {
    return countsOf(server);
  }
}

/** Least squares: where the line starts, and how far up it ends. */
function straightLine(all: readonly Sample[], fromMs: number): Level {
  const samples = all.filter((each) => each.ms >= fromMs);
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const ms = mean((each) => each.ms);
  const bytes = mean((each) => each.bytes);
  const slope =
    mean((each) => (each.ms - ms) * (each.bytes - bytes)) /
    mean((each) => (each.ms - ms) ** 2);
  const first = samples[0]?.ms ?? Number.NaN;
  const last = samples.at(-1)?.ms ?? Number.NaN;
  return {
    level: bytes + slope * (first - ms),
    growth: slope * (last - first),
  };
}

/** Does something for each, some at a time. */
async function inTurns<T, R>(
  all: readonly T[],
  act: (each: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = all.values();
  const lane = async () => {
    for (const each of waiting) results.push(await act(each));
  };
  await Promise.all(numbers(1, ARRIVING).map(lane));
  return results;
}
