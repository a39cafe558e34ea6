/**
 * What is measured: each workload, and who takes part in it.
 *
 * @module
 */
import type { ContestantName } from "./contestants.ts";
import { manyChannels } from "./workloads/channels.ts";
import { connections } from "./workloads/connections.ts";
import { fanOut } from "./workloads/fan-out.ts";
import { idle } from "./workloads/idle.ts";
import { offered } from "./workloads/offered.ts";
import { replay } from "./workloads/replay.ts";
import { rpc } from "./workloads/rpc.ts";
import type { Workload } from "./workloads/workload.ts";

/** One workload and all who are put through it, in this order. */
export interface Row {
  readonly title: string;
  readonly workload: Workload;
  readonly contestants: readonly ContestantName[];
  /** The figure that tables and chart show, and its unit. */
  readonly shows: string;
  readonly unit: "a second" | "ms" | "µs" | "KiB";
  /** Whether each measurement needs a server that was just started. */
  readonly fresh?: boolean;
  /** How often it is repeated in a round, where differences are small. */
  readonly times?: number;
}

const OURS = [
  "direct plain",
  "direct batch",
  "session plain",
  "session batch",
] as const;
const ALL = [
  "bare",
  "partyserver",
  ...OURS,
  "ws",
  "socket.io",
  "nats",
] as const;
const ASKED = ["bare", "partyserver", ...OURS, "ws"] as const;

/** All rows, by the name that `--only` takes. */
export const ROWS = {
  "fan-out": {
    title: "Fan-out: 1 publisher, 100 subscribers, 50 in flight",
    workload: fanOut({ subscribers: 100, window: 50 }),
    contestants: ALL,
    shows: "deliveries",
    unit: "a second",
  },
  "fan-out-1000": {
    title: "Fan-out: 1 publisher, 1,000 subscribers, 50 in flight",
    workload: fanOut({ subscribers: 1_000, window: 50 }),
    contestants: ALL,
    shows: "deliveries",
    unit: "a second",
  },
  "fan-out-200": {
    title: "Fan-out: 1 publisher, 100 subscribers, 200 in flight",
    workload: fanOut({ subscribers: 100, window: 200 }),
    contestants: ["bare", "direct batch", "socket.io", "nats"],
    shows: "deliveries",
    unit: "a second",
  },
  publishers: {
    title: "50 publishers, 50 subscribers, 50 in flight",
    workload: fanOut({ subscribers: 50, publishers: 50, window: 50 }),
    contestants: ALL,
    shows: "deliveries",
    unit: "a second",
  },
  offered: {
    title: "1,000 publishes a second to 100 subscribers: delivery p50",
    workload: offered({ subscribers: 100, publishesPerSecond: 1_000 }),
    contestants: ["direct batch", "session batch", "nats"],
    shows: "p50",
    unit: "ms",
  },
  idle: {
    title: "Idle: publish to delivery, 1 and 1, p50",
    workload: idle,
    contestants: [
      "bare",
      "partyserver",
      "direct plain",
      "direct plain, ephemeral",
      "direct batch",
      "session plain",
      "session batch",
      "ws",
      "socket.io",
      "nats",
    ],
    shows: "p50",
    unit: "ms",
  },
  rpc: {
    title: "RPC round trip, 1 in flight, p50",
    workload: rpc({ window: 1 }),
    contestants: ASKED,
    shows: "p50",
    unit: "ms",
  },
  "rpc-50": {
    title: "RPC round trip, 50 in flight, p50",
    workload: rpc({ window: 50 }),
    contestants: ASKED,
    shows: "p50",
    unit: "ms",
  },
  "rpc-64": {
    title: "RPC, 64 in flight",
    workload: rpc({ window: 64 }),
    contestants: ASKED,
    shows: "answers",
    unit: "a second",
  },
  replay: {
    title: "Subscribing to a channel with 1,000 retained messages, p50",
    workload: replay,
    contestants: OURS,
    shows: "p50",
    unit: "ms",
  },
  connections: {
    title: "Memory of one idle subscribed connection, of 5,000",
    workload: connections(5_000),
    contestants: [
      "bare",
      "partyserver",
      "direct plain",
      "session plain",
      "ws",
      "socket.io",
      "nats",
    ],
    shows: "bytes",
    unit: "KiB",
    fresh: true,
  },
  "channels-1": {
    title: "1 channel, 5 subscribers, 1 in flight: server time a delivery",
    workload: manyChannels({ channels: 1, subscribers: 5, window: 50 }),
    contestants: ["bare", "direct plain"],
    shows: "microseconds",
    unit: "µs",
  },
  "channels-1000": {
    title:
      "1,000 channels, 5 subscribers each, 50 in flight: server time a delivery",
    workload: manyChannels({ channels: 1_000, subscribers: 5, window: 50 }),
    contestants: ["bare", "direct plain"],
    shows: "microseconds",
    unit: "µs",
  },
  telemetry: {
    title:
      "300 publishes a second to 100 subscribers, with and without telemetry: server time a delivery",
    workload: offered({ subscribers: 100, publishesPerSecond: 300 }),
    contestants: ["direct batch", "direct batch, no telemetry"],
    shows: "microseconds",
    unit: "µs",
    // Processes differ by more than this does: each measures another pair.
    fresh: true,
    times: 4,
  },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof ROWS;
