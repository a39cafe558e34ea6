/**
 * The figures of a service, for people.
 *
 * @module
 */
import { columns, counted, grouped } from "./numbers.ts";
import type { Output } from "./output.ts";
import type { Stats } from "./schemas.ts";

/** How many channels are shown. */
const BUSIEST = 10;

/** Messages a second, between two readings. */
export interface Rates {
  readonly published: number;
  readonly delivered: number;
}

interface Reading {
  readonly at: number;
  readonly value: Pick<Stats, "delivery-stats">;
}

/** What has changed from one reading to the next, a second. */
export function ratesOf(
  now: Reading,
  before: Reading | undefined,
): Rates | undefined {
  if (before === undefined || now.at <= before.at) return undefined;
  const seconds = (now.at - before.at) / 1_000;
  const rate = (name: "published" | "delivered") =>
    Math.max(
      0,
      now.value["delivery-stats"][name] - before.value["delivery-stats"][name],
    ) / seconds;
  return { published: rate("published"), delivered: rate("delivered") };
}

/** All in one line. */
export function statsLine(stats: Stats, rates: Rates | undefined): string {
  const channels = stats["channel-stats"];
  const { published, delivered } = stats["delivery-stats"];
  const parts = [
    counted(stats["active-connections"], "connection"),
    counted(channels["total-channels"], "channel"),
    counted(channels["total-subscriptions"], "subscription"),
    `${grouped(published)} published`,
    `${grouped(delivered)} delivered`,
  ];
  if (rates !== undefined) {
    parts.push(
      `${grouped(rates.published)}/s`,
      `${grouped(rates.delivered)}/s`,
    );
  }
  return parts.join("  ");
}

/** All, with the busiest channels. */
export function statsText(stats: Stats, output: Output, rates?: Rates): string {
  const channels = stats["channel-stats"];
  const { published, delivered } = stats["delivery-stats"];
  const rpc = stats["rpc-stats"];
  const { p50, p95, p99 } = rpc["latency-ms"];
  const perSecond = (rate: number | undefined) =>
    rate === undefined ? "" : ` (${grouped(rate)}/s)`;
  const latency =
    p50 === null ? "" : `, p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`;
  const figures = columns(
    [
      ["connections", grouped(stats["active-connections"])],
      ["channels", grouped(channels["total-channels"])],
      ["subscriptions", grouped(channels["total-subscriptions"])],
      ["published", `${grouped(published)}${perSecond(rates?.published)}`],
      ["delivered", `${grouped(delivered)}${perSecond(rates?.delivered)}`],
      [
        "requests",
        `${grouped(channels["pending-rpc-requests"])} open, ${grouped(rpc.answered)} answered, ${grouped(rpc.failed)} failed, ${grouped(rpc["timed-out"])} timed out, ${grouped(rpc.cancelled)} cancelled${latency}`,
      ],
    ],
    [false, false],
  );
  return [...figures, ...busiest(stats, output)].join("\n");
}

function busiest(stats: Stats, output: Output): string[] {
  const channels = Object.entries(stats["channel-stats"].channels)
    .sort(([, a], [, b]) => b["message-count"] - a["message-count"])
    .slice(0, BUSIEST);
  if (channels.length === 0) return [];
  const [header = "", ...rows] = columns(
    [
      ["SUBSCRIBERS", "MESSAGES", "PER SECOND", "CHANNEL"],
      ...channels.map(([id, channel]) => [
        grouped(channel["subscriber-count"]),
        grouped(channel["message-count"]),
        channel["messages-per-second"].toFixed(1),
        id,
      ]),
    ],
    [true, true, true, false],
  );
  return ["", output.look("dim", header), ...rows];
}
