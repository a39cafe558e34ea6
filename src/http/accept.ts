/**
 * Which form of the metrics a scraper wants.
 *
 * @module
 */
import type { Format } from "../telemetry/exposition.ts";

/**
 * The form that a scraper would rather have. Who wants neither, or does not
 * say, gets OpenMetrics.
 *
 * @param accept the header of that name.
 */
export function formatFor(accept: string | null): Format {
  const wanted = (accept ?? "*/*").split(",").map(readRange);
  const newer = quality(wanted, "application", "openmetrics-text");
  const older = quality(wanted, "text", "plain");
  return older > newer ? "prometheus" : "openmetrics";
}

/** A media range of an Accept header (RFC 9110 §12.5.1). */
interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function readRange(text: string): Range {
  const [range = "", ...parameters] = text
    .split(";")
    .map((part) => part.trim().toLowerCase());
  const [type = "", subtype = ""] = range.split("/");
  const given = parameters.find((each) => each.startsWith("q="));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return { type, subtype, quality: Number.isNaN(quality) ? 0 : quality };
}

/** What the most specific ranges say of a type; the best of several of them. */
function quality(
  wanted: readonly Range[],
  type: string,
  subtype: string,
): number {
  for (const [a, b] of [
    [type, subtype],
    [type, "*"],
    ["*", "*"],
  ]) {
    const fit = wanted.filter((each) => each.type === a && each.subtype === b);
    if (fit.length > 0) return Math.max(...fit.map((each) => each.quality));
  }
  return 0;
}
