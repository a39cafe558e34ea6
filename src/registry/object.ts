/**
 * The Durable Object that knows all channels, or one shard of them. It is
 * never on the path of a message: when it is down, messaging goes on.
 *
 * @module
 */
import { DurableObject } from "cloudflare:workers";
import { type Env, settingsOf } from "../env.ts";
import { noCounts } from "../telemetry/counters.ts";
import { logError } from "../telemetry/sink.ts";
import { History, type Sample } from "./history.ts";
import type {
  ChannelReport,
  Counted,
  IsolateReport,
  ReportAnswer,
} from "./report.ts";
import {
  ASK_AFTER_MS,
  type Figures,
  type KnownChannel,
  Snapshot,
} from "./snapshot.ts";
import { RegistryStore } from "./store.ts";
import type { Watched } from "./watched.ts";

/** Sums are written at most this often, in ms. */
const COMMIT_MS = 500;
/** Channels asked at a time, and how long until the next lot, in ms. */
const ASK_AT_ONCE = 20;
const ASK_PAUSE_MS = 500;
/** More reports a second than this make channels report less often. */
const COMFORTABLE_REPORTS = 200;

/** What `/metrics` asks of each registry object. */
export interface MetricsQuestion {
  readonly deployment: string;
  /** Of the channels to show one by one, and how many of them at most. */
  readonly patterns: readonly string[];
  readonly limit: number;
  /** What the asking isolate has counted and not told yet. */
  readonly counted?: Counted | undefined;
}

/** What it answers. */
export interface MetricsAnswer {
  readonly figures: Figures;
  readonly watched: Watched<KnownChannel>;
}

/** The Durable Object of one registry shard. */
export class Registry extends DurableObject<Env> {
  readonly #snapshot: Snapshot;
  readonly #history: History;
  readonly #intervalMs: number;
  #committing = false;
  #committedAt = 0;
  /** For when the alarm is set, once that is known; never is Infinity. */
  #armed: number | undefined;
  #second = { number: 0, reports: 0, before: 0 };

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { HEARTBEAT_MS, REPORT_INTERVAL_MS } = settingsOf(env);
    this.#intervalMs = REPORT_INTERVAL_MS;
    this.#snapshot = new Snapshot(
      new RegistryStore(ctx.storage.sql),
      HEARTBEAT_MS,
    );
    this.#history = new History(() => {
      const figures = this.#snapshot.figures(Date.now());
      const { connections, channels, subscriptions, openRequests } = figures;
      return { connections, channels, subscriptions, openRequests };
    });
  }

  /** Takes in what a channel reports. */
  async report(report: ChannelReport): Promise<ReportAnswer> {
    const now = Date.now();
    await this.#hear(report.deployment, now);
    this.#history.add(report.counts, now);
    this.#snapshot.report(report, now);
    this.#commitSoon();
    return { intervalMs: this.#comfortableInterval(now) };
  }

  /** Takes in what an isolate reports of its sessions. */
  async isolate(report: IsolateReport): Promise<ReportAnswer> {
    const now = Date.now();
    await this.#hear(report.deployment, now);
    this.#history.add(report.counts ?? noCounts(), now);
    this.#snapshot.isolate(report, now);
    this.#commitSoon();
    return { intervalMs: this.#intervalMs };
  }

  /** Channels in byte order of their ids, after a cursor. */
  list(
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): KnownChannel[] {
    return this.#snapshot.list(prefix, cursor, limit, Date.now());
  }

  /** Those whose ids fit one of the patterns. */
  listMatching(
    patterns: readonly string[],
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): KnownChannel[] {
    const now = Date.now();
    const wanted = { patterns, prefix, cursor, limit };
    return this.#snapshot.listMatching(wanted, now);
  }

  /** The channels with the most messages. */
  busiest(limit: number): KnownChannel[] {
    return this.#snapshot.busiest(limit, Date.now());
  }

  /** @param deployment that of the Worker that asks. */
  async figures(deployment: string): Promise<Figures> {
    const now = Date.now();
    await this.#hear(deployment, now);
    this.#commitSoon();
    return this.#snapshot.figures(now);
  }

  /** The figures, and channels that are shown one by one. */
  async metrics(question: MetricsQuestion): Promise<MetricsAnswer> {
    const { deployment, patterns, limit, counted } = question;
    const now = Date.now();
    await this.#hear(deployment, now);
    if (counted !== undefined) this.#snapshot.add(counted);
    // A counter that was seen must not go back, whatever happens: what is told
    // is on disk before the answer leaves.
    this.#commit();
    const figures = this.#snapshot.figures(now);
    return { figures, watched: this.#snapshot.watched(patterns, limit, now) };
  }

  /**
   * The figures, and the seconds that began after a time in ms.
   *
   * @param deployment that of the Worker that asks.
   */
  async overview(
    deployment: string,
    since: number,
  ): Promise<{ figures: Figures; samples: Sample[] }> {
    const figures = await this.figures(deployment);
    return { figures, samples: this.#history.after(since, Date.now()) };
  }

  /** Asks channels that claim to be in use and were not heard of for long. */
  override async alarm(): Promise<void> {
    this.#armed = undefined;
    const ids = this.#snapshot.toAsk(ASK_AT_ONCE, Date.now());
    await Promise.all(ids.map((id) => this.#ask(id)));
    this.#commitSoon();
    const now = Date.now();
    const more = this.#snapshot.toAsk(1, now).length > 0;
    const next = more ? now + ASK_PAUSE_MS : this.#snapshot.nextAskAt();
    if (next !== undefined) await this.#arm(next);
  }

  async #ask(channelId: string): Promise<void> {
    try {
      const report = await this.env.CHANNEL.getByName(channelId).report();
      this.#history.add(report.counts, Date.now());
      this.#snapshot.report(report, Date.now());
    } catch (error) {
      logError("registry asks", error);
      this.#snapshot.askedInVain(channelId, Date.now());
    }
  }

  /** A new deployment makes doubtful what was claimed before it. */
  async #hear(deployment: string, now: number): Promise<void> {
    const isNew = this.#snapshot.hear(deployment, now);
    await this.#arm(now + (isNew ? ASK_PAUSE_MS : ASK_AFTER_MS));
  }

  /** Sets the alarm unless it comes earlier anyway. */
  async #arm(at: number): Promise<void> {
    if (this.#armed === undefined) {
      this.#armed = (await this.ctx.storage.getAlarm()) ?? Infinity;
    }
    if (this.#armed <= at) return;
    this.#armed = at;
    await this.ctx.storage.setAlarm(at);
  }

  /** Writes the sums now or, if that was just done, after a while. */
  #commitSoon(): void {
    if (!this.#snapshot.changed || this.#committing) return;
    const pauseMs = this.#committedAt + COMMIT_MS - Date.now();
    if (pauseMs <= 0) {
      this.#commit();
      return;
    }
    this.#committing = true;
    setTimeout(() => {
      this.#committing = false;
      this.#commit();
    }, pauseMs);
  }

  #commit(): void {
    this.#committedAt = Date.now();
    this.#snapshot.commit();
  }

  #comfortableInterval(now: number): number {
    const number = Math.floor(now / 1_000);
    const { number: last, reports } = this.#second;
    if (number !== last) {
      const before = number === last + 1 ? reports : 0;
      this.#second = { number, reports: 0, before };
    }
    this.#second.reports++;
    const load = this.#second.before / COMFORTABLE_REPORTS;
    return Math.round(this.#intervalMs * Math.max(1, load));
  }
}
