/**
 * The sessions of this isolate, counted and reported together: what the
 * registry hears grows with isolates, not with connections.
 *
 * @module
 */
import { Tally } from "../access/tally.ts";
import { deploymentName, type Env, isolateName, settingsOf } from "../env.ts";
import { type Counted, ISOLATES_SHARD } from "../registry/report.ts";
import { Counters } from "../telemetry/counters.ts";
import { logError, Telemetry } from "../telemetry/sink.ts";

/** How many sessions of this isolate each address has. */
export const addressesOfSessions = new Tally();

let telemetry: Telemetry | undefined;
let connections = 0;
let told = 0;
let toldAt = 0;
/** When an invocation last undertook to report; it may have been ended. */
let undertakenAt: number | undefined;

/** What its sessions, and its requests over HTTP, count. */
export const isolateCounters = new Counters();

/** The telemetry of this isolate. */
export function isolateTelemetry(env: Env): Telemetry {
  telemetry ??= new Telemetry(settingsOf(env).telemetryLevel);
  return telemetry;
}

/** Counts a session that began or ended. */
export function countConnection(
  env: Env,
  ctx: ExecutionContext,
  address: string | null,
  change: 1 | -1,
): void {
  connections += change;
  addressesOfSessions.add(address, change);
  undertakeReport(env, ctx);
}

/** Reports again if the registry might soon forget this isolate. */
export function refreshReport(env: Env, ctx: ExecutionContext): void {
  const { HEARTBEAT_MS } = settingsOf(env);
  if (Date.now() - toldAt >= HEARTBEAT_MS) undertakeReport(env, ctx);
}

function undertakeReport(env: Env, ctx: ExecutionContext): void {
  const { REPORT_INTERVAL_MS } = settingsOf(env);
  const now = Date.now();
  const abandoned = 3 * REPORT_INTERVAL_MS + 10_000;
  if (undertakenAt !== undefined && now - undertakenAt < abandoned) return;
  undertakenAt = now;
  ctx.waitUntil(reportWhenDue(env, REPORT_INTERVAL_MS));
}

async function reportWhenDue(env: Env, intervalMs: number): Promise<void> {
  try {
    do {
      await wait(toldAt + intervalMs - Date.now());
      await report(env);
    } while (told !== connections);
  } catch (error) {
    logError("isolate report", error);
  } finally {
    undertakenAt = undefined;
  }
}

async function report(env: Env): Promise<void> {
  const isolate = isolateName();
  const reported = connections;
  toldAt = Date.now();
  await handOver(env, (counted) =>
    env.REGISTRY.getByName(ISOLATES_SHARD).isolate({
      isolate,
      connections: reported,
      deployment: deploymentName(env),
      ...counted,
    }),
  );
  told = reported;
}

/**
 * Hands somebody what this isolate has counted and not told yet, and counts it
 * again if that fails.
 */
export async function handOver<T>(
  env: Env,
  give: (counted: Counted) => Promise<T>,
): Promise<T> {
  const counts = isolateCounters.take();
  const telemetry = isolateTelemetry(env).takeCounts();
  try {
    return await give({ counts, telemetry });
  } catch (error) {
    isolateCounters.giveBack(counts);
    isolateTelemetry(env).giveBack(telemetry);
    throw error;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
