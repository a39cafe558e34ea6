/**
 * Metrics as scrapers read them. The text format of Prometheus is read by a
 * parser of others. There is none for OpenMetrics in JavaScript, so its rules
 * are checked here, line by line, as the specification has them.
 *
 * @module
 */
import parse from "parse-prometheus-text-format";
import * as v from "valibot";

/** Numbers by the name of the sample and its labels, as in `a{b="c"}`. */
export type Numbers = ReadonlyMap<string, number>;

/** A number in text; infinity is one. */
const NumberSchema = v.pipe(
  v.string(),
  v.transform((text) => Number(text.replace("+Inf", "Infinity"))),
  v.number(),
);

const Labels = v.optional(v.record(v.string(), v.string()), {});
const FamilySchema = v.variant("type", [
  v.object({
    name: v.string(),
    type: v.picklist(["COUNTER", "GAUGE"]),
    help: v.pipe(v.string(), v.nonEmpty()),
    metrics: v.array(v.object({ value: NumberSchema, labels: Labels })),
  }),
  v.object({
    name: v.string(),
    type: v.literal("HISTOGRAM"),
    help: v.pipe(v.string(), v.nonEmpty()),
    metrics: v.array(
      v.object({
        buckets: v.record(v.string(), NumberSchema),
        count: NumberSchema,
        sum: NumberSchema,
      }),
    ),
  }),
]);

/** Reads the text format of Prometheus, with the parser of others. */
export function readPrometheus(text: string): Numbers {
  const numbers = new Map<string, number>();
  for (const family of v.parse(v.array(FamilySchema), parse(text))) {
    const { name } = family;
    if (family.type === "HISTOGRAM") {
      for (const { buckets, count, sum } of family.metrics) {
        for (const [le, value] of Object.entries(buckets)) {
          numbers.set(keyOf(`${name}_bucket`, { le }), value);
        }
        numbers.set(`${name}_count`, count).set(`${name}_sum`, sum);
      }
    } else {
      for (const { labels, value } of family.metrics) {
        numbers.set(keyOf(name, labels), value);
      }
    }
  }
  return numbers;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const NUMBER = "[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)";
const LABEL = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (${NUMBER})$`,
);
const META = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.+)$`);

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

interface Family {
  readonly name: string;
  readonly said: Map<string, string>;
  readonly buckets: [le: number, count: number][];
}

/** Reads OpenMetrics, and throws at whatever its specification forbids. */
export function readOpenMetrics(text: string): Numbers {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  if (lines.pop() !== "# EOF") throw new Error("the text has no end");
  const families = new Map<string, Family>();
  const numbers = new Map<string, number>();
  let family: Family | undefined;
  for (const line of lines) {
    const [, what, about, said = ""] = META.exec(line) ?? [];
    if (what !== undefined && about !== undefined) {
      if (family?.name !== about) {
        if (families.has(about)) throw new Error(`${about} is interleaved`);
        family = { name: about, said: new Map(), buckets: [] };
        families.set(about, family);
      }
      if (family.said.has(what)) throw new Error(`twice: ${line}`);
      family.said.set(what, said);
      continue;
    }
    const [, name, labels = "", number = ""] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`not understood: ${line}`);
    if (family === undefined) throw new Error(`of no family: ${line}`);
    const value = Number(number.replace("Inf", "Infinity"));
    const key = labels === "" ? name : `${name}{${labels}}`;
    if (numbers.has(key)) throw new Error(`twice: ${key}`);
    numbers.set(key, value);
    checkSample(family, name, labels, value);
  }
  for (const each of families.values()) checkFamily(each, numbers);
  return numbers;
}

function checkSample(
  { name: family, said, buckets }: Family,
  name: string,
  labels: string,
  value: number,
): void {
  const type = said.get("TYPE") ?? "";
  const suffix = name.startsWith(family) ? name.slice(family.length) : name;
  if (!SUFFIXES[type]?.includes(suffix)) {
    throw new Error(`${name} is not of the ${type} ${family}`);
  }
  if (type !== "gauge" && !(value >= 0)) throw new Error(`${name} ${value}`);
  if (suffix !== "_bucket") return;
  const [, le = ""] = /^le="(.*)"$/.exec(labels) ?? [];
  buckets.push([Number(le.replace("Inf", "Infinity")), value]);
}

function checkFamily({ name, said, buckets }: Family, numbers: Numbers): void {
  const [type, unit] = [said.get("TYPE"), said.get("UNIT")];
  if (type === undefined || !said.has("HELP")) {
    throw new Error(`${name} does not say what it is`);
  }
  if (unit !== undefined && !name.endsWith(`_${unit}`)) {
    throw new Error(`${name} does not end with its unit ${unit}`);
  }
  if (type === "counter" && name.endsWith("_total")) {
    throw new Error(`${name} has _total in the name of its family`);
  }
  if (type !== "histogram") return;
  for (const [i, [le, count]] of buckets.entries()) {
    const [lower, fewer] = buckets[i - 1] ?? [-1, 0];
    if (!(le > lower && count >= fewer)) {
      throw new Error(`${name}: ${le} is out of order`);
    }
  }
  const [last, all] = buckets.at(-1) ?? [];
  const isWhole =
    last === Number.POSITIVE_INFINITY && all === numbers.get(`${name}_count`);
  if (!isWhole || !numbers.has(`${name}_sum`)) {
    throw new Error(`${name} is not whole`);
  }
}

/** A sample's name and labels, as `Numbers` have them. */
export function keyOf(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    const escaped = value.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
    return `${label}="${escaped}"`;
  });
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}
