/**
 * What is known of all channels and connections, from what they report. It
 * knows no platform: its host hands it reports and asks it questions.
 *
 * @module
 */

import { commonStart, matches } from "../access/policy.ts";
import { DEFAULT_CHANNEL_CONFIG } from "../protocol/channel-config.ts";
import { addToCounts, type Counts, noCounts } from "../telemetry/counters.ts";
import { addCounts, type TelemetryCounts } from "../telemetry/sink.ts";
import { Claims } from "./claims.ts";
import { Rates } from "./rates.ts";
import type {
  ChannelReport,
  Counted,
  IsolateReport,
  ReportedChannel,
} from "./report.ts";
import { type Entry, openCount, type RegistryStore } from "./store.ts";
import { readSums, type Sums } from "./sums.ts";
import { findWatched, type Watched } from "./watched.ts";

/** A channel that claims to be in use is asked when silent for so long, in ms. */
export const ASK_AFTER_MS = 600_000;
/** An open request counts as old after so long, in ms. */
const OLD_REQUEST_MS = 60_000;
/** An isolate is forgotten after so many heartbeats of silence. */
const ISOLATE_HEARTBEATS = 3;
/** Deployments whose first report is remembered. */
const MAX_DEPLOYMENTS = 10;

/** How long before the end of a deployment reports may have been lost, in ms. */
const DOUBTFUL_MS = 10_000;

/** Deleted channels that are remembered. */
const MAX_DELETED = 10_000;

/** One channel, as the registry tells of it. */
export interface KnownChannel extends ReportedChannel {
  channelId: string;
  messagesPerSecond: number;
}

/** The figures of one registry object. */
export interface Figures {
  connections: number;
  channels: number;
  subscriptions: number;
  openRequests: number;
  oldRequests: number;
  counts: Counts;
  telemetry: TelemetryCounts;
  /** When the present deployment was first heard of, in ms. */
  since: number;
}

/** Channels that one listing looks through for those that fit, and at once. */
const MAX_LOOKED_THROUGH = 100_000;
const LOOK_STEP = 1_000;

export class Snapshot {
  readonly #store: RegistryStore;
  readonly #heartbeatMs: number;
  readonly #rates = new Rates();
  readonly #sums: Sums;
  readonly #totals: { channels: number; subscribers: number; direct: number };
  readonly #open = new Map<string, Entry["openRequests"]>();
  #claims: Claims;
  readonly #isolates = new Map<
    string,
    { connections: number; heardAt: number }
  >();
  /** Channels that were deleted lately: a report from before may yet come. */
  readonly #deleted = new Map<string, number>();
  #sumsChanged = false;

  constructor(store: RegistryStore, heartbeatMs: number) {
    this.#store = store;
    this.#heartbeatMs = heartbeatMs;
    this.#sums = readSums(store.readSums());
    this.#totals = store.totals();
    const claiming = store.claiming(...this.#doubtful);
    this.#claims = new Claims(claiming);
    for (const { channelId, openRequests } of claiming) {
      if (openRequests !== undefined) this.#open.set(channelId, openRequests);
    }
    for (const { isolate, connections, heardAt } of store.readIsolates()) {
      this.#isolates.set(isolate, { connections, heardAt });
    }
  }

  /** Whether sums wait to be written. */
  get changed(): boolean {
    return this.#sumsChanged;
  }

  /** Takes in what a channel reports. */
  report(report: ChannelReport, now: number): void {
    const { channelId, channel, directConnections } = report;
    const { order, counts } = report;
    this.add(report);
    const known = this.#store.read(channelId);
    const newest = known?.order ?? this.#deleted.get(channelId) ?? 0;
    if (order <= newest) {
      // Older than what is known, but a sign of life all the same.
      if (known !== undefined) this.#write({ ...known, heardAt: now });
      return;
    }
    this.#rates.add(channelId, counts.published, now);
    if (known !== undefined) this.#count(known, -1);
    if (channel === null && directConnections === 0) {
      this.#open.delete(channelId);
      this.#rates.forget(channelId);
      this.#claims.forget(channelId);
      if (known !== undefined) this.#store.delete(channelId);
      this.#remember(channelId, order);
      return;
    }
    this.#deleted.delete(channelId);
    const entry: Entry = {
      ...(channel ?? NO_CHANNEL),
      channelId,
      directConnections,
      heardAt: now,
      order,
      exists: channel !== null,
    };
    this.#count(entry, 1);
    if (openCount(entry) > 0) this.#open.set(channelId, entry.openRequests);
    else this.#open.delete(channelId);
    this.#write(entry);
  }

  /** Adds up what was counted somewhere. */
  add({ counts, telemetry }: Counted): void {
    addToCounts(this.#sums.counts, counts);
    addCounts(this.#sums.telemetry, telemetry);
    this.#sumsChanged = true;
  }

  /** Takes in what an isolate reports of its sessions. */
  isolate(report: IsolateReport, now: number): void {
    const { isolate, connections, counts = noCounts(), telemetry } = report;
    this.add({ counts, telemetry });
    if (connections === 0) {
      this.#isolates.delete(isolate);
      this.#store.deleteIsolate(isolate);
      return;
    }
    this.#isolates.set(isolate, { connections, heardAt: now });
    this.#store.writeIsolate({ isolate, connections, heardAt: now });
  }

  /**
   * Notes a deployment. A new one means that sockets were dropped: isolates
   * report again, and channels that claim to be in use are to be asked.
   *
   * @returns whether it is new.
   */
  hear(deployment: string, now: number): boolean {
    const { deployments } = this.#sums;
    if (deployments.some(([name]) => name === deployment)) return false;
    this.#sums.doubtfulFrom = this.#store.lastHeardAt() - DOUBTFUL_MS;
    deployments.push([deployment, now]);
    deployments.splice(0, deployments.length - MAX_DEPLOYMENTS);
    this.#sumsChanged = true;
    this.#claims = new Claims(this.#store.claiming(...this.#doubtful));
    for (const isolate of [...this.#isolates.keys()]) {
      this.#forgetIsolate(isolate);
    }
    return true;
  }

  /** Channels in byte order of their ids, after a cursor. */
  list(
    prefix: string,
    cursor: string | undefined,
    limit: number,
    now: number,
  ): KnownChannel[] {
    return this.#describe(this.#store.list(prefix, cursor, limit), now);
  }

  /** Those whose ids fit one of the patterns, as far as is looked. */
  listMatching(
    {
      patterns,
      prefix,
      cursor,
      limit,
    }: {
      readonly patterns: readonly string[];
      readonly prefix: string;
      readonly cursor: string | undefined;
      readonly limit: number;
    },
    now: number,
  ): KnownChannel[] {
    const start = commonStart(patterns);
    const isNarrower = start.startsWith(prefix);
    const found: Entry[] = [];
    if (patterns.length === 0 || !(isNarrower || prefix.startsWith(start))) {
      return [];
    }
    const beginning = isNarrower ? start : prefix;
    let after = cursor;
    for (let looked = 0; looked < MAX_LOOKED_THROUGH; looked += LOOK_STEP) {
      const entries = this.#store.list(beginning, after, LOOK_STEP);
      for (const entry of entries) {
        if (!patterns.some((each) => matches(each, entry.channelId))) continue;
        if (found.push(entry) === limit) return this.#describe(found, now);
      }
      after = entries.at(-1)?.channelId;
      if (entries.length < LOOK_STEP) break;
    }
    return this.#describe(found, now);
  }

  /** The channels with the most messages. */
  busiest(limit: number, now: number): KnownChannel[] {
    return this.#describe(this.#store.busiest(limit), now);
  }

  /** Those whose ids fit one of the patterns, for `/metrics`. */
  watched(
    patterns: readonly string[],
    limit: number,
    now: number,
  ): Watched<KnownChannel> {
    const { channels, cutOff } = findWatched(this.#store, patterns, limit);
    return { channels: this.#describe(channels, now), cutOff };
  }

  figures(now: number): Figures {
    for (const [isolate, { heardAt }] of [...this.#isolates]) {
      const silent = now - heardAt > ISOLATE_HEARTBEATS * this.#heartbeatMs;
      if (silent) this.#forgetIsolate(isolate);
    }
    let connections = this.#totals.direct;
    for (const each of this.#isolates.values()) connections += each.connections;
    let openRequests = 0;
    let oldRequests = 0;
    for (const requests of this.#open.values()) {
      for (const [second, count] of Object.entries(requests)) {
        openRequests += count;
        if (Number(second) * 1_000 < now - OLD_REQUEST_MS) oldRequests += count;
      }
    }
    return {
      connections,
      channels: this.#totals.channels,
      subscriptions: this.#totals.subscribers,
      openRequests,
      oldRequests,
      counts: this.#sums.counts,
      telemetry: this.#sums.telemetry,
      since: this.#since ?? now,
    };
  }

  /** Channels to ask whether what they last claimed is still so. */
  toAsk(limit: number, now: number): string[] {
    const since = Math.max(now - ASK_AFTER_MS, this.#since ?? 0);
    return this.#claims.silent(since, limit);
  }

  /** When the next channel is to be asked, in ms, or undefined. */
  nextAskAt(): number | undefined {
    const { earliest } = this.#claims;
    return earliest === undefined ? undefined : earliest + ASK_AFTER_MS;
  }

  /** Notes that a channel was asked and did not answer. */
  askedInVain(channelId: string, now: number): void {
    const entry = this.#store.read(channelId);
    if (entry !== undefined) this.#write({ ...entry, heardAt: now });
  }

  /** Writes the sums. */
  commit(): void {
    if (!this.#sumsChanged) return;
    this.#sumsChanged = false;
    this.#store.writeSums(JSON.stringify(this.#sums));
  }

  get #doubtful(): readonly [number, number] {
    return [this.#sums.doubtfulFrom, this.#since ?? 0];
  }

  get #since(): number | undefined {
    return this.#sums.deployments.at(-1)?.[1];
  }

  #write(entry: Entry): void {
    this.#store.write(entry);
    this.#claims.hear(entry, isInUse(entry));
  }

  #count(entry: Entry, sign: 1 | -1): void {
    if (entry.exists) this.#totals.channels += sign;
    this.#totals.subscribers += sign * entry.subscriberCount;
    this.#totals.direct += sign * entry.directConnections;
  }

  #remember(channelId: string, order: number): void {
    this.#deleted.delete(channelId);
    this.#deleted.set(channelId, order);
    if (this.#deleted.size <= MAX_DELETED) return;
    const [oldest] = this.#deleted.keys();
    if (oldest !== undefined) this.#deleted.delete(oldest);
  }

  #forgetIsolate(isolate: string): void {
    this.#isolates.delete(isolate);
    this.#store.deleteIsolate(isolate);
  }

  #describe(entries: readonly Entry[], now: number): KnownChannel[] {
    return entries.map((entry) => ({
      channelId: entry.channelId,
      createdAt: entry.createdAt,
      config: entry.config,
      messageCount: entry.messageCount,
      subscriberCount: entry.subscriberCount,
      retentionCount: entry.retentionCount,
      openRequests: entry.openRequests,
      messagesPerSecond: this.#rates.rate(entry.channelId, now),
    }));
  }
}

function isInUse(entry: Entry): boolean {
  const { subscriberCount, directConnections } = entry;
  return subscriberCount > 0 || directConnections > 0 || openCount(entry) > 0;
}

/** Stands for the channel where only its name has connections. */
const NO_CHANNEL: ReportedChannel = {
  createdAt: 0,
  config: DEFAULT_CHANNEL_CONFIG,
  messageCount: 0,
  subscriberCount: 0,
  retentionCount: 0,
  openRequests: {},
};
