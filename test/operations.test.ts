import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parser } from "@prometheus-io/lezer-promql";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { EVENT_LEVELS, EVENT_NAMES } from "../src/telemetry/events.ts";
import {
  METRIC_NAMES,
  METRICS,
  type MetricDefinition,
  sampleName,
} from "../src/telemetry/metrics.ts";

const source = new URL("../src", import.meta.url).pathname;
const page = readFileSync(
  new URL("../docs/operations.md", import.meta.url),
  "utf8",
);

/** The rows of the table between two marks, as the cells of each. */
function tableOf(name: string): string[][] {
  const [, rest = ""] = page.split(`<!-- ${name} -->`);
  const [table = ""] = rest.split(`<!-- end of ${name} -->`);
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  return rows
    .filter((row) => !row.startsWith("| `where` |"))
    .map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

describe("docs/operations.md", () => {
  test("says of every metric what the code does", () => {
    const wanted = METRIC_NAMES.map((name) => {
      const { type, label, meaning }: MetricDefinition = METRICS[name];
      const shown = label === undefined ? "" : `\`${label}\``;
      return [`\`${sampleName(name)}\``, type, shown, meaning];
    });
    expect(tableOf("metrics")).toEqual(wanted);
  });

  test("has every event of the log, with its level", () => {
    const said = tableOf("events").map(([name, level]) => [name, level]);
    const wanted = EVENT_NAMES.map((name) => [
      `\`${name}\``,
      EVENT_LEVELS[name],
    ]);
    expect(said).toEqual(wanted);
  });

  test("has every place that errors are logged from", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" });
    const places = files
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(source, file), "utf8"))
      .flatMap((code) => [...code.matchAll(/logError\(\s*"([^"]+)"/g)])
      .map(([, where]) => `\`${where}\``);
    expect(places.length).toBeGreaterThan(10);
    const said = tableOf("errors").map(([where]) => where);
    expect(said.toSorted()).toEqual([...new Set(places)].sort());
  });
});

const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text = ""]) => parse(text) as unknown,
);

const Rules = v.object({
  groups: v.array(
    v.strictObject({
      name: v.string(),
      rules: v.array(
        v.strictObject({
          alert: v.pipe(v.string(), v.regex(/^SenteLite[A-Z]\w+$/)),
          expr: v.string(),
          for: v.optional(v.pipe(v.string(), v.regex(/^\d+[mh]$/))),
          labels: v.strictObject({ severity: v.picklist(["page", "ticket"]) }),
          annotations: v.strictObject({
            summary: v.pipe(v.string(), v.endsWith(".")),
          }),
        }),
      ),
    }),
  ),
});

const rules = blocks
  .filter((block) => v.is(v.looseObject({ groups: v.unknown() }), block))
  .flatMap((block) => v.parse(Rules, block).groups)
  .flatMap((group) => group.rules);

/** The kinds of an expression's nodes, with the text of each. */
function nodesOf(expr: string): [kind: string, text: string][] {
  const nodes: [string, string][] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      nodes.push([type.isError ? "error" : type.name, expr.slice(from, to)]);
    },
  });
  return nodes;
}

/** What may be asked for: the metric by each of its samples' names. */
const BY_SAMPLE = new Map<string, MetricDefinition>(
  METRIC_NAMES.flatMap((name) => {
    const definition: MetricDefinition = METRICS[name];
    const names =
      definition.type === "histogram"
        ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`)
        : [sampleName(name)];
    return names.map((each): [string, MetricDefinition] => [each, definition]);
  }),
);

describe("the alert rules", () => {
  test("are there, each under a name of its own", () => {
    const names = rules.map(({ alert }) => alert);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(rules.map(({ alert, expr }) => [alert, expr] as const))(
    "%s asks for what there is",
    (_, expr) => {
      const nodes = nodesOf(expr);
      expect(nodes.filter(([kind]) => kind === "error")).toEqual([]);
      const selectors = nodes.filter(([kind]) => kind === "VectorSelector");
      expect(selectors.length).toBeGreaterThan(0);
      for (const [, selector] of selectors) {
        const [name = "", matchers = ""] = selector.split("{");
        if (name === "up") continue;
        const metric = BY_SAMPLE.get(name);
        expect(metric, name).toBeDefined();
        for (const [, label, value = ""] of matchers.matchAll(
          /(\w+)=~?"(.*?)"/g,
        )) {
          expect(label).toBe(metric?.label);
          for (const each of value.split("|")) {
            expect(metric?.values).toContain(each);
          }
        }
      }
    },
  );

  test("would be found out if they did not", () => {
    expect(nodesOf("rate(a[5m]").map(([kind]) => kind)).toContain("error");
    expect(BY_SAMPLE.has("sente_lite_messages")).toBe(false);
    expect(BY_SAMPLE.has("sente_lite_rpc_latency_seconds_bucket")).toBe(true);
  });
});

test("the scrape configuration is YAML, with a token", () => {
  const Scrape = v.object({
    scrape_configs: v.array(
      v.looseObject({
        metrics_path: v.literal("/metrics"),
        authorization: v.strictObject({
          type: v.literal("Bearer"),
          credentials_file: v.string(),
        }),
      }),
    ),
  });
  const found = blocks.filter((block) => v.is(Scrape, block));
  expect(found).toHaveLength(1);
  expect(blocks).toHaveLength(2);
});
