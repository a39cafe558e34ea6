/**
 * What was measured, for people and for programs.
 *
 * @module
 */
import { columns, grouped, milliseconds } from "../numbers.ts";
import type { Output } from "../output.ts";
import { barOf } from "./progress.ts";
import type { Plan, Result } from "./run.ts";

/** From this part of a processor on, this program is what was measured. */
const BUSY = 0.85;
const WIDTH = 40;

type Asked = Omit<Plan, "channelId">;

/** The result for programs. */
export function reportDocument(asked: Asked, result: Result): object {
  const { tally } = result;
  const { publishers, subscribers, seconds, size, window, direct } = asked;
  return {
    publishers,
    subscribers,
    seconds,
    size,
    window,
    direct,
    published: tally.published,
    "published-per-second": Math.round(publishRate(result)),
    delivered: tally.delivered,
    "delivered-per-second": Math.round(deliveryRate(result)),
    "latency-ms": tally.latencies ?? null,
    histogram: tally.buckets.map(({ upToMs, count }) => ({
      "up-to-ms": upToMs,
      count,
    })),
    lost: tally.lost,
    repeated: tally.repeated,
    reordered: tally.reordered,
    failed: tally.failed,
    "own-load": Number(result.ownLoad.toFixed(2)),
  };
}

/** The result for people. */
export function reportText(
  asked: Asked,
  result: Result,
  output: Output,
): string {
  const { tally, ownLoad } = result;
  const { publishers, subscribers, window, size, direct } = asked;
  const faults = [
    `${grouped(tally.lost)} lost`,
    `${grouped(tally.repeated)} repeated`,
    `${grouped(tally.reordered)} out of order`,
    `${grouped(tally.failed)} not acknowledged`,
  ].join(", ");
  const isClean =
    tally.lost + tally.repeated + tally.reordered + tally.failed === 0;
  const at = tally.latencies;
  const latency =
    at === undefined
      ? "nothing was delivered"
      : `p50 ${milliseconds(at.p50)}, p90 ${milliseconds(at.p90)}, p99 ${milliseconds(at.p99)}, max ${milliseconds(at.max)}`;
  const lines = columns(
    [
      [
        "load",
        `${publishers} × ${window} unacknowledged of ${size} bytes, ${subscribers} subscribers, ${direct ? "direct" : "sessions"}`,
      ],
      [
        "published",
        `${grouped(tally.published)}, ${grouped(publishRate(result))}/s`,
      ],
      [
        "delivered",
        `${grouped(tally.delivered)}, ${grouped(deliveryRate(result))}/s`,
      ],
      ["latency", `${latency}, from publish to delivery`],
      ["faults", output.look(isClean ? "green" : "red", faults)],
      [
        "this program",
        `${(ownLoad * 100).toFixed(0)} % of a processor${ownLoad > BUSY ? ": the figures are its own, not the service's" : ""}`,
      ],
    ],
    [false, false],
  );
  return [...lines, "", ...histogram(result, output)].join("\n");
}

function histogram({ tally }: Result, output: Output): string[] {
  const { buckets } = tally;
  const most = Math.max(...buckets.map(({ count }) => count));
  const cells = columns(
    buckets.map(({ upToMs, count }) => [
      `up to ${milliseconds(upToMs)}`,
      grouped(count),
    ]),
    [true, true],
  );
  return buckets.map(({ count }, at) => {
    const bar = barOf(count / most, WIDTH).replaceAll("░", "");
    return `${cells[at]}  ${output.look("cyan", bar)}`.trimEnd();
  });
}

function publishRate({ tally, publishingSeconds }: Result): number {
  return publishingSeconds > 0 ? tally.published / publishingSeconds : 0;
}

function deliveryRate({ tally, deliveringSeconds }: Result): number {
  return deliveringSeconds > 0 ? tally.delivered / deliveringSeconds : 0;
}
