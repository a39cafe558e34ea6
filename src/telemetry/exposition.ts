/**
 * Metrics as text, in both forms that scrapers read: OpenMetrics 1.0, and the
 * text format 0.0.4 of Prometheus from before it.
 *
 * @module
 */
import { BOUNDS_MS, countUpTo, type Histogram } from "./histogram.ts";
import {
  METRIC_NAMES,
  METRICS,
  type MetricDefinition,
  type MetricName,
  sampleName,
} from "./metrics.ts";

/** One number of a metric. */
export interface Sample {
  /** The value of the metric's label, where it has one. */
  readonly label?: string;
  readonly value: number;
}

/** Latencies, and the sum of all of them. */
export interface Latencies {
  readonly histogram: Histogram;
  readonly sumMs: number;
}

/** All numbers, by metric. */
export type Readings = Readonly<
  Record<MetricName, readonly Sample[] | Latencies>
>;

/** How the numbers are written. */
export type Format = "openmetrics" | "prometheus";

/** What each format is called on the wire. */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/** All metrics as text. */
export function expose(readings: Readings, format: Format): string {
  const lines = METRIC_NAMES.flatMap((name) => [
    ...describe(name, format),
    ...samples(name, readings[name]),
  ]);
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function describe(name: MetricName, format: Format): string[] {
  const { type, unit, meaning }: MetricDefinition = METRICS[name];
  // In OpenMetrics a counter's family is called without the `_total`.
  const family = format === "openmetrics" ? name : sampleName(name);
  const lines = [`# TYPE ${family} ${type}`];
  if (format === "openmetrics" && unit !== undefined) {
    lines.push(`# UNIT ${family} ${unit}`);
  }
  return [...lines, `# HELP ${family} ${escapeHelp(meaning, format)}`];
}

function samples(
  name: MetricName,
  readings: readonly Sample[] | Latencies,
): string[] {
  if ("histogram" in readings) return buckets(name, readings);
  const { label: key }: MetricDefinition = METRICS[name];
  return readings.map(({ label, value }) =>
    key === undefined || label === undefined
      ? `${sampleName(name)} ${value}`
      : `${sampleName(name)}{${key}="${escapeLabel(label)}"} ${value}`,
  );
}

/** Cumulative, in seconds: each bucket holds those of the ones before it. */
function buckets(name: MetricName, { histogram, sumMs }: Latencies): string[] {
  const all = countUpTo(histogram, Number.POSITIVE_INFINITY);
  return [
    ...BOUNDS_MS.map((ms) => {
      return `${name}_bucket{le="${ms / 1_000}"} ${countUpTo(histogram, ms)}`;
    }),
    `${name}_bucket{le="+Inf"} ${all}`,
    `${name}_sum ${sumMs / 1_000}`,
    `${name}_count ${all}`,
  ];
}

/** Channel-ids may hold anything but control characters. */
function escapeLabel(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** Only the newer form escapes quotes here. */
function escapeHelp(text: string, format: Format): string {
  if (format === "openmetrics") return escapeLabel(text);
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
