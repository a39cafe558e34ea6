/**
 * What a workload is given and what it answers.
 *
 * @module
 */
import type { Speaker } from "../client/speakers.ts";
import type { Load } from "../measure.ts";
import type { BenchServer } from "../servers/server.ts";

/** One server and the way it is spoken to. */
export interface Target {
  readonly server: BenchServer;
  readonly speaker: Speaker;
  /** How long to measure, in s. */
  readonly seconds: number;
}

/** What was measured: figures by name, and how busy who was. */
export interface Measured {
  readonly figures: Readonly<Record<string, number>>;
  readonly load?: Load;
}

/** Drives a server in one way and measures it. */
export type Workload = (target: Target) => Promise<Measured>;

let channels = 0;

/** The name of a channel that was never used. */
export function newChannel(): string {
  return `bench-${process.pid}-${++channels}`;
}
