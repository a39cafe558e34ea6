/**
 * The ratios that this service is held to, and what is made of the rounds.
 *
 * @module
 */
import type { ContestantName } from "./contestants.ts";
import { median } from "./measure.ts";
import type { RowName } from "./rows.ts";
import type { Results } from "./run.ts";

/** A median with what it is the median of. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One figure of one contestant at one row. */
interface Source {
  readonly row: RowName;
  readonly contestant: ContestantName;
  readonly figure: string;
}

/** A ratio of two figures of the same round, and its bound. */
export interface Bound {
  readonly title: string;
  readonly of: Source;
  readonly to: Source;
  readonly must: "at least" | "at most";
  readonly bound: number;
}

/** A bound and what was measured; none when nothing was. */
export interface Judged extends Bound {
  readonly ratio: Spread | undefined;
  readonly holds: boolean | undefined;
}

const source =
  (row: RowName, figure: string) =>
  (contestant: ContestantName): Source => ({ row, contestant, figure });
const fanOut = source("fan-out", "deliveries");
const fanOut200 = source("fan-out-200", "deliveries");
const idle = source("idle", "p50");
const rpc = source("rpc", "p50");
const rpc64 = source("rpc-64", "answers");
const offered50 = source("offered", "p50");
const offered99 = source("offered", "p99");
const memory = source("connections", "bytes");
const telemetry = source("telemetry", "microseconds");

/** All bounds, in the order in which they are shown. */
export const BOUNDS: readonly Bound[] = [
  atLeast(15, "fan-out, direct, batch / bare", fanOut, "direct batch", "bare"),
  atLeast(8, "fan-out, session, batch / bare", fanOut, "session batch", "bare"),
  atLeast(
    0.85,
    "fan-out, direct, plain / bare",
    fanOut,
    "direct plain",
    "bare",
  ),
  atMost(2.5, "idle p50, direct, stored / bare", idle, "direct plain", "bare"),
  atMost(
    1.3,
    "idle p50, direct, ephemeral / bare",
    idle,
    "direct plain, ephemeral",
    "bare",
  ),
  atMost(
    1.3,
    "idle p50, session / direct",
    idle,
    "session plain",
    "direct plain",
  ),
  atMost(
    4,
    "RPC p50, direct / bare there and back",
    rpc,
    "direct plain",
    "bare",
  ),
  atLeast(
    4,
    "RPC answers, 64, direct, batch / bare",
    rpc64,
    "direct batch",
    "bare",
  ),
  atMost(
    3,
    "100,000 deliveries/s, p50 / nats",
    offered50,
    "direct batch",
    "nats",
  ),
  atMost(
    4,
    "100,000 deliveries/s, p99 / nats",
    offered99,
    "direct batch",
    "nats",
  ),
  atLeast(
    0.8,
    "fan-out, 200 in flight / nats",
    fanOut200,
    "direct batch",
    "nats",
  ),
  atLeast(
    8,
    "fan-out, 200 in flight / socket.io",
    fanOut200,
    "direct batch",
    "socket.io",
  ),
  atMost(
    1.3,
    "memory a connection, direct / bare",
    memory,
    "direct plain",
    "bare",
  ),
  atMost(
    1.02,
    "server time a delivery, telemetry on / off",
    telemetry,
    "direct batch",
    "direct batch, no telemetry",
  ),
  {
    title: "server time a delivery, 1,000 subscribers / 100",
    of: source("fan-out-1000", "microseconds")("direct batch"),
    to: source("fan-out", "microseconds")("direct batch"),
    must: "at most",
    bound: 1.15,
  },
  {
    title: "server time a delivery, 1,000 channels / 1",
    of: source("channels-1000", "microseconds")("direct plain"),
    to: source("channels-1", "microseconds")("direct plain"),
    must: "at most",
    bound: 1.15,
  },
];

/** Every bound with the ratio that these rounds gave. */
export function judge(results: Results): Judged[] {
  return BOUNDS.map((bound) => {
    const of = valuesOf(results, bound.of);
    const to = valuesOf(results, bound.to);
    const rounds = Math.min(of.length, to.length);
    if (rounds === 0) return { ...bound, ratio: undefined, holds: undefined };
    const ratio = spreadOf(ratios(of.slice(0, rounds), to));
    const holds =
      bound.must === "at least"
        ? ratio.median >= bound.bound
        : ratio.median <= bound.bound;
    return { ...bound, ratio, holds };
  });
}

/** One figure of every round. */
export function valuesOf(
  results: Results,
  { row, contestant, figure }: Source,
): number[] {
  const rounds = results[row]?.[contestant] ?? [];
  return rounds.map(({ figures }) => figures[figure] ?? Number.NaN);
}

/** Figures in relation to those of the same rounds. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? Number.NaN));
}

/** The median, the least and the most. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

type From = (contestant: ContestantName) => Source;

function atLeast(
  bound: number,
  title: string,
  from: From,
  of: ContestantName,
  to: ContestantName,
): Bound {
  return { title, of: from(of), to: from(to), must: "at least", bound };
}

function atMost(
  bound: number,
  title: string,
  from: From,
  of: ContestantName,
  to: ContestantName,
): Bound {
  return { title, of: from(of), to: from(to), must: "at most", bound };
}
