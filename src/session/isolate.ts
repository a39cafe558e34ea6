/**
 * The sessions of this isolate, counted and reported together: what the
 * registry hears grows with isolates, not with connections.
 *
 * @module
 */
import { Tally } from "../access/tally.ts";
import { deploymentName, type Env, isolateName, settingsOf } from "../env.ts";
import { shardOf } from "../registry/report.ts";
import { logError, Telemetry } from "../telemetry/sink.ts";

/** How many sessions of this isolate each address has. */
export const addressesOfSessions = new Tally();

let telemetry: Telemetry | undefined;
let connections = 0;
let told = 0;
let toldAt = 0;
/** When an invocation last undertook to report; it may have been ended. */
let undertakenAt: number | undefined;

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
  const counts = isolateTelemetry(env).takeCounts();
  const reported = connections;
  toldAt = Date.now();
  try {
    // Isolates have one registry object for all their sessions.
    await env.REGISTRY.getByName(shardOf("", 1)).isolate({
      isolate,
      connections: reported,
      telemetry: counts,
      deployment: deploymentName(env),
    });
    told = reported;
  } catch (error) {
    isolateTelemetry(env).giveBack(counts);
    throw error;
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
