/**
 * Counts what each operation costs, on a service of its own.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { processorSeconds } from "../measuring/processes.ts";
import { UNLIMITED } from "../measuring/unlimited.ts";
import { startService } from "../serve/service.ts";
import { leaveAll } from "../test/system/support/client.ts";
import { create } from "./actors.ts";
import {
  mapCounts,
  noCounts,
  type ObjectCounts,
  takeCounts,
} from "./counts.ts";
import {
  HEARTBEAT_MS,
  OPERATIONS,
  type Operation,
  type OperationName,
} from "./operations.ts";

/** What one operation costs, on average. */
export interface Measured {
  /** Requests that reached the Worker. */
  readonly workerRequests: number;
  /** What the channel's object was billed for. */
  readonly channel: ObjectCounts;
  /** What the registry's was, reports being made every 2 s at most. */
  readonly registry: ObjectCounts;
  /** Lines of the log, at level `info`. */
  readonly lines: number;
  /** CPU time of the whole process, Worker, objects and sockets, in ms. */
  readonly cpuMs: number;
}

/** What every operation costs. */
export type Measures = Readonly<Record<OperationName, Measured>>;

/** A service that counts. */
export interface CountingService {
  readonly url: string;
  /** Of the process. */
  readonly pid: number;
  /** Ends it, and forgets its data. */
  stop(): Promise<void>;
}

/** Starts a service that counts, with storage of its own. */
export async function startCounting(
  variables: Readonly<Record<string, string>> = {},
): Promise<CountingService> {
  const dataDir = await mkdtemp(join(tmpdir(), "sente-cost-"));
  const { port, pid, stop } = await startService({
    configFile: join(import.meta.dirname, "worker/wrangler.toml"),
    host: "127.0.0.1",
    port: 0,
    dataDir,
    variables: { ...UNLIMITED, ...variables },
    onError: (text) => process.stderr.write(text),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Does an operation on a channel of its own.
 *
 * @param name names the channel.
 */
export async function measure(
  { url, pid }: CountingService,
  name: string,
  { prepare, times }: Operation,
): Promise<Measured> {
  const stage = { url, channel: name };
  await create(stage);
  const act = await prepare(stage);
  await takeCounts(url);
  const cpuBefore = processorSeconds(pid);
  await act();
  const spentMs = (processorSeconds(pid) - cpuBefore) * 1_000;
  const { requests, lines, channels, registries } = await takeCounts(url);
  await leaveAll();
  const channel = channels[name] ?? noCounts();
  const registry = registries["0"] ?? noCounts();
  return {
    workerRequests: requests / times,
    channel: mapCounts(channel, (value) => value / times),
    registry: mapCounts(registry, (value) => value / times),
    lines: (lines + channel.lines) / times,
    cpuMs: spentMs / times,
  };
}

/** Measures everything. */
export async function measureAll(
  onMeasured: (name: OperationName, measured: Measured) => void = () => {},
): Promise<Measures> {
  const service = await startCounting({ HEARTBEAT_MS: String(HEARTBEAT_MS) });
  const measures: Partial<Record<OperationName, Measured>> = {};
  try {
    for (const name of names()) {
      const operation: Operation = OPERATIONS[name];
      const all = await measure(service, name, operation);
      const { publish = all } = measures;
      const measured = without(all, publish, operation.publishes ?? 0);
      measures[name] = measured;
      onMeasured(name, measured);
    }
  } finally {
    await service.stop();
  }
  return measures as Measures;
}

/** The names of all operations, in the order of the table. */
export function names(): OperationName[] {
  return Object.keys(OPERATIONS) as OperationName[];
}

/** What is left of something when a share of something else is taken off. */
function without(all: Measured, part: Measured, share: number): Measured {
  const left = (from: number, what: number) => Math.max(0, from - share * what);
  const counts = (from: ObjectCounts, what: ObjectCounts): ObjectCounts =>
    mapCounts(from, (value, key) => left(value, what[key]));
  return {
    workerRequests: left(all.workerRequests, part.workerRequests),
    channel: counts(all.channel, part.channel),
    registry: counts(all.registry, part.registry),
    lines: left(all.lines, part.lines),
    cpuMs: left(all.cpuMs, part.cpuMs),
  };
}
