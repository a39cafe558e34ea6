import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";

import { isChannelId } from "../../src/protocol/names.ts";
import { readings } from "../../src/registry/readings.ts";
import type { Figures, KnownChannel } from "../../src/registry/snapshot.ts";
import { Counters, noCounts } from "../../src/telemetry/counters.ts";
import { expose } from "../../src/telemetry/exposition.ts";
import {
  METRIC_NAMES,
  METRICS,
  type MetricDefinition,
  sampleName,
} from "../../src/telemetry/metrics.ts";
import {
  keyOf,
  readOpenMetrics,
  readPrometheus,
} from "../support/prometheus.ts";
import { TestRegistry } from "../support/registry.ts";

let registry: TestRegistry;
beforeEach(() => {
  registry = new TestRegistry();
});

function textsOf(
  figures: Figures,
  channels: KnownChannel[] = [],
  cutOff = false,
): { open: string; plain: string } {
  const all = readings(figures, { channels, cutOff });
  return { open: expose(all, "openmetrics"), plain: expose(all, "prometheus") };
}

/** Both forms, read. */
function read(...args: Parameters<typeof textsOf>) {
  const { open, plain } = textsOf(...args);
  return { open: readOpenMetrics(open), plain: readPrometheus(plain) };
}

describe("both forms", () => {
  test("hold every series from the beginning, with 0", () => {
    registry.hears("a", {}, { counts: noCounts() });
    const { open, plain } = read(registry.figures);
    for (const name of METRIC_NAMES) {
      const { type, label, values }: MetricDefinition = METRICS[name];
      if (type === "histogram") continue;
      const keys =
        label === undefined
          ? [sampleName(name)]
          : (values ?? []).map((each) =>
              keyOf(sampleName(name), { [label]: each }),
            );
      for (const key of keys) {
        expect(open.get(key), key).toEqual(expect.any(Number));
        expect(plain.get(key), key).toBe(open.get(key));
      }
    }
    expect(open.get("sente_lite_channels")).toBe(1);
    expect(open.get('sente_lite_recoveries_total{outcome="gap"}')).toBe(0);
    expect(open.get("sente_lite_rpc_latency_seconds_count")).toBe(0);
    expect(plain).toEqual(open);
  });

  test("say what was counted, latencies in seconds", () => {
    const counters = new Counters();
    for (const ms of [0, 1, 2, 3, 250]) counters.requestEnded("answered", ms);
    counters.published(7);
    counters.publishRefused("rate-limited");
    counters.limited("publishes");
    counters.evicted();
    registry.hears("a", {}, { counts: counters.take() });
    const { open, plain } = read(registry.figures);
    expect(plain).toEqual(open);
    const wanted = {
      sente_lite_messages_total: 1,
      sente_lite_deliveries_total: 7,
      'sente_lite_publish_refusals_total{reason="rate-limited"}': 1,
      'sente_lite_publish_refusals_total{reason="forbidden"}': 0,
      'sente_lite_rate_limited_total{limit="publishes"}': 1,
      sente_lite_evictions_total: 1,
      'sente_lite_rpc_requests_total{outcome="answered"}': 5,
      'sente_lite_rpc_latency_seconds_bucket{le="0.001"}': 2,
      'sente_lite_rpc_latency_seconds_bucket{le="0.002"}': 3,
      'sente_lite_rpc_latency_seconds_bucket{le="0.004"}': 4,
      'sente_lite_rpc_latency_seconds_bucket{le="0.128"}': 4,
      'sente_lite_rpc_latency_seconds_bucket{le="0.256"}': 5,
      'sente_lite_rpc_latency_seconds_bucket{le="+Inf"}': 5,
      sente_lite_rpc_latency_seconds_count: 5,
      sente_lite_rpc_latency_seconds_sum: 0.256,
    };
    for (const [key, value] of Object.entries(wanted)) {
      expect(open.get(key), key).toBe(value);
    }
  });

  test("name channels as they are called, whatever characters they have", () => {
    const id = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter(isChannelId);
    fc.assert(
      fc.property(fc.oneof(id, fc.constantFrom('a"\\', "\\n", "{}")), (id) => {
        const registry = new TestRegistry();
        registry.hears(id, { subscriberCount: 3, messageCount: 8 });
        const { channels } = registry.snapshot.watched([id], 1, registry.now);
        const { open, plain } = read(registry.figures, channels);
        for (const numbers of [open, plain]) {
          const of = (name: string) =>
            numbers.get(keyOf(name, { channel: id }));
          expect(of("sente_lite_channel_subscribers")).toBe(3);
          expect(of("sente_lite_channel_messages_total")).toBe(8);
          expect(of("sente_lite_channel_message_rate")).toBe(0);
        }
      }),
    );
  });
});

test("OpenMetrics says type, unit and meaning before the numbers", () => {
  registry.hears("a");
  const { open } = textsOf(registry.figures);
  expect(open).toContain(
    [
      "# TYPE sente_lite_messages counter",
      "# HELP sente_lite_messages messages published, ephemeral ones included",
      "sente_lite_messages_total 0",
      "# TYPE sente_lite_deliveries counter",
    ].join("\n"),
  );
  expect(open).toContain(
    [
      "# TYPE sente_lite_rpc_latency_seconds histogram",
      "# UNIT sente_lite_rpc_latency_seconds seconds",
      "# HELP sente_lite_rpc_latency_seconds ",
    ].join("\n"),
  );
  expect(open.endsWith("\n# EOF\n")).toBe(true);
});

test("the form from before it names counters in full", () => {
  registry.hears("a");
  const { plain } = textsOf(registry.figures);
  expect(plain).toContain(
    "# TYPE sente_lite_messages_total counter\n# HELP sente_lite_messages_total ",
  );
  expect(plain).not.toContain("# UNIT");
  expect(plain).not.toContain("# EOF");
});

describe("the reader of OpenMetrics in these tests", () => {
  const GOOD = "# TYPE a counter\n# HELP a b\na_total 1\n# EOF\n";

  test.each([
    ["no end", GOOD.replace("# EOF\n", "")],
    ["text behind the end", `${GOOD}a_total 2\n`],
    ["an empty line", GOOD.replace("a_total", "\na_total")],
    ["a counter without _total", GOOD.replace("a_total", "a")],
    ["_total in a family's name", GOOD.replaceAll(" a ", " a_total ")],
    ["a negative counter", GOOD.replace("a_total 1", "a_total -1")],
    ["a number that is none", GOOD.replace("a_total 1", "a_total x")],
    ["a quote in a label", GOOD.replace("_total", '_total{b="c"d"}')],
    ["a series twice", GOOD.replace("a_total 1", "a_total 1\na_total 2")],
    ["no type", GOOD.replace("# TYPE a counter\n", "")],
    ["no meaning", GOOD.replace("# HELP a b\n", "")],
    [
      "a unit that the name lacks",
      GOOD.replace("# HELP", "# UNIT a s\n# HELP"),
    ],
    [
      "a family in two parts",
      GOOD.replace("# EOF", "# TYPE b gauge\n# HELP b b\n# HELP a b\n# EOF"),
    ],
  ])("does not take %s", (_, text) => {
    expect(readOpenMetrics(GOOD).get("a_total")).toBe(1);
    expect(() => readOpenMetrics(text)).toThrow();
  });

  const HISTOGRAM = [
    "# TYPE h histogram",
    "# HELP h h",
    'h_bucket{le="0.5"} 1',
    'h_bucket{le="+Inf"} 2',
    "h_sum 3",
    "h_count 2",
    "# EOF\n",
  ].join("\n");

  test.each([
    ["without an end", HISTOGRAM.replace('h_bucket{le="+Inf"} 2\n', "")],
    ["that falls", HISTOGRAM.replace('"0.5"} 1', '"0.5"} 3')],
    ["with another count", HISTOGRAM.replace("h_count 2", "h_count 3")],
    ["without a sum", HISTOGRAM.replace("h_sum 3\n", "")],
  ])("does not take a histogram %s", (_, text) => {
    expect(readOpenMetrics(HISTOGRAM).get("h_count")).toBe(2);
    expect(() => readOpenMetrics(text)).toThrow();
  });
});
