/**
 * What `GET /metrics` tells, from what all registry objects know.
 *
 * @module
 */
import { deploymentName, type Env, settingsOf } from "../env.ts";
import type { Readings } from "../telemetry/exposition.ts";
import { all } from "./client.ts";
import { addUp } from "./figures.ts";
import type { MetricsAnswer } from "./object.ts";
import { MAX_METRICS_CHANNELS, readings, together } from "./readings.ts";
import { type Counted, ISOLATES_SHARD } from "./report.ts";

/** Hands on what an isolate has counted, and takes it back if that fails. */
export type HandOver = <T>(
  give: (counted: Counted) => Promise<T>,
) => Promise<T>;

/**
 * All numbers of this moment.
 *
 * @param handOver of the isolate that asks: what it counted comes along, since
 * an isolate without sessions makes no reports.
 */
export async function readMetrics(
  env: Env,
  handOver: HandOver,
): Promise<Readings> {
  const question = {
    deployment: deploymentName(env),
    patterns: [...settingsOf(env).metricsPerChannel],
    limit: MAX_METRICS_CHANNELS,
  };
  const answers = await all(
    env,
    (shard, name): Promise<MetricsAnswer> =>
      name === ISOLATES_SHARD
        ? handOver((counted) => shard.metrics({ ...question, counted }))
        : shard.metrics(question),
  );
  const figures = addUp(answers.map((each) => each.figures));
  return readings(figures, together(answers.map(({ watched }) => watched)));
}
