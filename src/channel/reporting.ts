/**
 * What a channel tells the registry of itself, and whether it is news.
 *
 * @module
 */
import type { ChannelReport } from "../registry/report.ts";
import type { Calls } from "./calls.ts";
import type { ChannelState } from "./state.ts";

export class ReportSource {
  readonly #state: ChannelState;
  readonly #deployment: string;
  /** What was last told, so that only news is. */
  #told = "";
  #toldIdentity = "";
  #order = 0;

  constructor(state: ChannelState, deployment: string) {
    this.#state = state;
    this.#deployment = deployment;
    const nothing =
      state.existing === undefined && state.connections.size === 0;
    if (nothing) this.#told = this.#summary();
    // What exists on waking was told when it came to exist.
    this.#toldIdentity = this.#identity();
  }

  /** Whether there is anything the registry does not know. */
  get changed(): boolean {
    return this.#state.counters.changed || this.#told !== this.#summary();
  }

  /** Whether the registry does not know that the channel exists, or how. */
  get urgent(): boolean {
    return this.#toldIdentity !== this.#identity();
  }

  /** A report, which counts as told unless it is given back. */
  take(): ChannelReport {
    const { id, counters, telemetry } = this.#state;
    this.#told = this.#summary();
    this.#toldIdentity = this.#identity();
    return {
      channelId: id,
      order: this.#nextOrder(),
      channel: this.#channel(),
      directConnections: this.#directConnections(),
      counts: counters.take(),
      telemetry: telemetry.takeCounts(),
      deployment: this.#deployment,
    };
  }

  /** Takes a report back that did not arrive. */
  giveBack({ counts, telemetry }: ChannelReport): void {
    this.#told = "";
    this.#toldIdentity = "";
    this.#state.counters.giveBack(counts);
    this.#state.telemetry.giveBack(telemetry);
  }

  /** By time, so that it goes on rising when the object starts over. */
  #nextOrder(): number {
    this.#order = Math.max(this.#order + 1, this.#state.now * 1_000);
    return this.#order;
  }

  #channel(): ChannelReport["channel"] {
    const { existing, connections, calls } = this.#state;
    if (existing === undefined) return null;
    const { record, log } = existing;
    const { config, createdAt } = record;
    return {
      createdAt,
      config,
      messageCount: log.seq,
      subscriberCount: connections.subscriberCount,
      retentionCount: Math.min(config["message-retention"], log.size),
      openRequests: bySecond(calls),
    };
  }

  #directConnections(): number {
    let direct = 0;
    for (const { upstream } of this.#state.connections.all()) {
      if (!upstream) direct++;
    }
    return direct;
  }

  #identity(): string {
    const { record } = this.#state.existing ?? {};
    return `${record?.epoch} ${JSON.stringify(record?.config)}`;
  }

  #summary(): string {
    const { existing, connections, calls } = this.#state;
    return [
      this.#identity(),
      existing?.log.seq,
      connections.subscriberCount,
      this.#directConnections(),
      calls.size,
    ].join(" ");
  }
}

/** How many open requests were opened in each second. */
function bySecond(calls: Calls): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { createdAt } of calls.all()) {
    const second = Math.floor(createdAt / 1_000);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}
