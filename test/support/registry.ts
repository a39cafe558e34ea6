/**
 * What channels and isolates report, and a registry that hears it.
 *
 * @module
 */

import { DEFAULT_CHANNEL_CONFIG } from "../../src/protocol/channel-config.ts";
import type {
  ChannelReport,
  IsolateReport,
  ReportedChannel,
} from "../../src/registry/report.ts";
import { Snapshot } from "../../src/registry/snapshot.ts";
import { RegistryStore } from "../../src/registry/store.ts";
import { noCounts } from "../../src/telemetry/counters.ts";
import { TestSql } from "./sql.ts";

export const HEARTBEAT_MS = 30_000;

export class TestRegistry {
  readonly sql = new TestSql();
  now = 1_700_000_000_000;
  deployment = "d1";
  #order = 0;
  snapshot = this.#load();

  /** Everything in memory is lost. */
  restarts(): void {
    this.snapshot = this.#load();
  }

  /** A channel reports: what is not named is as of a fresh channel. */
  hears(
    channelId: string,
    channel: Partial<ReportedChannel> = {},
    rest: Partial<ChannelReport> = {},
  ): void {
    this.snapshot.hear(rest.deployment ?? this.deployment, this.now);
    this.snapshot.report(
      {
        channelId,
        order: ++this.#order,
        channel: { ...fresh(this.now), ...channel },
        directConnections: 0,
        counts: noCounts(),
        telemetry: {},
        deployment: this.deployment,
        ...rest,
      },
      this.now,
    );
  }

  /** A channel reports that it does not exist any more. */
  hearsEndOf(channelId: string, directConnections = 0): void {
    this.hears(channelId, {}, { channel: null, directConnections });
  }

  hearsIsolate(
    isolate: string,
    connections: number,
    counts: IsolateReport["counts"] = noCounts(),
  ): void {
    const { deployment, now } = this;
    this.snapshot.hear(deployment, now);
    const report = { isolate, connections, telemetry: {}, counts, deployment };
    this.snapshot.isolate(report, now);
  }

  get figures() {
    return this.snapshot.figures(this.now);
  }

  list(prefix = "", cursor?: string, limit = 100): string[] {
    return this.snapshot
      .list(prefix, cursor, limit, this.now)
      .map(({ channelId }) => channelId);
  }

  listMatching(
    patterns: readonly string[],
    { prefix = "", cursor = undefined as string | undefined, limit = 100 } = {},
  ): string[] {
    return this.snapshot
      .listMatching({ patterns, prefix, cursor, limit }, this.now)
      .map(({ channelId }) => channelId);
  }

  /** Those that are to be asked how they are. */
  toAsk(limit = 100): string[] {
    return this.snapshot.toAsk(limit, this.now);
  }

  #load(): Snapshot {
    return new Snapshot(new RegistryStore(this.sql), HEARTBEAT_MS);
  }
}

function fresh(now: number): ReportedChannel {
  return {
    createdAt: now,
    config: DEFAULT_CHANNEL_CONFIG,
    messageCount: 0,
    subscriberCount: 0,
    retentionCount: 0,
    openRequests: {},
  };
}
