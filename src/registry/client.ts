/**
 * What the Worker and the channels ask of the registry, whatever the number of
 * its objects: listings, `/stats` and `/health` (docs/protocol.md §6).
 *
 * @module
 */

import type { Policy } from "../access/policy.ts";
import { deploymentName, type Env, settingsOf } from "../env.ts";
import type {
  ChannelPage,
  Health,
  ServerStats,
  StatsHistory,
} from "../protocol/answers.ts";
import type { ChannelSummary } from "../protocol/server-frames.ts";
import { percentile } from "../telemetry/histogram.ts";
import { addUp, MAX_OLD_REQUESTS } from "./figures.ts";
import type { Registry } from "./object.ts";
import { Overview } from "./overview.ts";
import { allShards } from "./report.ts";
import type { Figures, KnownChannel } from "./snapshot.ts";
import { byChannelId } from "./watched.ts";

/** The most channels that `/stats` shows. */
export const MAX_STATS_CHANNELS = 1_000;

/** Which channels to list, and how many at most. */
export interface ListQuery {
  readonly prefix: string;
  /** Lists those behind this one. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * One page of the channels that somebody may know of, in byte order of their
 * ids.
 */
export async function listChannels(
  env: Env,
  { prefix, cursor, limit }: ListQuery,
  policy: Policy,
): Promise<ChannelPage> {
  const patterns = policy.isAdmin ? undefined : policy.patternsFor("info");
  // One more than asked for tells whether there is another page.
  const pages = await all(env, (shard) =>
    patterns === undefined
      ? shard.list(prefix, cursor, limit + 1)
      : shard.listMatching(patterns, prefix, cursor, limit + 1),
  );
  const sorted = pages.flat().sort(byChannelId);
  const channels = sorted.slice(0, limit);
  const last = channels.at(-1)?.channelId ?? null;
  return pageOf(channels, sorted.length > limit ? last : null);
}

function pageOf(
  channels: readonly KnownChannel[],
  cursor: string | null,
): ChannelPage {
  const entries = channels.map((each) => [each.channelId, summary(each)]);
  return { channels: Object.fromEntries(entries), cursor };
}

/** The body of `GET /stats`. */
export async function readStats(env: Env): Promise<ServerStats> {
  const [busiest, figures] = await Promise.all([
    all(env, (shard) => shard.busiest(MAX_STATS_CHANNELS)),
    readFigures(env),
  ]);
  const channels = busiest
    .flat()
    .sort((a, b) => b.messageCount - a.messageCount)
    .slice(0, MAX_STATS_CHANNELS);
  const { counts, telemetry, connections } = figures;
  const events = Object.values(telemetry);
  return {
    "active-connections": connections,
    "total-messages": counts.published,
    "server-config": serverConfig(env),
    "channel-stats": {
      channels: Object.fromEntries(
        channels.map((channel) => [channel.channelId, statistics(channel)]),
      ),
      "total-channels": figures.channels,
      "total-subscriptions": figures.subscriptions,
      "active-connections": connections,
      "pending-rpc-requests": figures.openRequests,
    },
    "rpc-stats": {
      open: figures.openRequests,
      ...counts.rpc,
      "latency-ms": {
        p50: percentile(counts.latency, 0.5),
        p95: percentile(counts.latency, 0.95),
        p99: percentile(counts.latency, 0.99),
      },
    },
    "delivery-stats": {
      published: counts.published,
      delivered: counts.delivered,
    },
    "telemetry-stats": {
      level: settingsOf(env).telemetryLevel,
      processed: events.reduce((sum, { processed }) => sum + processed, 0),
      dropped: events.reduce((sum, { dropped }) => sum + dropped, 0),
      events: telemetry,
    },
    ...(figures.channels > channels.length ? { truncated: true as const } : {}),
  };
}

/** The body of `GET /health`, for those who may see all of it. */
export async function readHealth(env: Env): Promise<Health> {
  const figures = await readFigures(env);
  const healthy = figures.oldRequests <= MAX_OLD_REQUESTS;
  return {
    status: healthy ? "healthy" : "unhealthy",
    connections: figures.connections,
    channels: figures.channels,
    "system-health": {
      healthy,
      "total-channels": figures.channels,
      "total-subscriptions": figures.subscriptions,
      "active-connections": figures.connections,
      "pending-rpc-requests": figures.openRequests,
      "old-rpc-requests": figures.oldRequests,
    },
    "uptime-ms": Math.max(0, Date.now() - figures.since),
  };
}

/** What each deployment's isolate knows of the last fifteen minutes. */
const overviews = new WeakMap<Env, Overview>();

/**
 * The body of `GET /stats/history`.
 *
 * @param since only what began after that time, in ms.
 */
export function readHistory(env: Env, since: number): Promise<StatsHistory> {
  let overview = overviews.get(env);
  if (overview === undefined) {
    const deployment = deploymentName(env);
    overview = new Overview(
      allShards(settingsOf(env).REGISTRY_SHARDS),
      (name, last) => env.REGISTRY.getByName(name).overview(deployment, last),
    );
    overviews.set(env, overview);
  }
  return overview.read(since, Date.now());
}

async function readFigures(env: Env): Promise<Figures> {
  const deployment = deploymentName(env);
  return addUp(await all(env, (shard) => shard.figures(deployment)));
}

/** Asks all registry objects, each by its name. */
export function all<T>(
  env: Env,
  ask: (shard: DurableObjectStub<Registry>, name: string) => Promise<T>,
): Promise<T[]> {
  const { REGISTRY_SHARDS } = settingsOf(env);
  return Promise.all(
    allShards(REGISTRY_SHARDS).map((name) =>
      ask(env.REGISTRY.getByName(name), name),
    ),
  );
}

function summary(channel: KnownChannel): ChannelSummary {
  return {
    config: channel.config,
    "created-at": channel.createdAt,
    "message-count": channel.messageCount,
    "subscriber-count": channel.subscriberCount,
    "messages-per-second": channel.messagesPerSecond,
  };
}

function statistics(channel: KnownChannel) {
  return {
    "subscriber-count": channel.subscriberCount,
    "message-count": channel.messageCount,
    "created-at": channel.createdAt,
    "retention-count": channel.retentionCount,
    "messages-per-second": channel.messagesPerSecond,
  };
}

function serverConfig(env: Env) {
  const settings = settingsOf(env);
  return {
    auth: settings.auth,
    "auto-create": settings.autoCreate,
    "heartbeat-ms": settings.HEARTBEAT_MS,
    "max-frame-bytes": settings.MAX_FRAME_BYTES,
    "max-data-bytes": settings.MAX_DATA_BYTES,
    "max-subscriptions": settings.MAX_SUBSCRIPTIONS,
    "max-outstanding": settings.MAX_OUTSTANDING,
    "default-config": settings.channelDefaults,
  };
}
