/**
 * Whether the service is well: for people, and for probes (docs/protocol.md §6).
 *
 * @module
 */
import { checkKey } from "../access/authenticator.ts";
import type { Principal } from "../access/principal.ts";
import type { Settings } from "../config.ts";
import { type Env, settingsOf } from "../env.ts";
import type { Health } from "../protocol/answers.ts";
import { readHealth } from "../registry/client.ts";
import { logError } from "../telemetry/sink.ts";
import { sayThatNobodyIsLetIn } from "./admission.ts";
import { Glance } from "./glance.ts";
import { json } from "./responses.ts";

/** Probes cost the registry one question in so long, in ms. */
const PROBE_MS = 1_000;
/** The registry counts as out of reach when it takes longer to answer, in ms. */
const PATIENCE_MS = 2_000;

/** What a question of the registry came to. */
interface Look {
  readonly reachable: boolean;
  readonly status: Health["status"];
}

const probes = new Glance<Look>(PROBE_MS);

/** `GET /health`: everything for administrators, the status for all others. */
export async function health(
  env: Env,
  _: ExecutionContext,
  __: Request,
  { policy }: Principal,
): Promise<Response> {
  if (isClosed(settingsOf(env))) return json({ status: "healthy" });
  if (!policy.isAdmin) {
    const { status } = await probes.read(() => look(env));
    return answerHealth({ status });
  }
  try {
    return answerHealth(await readHealth(env));
  } catch (error) {
    logError("health", error);
    return unhealthy();
  }
}

/** The answer of a deployment that cannot even read its settings. */
export function unhealthy(): Response {
  return answerHealth({ status: "unhealthy" });
}

/** `GET /health/live`: that it answers is all there is to know. */
export function live(): Response {
  return json({ status: "live" });
}

/** `GET /health/ready`: whether clients that come now can be served. */
export async function ready(env: Env): Promise<Response> {
  const isReady = await canServe(env);
  return isReady
    ? json({ status: "ready" })
    : json({ status: "not-ready" }, 503);
}

async function canServe(env: Env): Promise<boolean> {
  try {
    const settings = settingsOf(env);
    if (isClosed(settings)) {
      sayThatNobodyIsLetIn();
      return false;
    }
    if (settings.auth === "jwt" && settings.tokens !== undefined) {
      await checkKey(settings.tokens);
    }
  } catch (error) {
    // A setting that cannot be: it stays so as long as the deployment.
    sayOnce(error);
    return false;
  }
  const { reachable } = await probes.read(() => look(env));
  return reachable;
}

/** Whether nobody is let in, for want of a key. */
export function isClosed({ auth, tokens }: Settings): boolean {
  return auth === "jwt" && tokens === undefined;
}

async function look(env: Env): Promise<Look> {
  try {
    const { status } = await inTime(readHealth(env));
    return { reachable: true, status };
  } catch (error) {
    logError("health", error);
    return { reachable: false, status: "unhealthy" };
  }
}

/** A registry that hangs must not make a probe hang. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new Error(`the registry took over ${PATIENCE_MS} ms`);
    const timer = setTimeout(() => reject(late), PATIENCE_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

let wasSaid = false;

function sayOnce(error: unknown): void {
  if (wasSaid) return;
  wasSaid = true;
  logError("settings", error);
}

function answerHealth(body: Pick<Health, "status">): Response {
  return json(body, body.status === "healthy" ? 200 : 503);
}
