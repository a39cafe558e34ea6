/**
 * `GET /stats/history`: the figures of now and of the last fifteen minutes.
 * An isolate asks the registry once a second at most, for what is new, however
 * many pages show it.
 *
 * @module
 */
import type { StatsHistory } from "../protocol/answers.ts";
import { upperBound } from "../telemetry/histogram.ts";
import { addUp, MAX_OLD_REQUESTS } from "./figures.ts";
import { HISTORY_MS, mergeSamples, type Sample } from "./history.ts";
import type { Figures } from "./snapshot.ts";

/** How long figures are good for, in ms. */
const FRESH_MS = 1_000;

/** What a registry object tells: how things are, and the seconds asked for. */
export interface Told {
  readonly figures: Figures;
  readonly samples: readonly Sample[];
}

/** What one isolate knows. */
export class Overview {
  readonly #shards: readonly string[];
  readonly #ask: (shard: string, since: number) => Promise<Told>;
  #askedAt = Number.NEGATIVE_INFINITY;
  #figures: Figures | undefined;
  readonly #samples = new Map<string, readonly Sample[]>();

  /** @param ask asks a registry object for what began after a time in ms. */
  constructor(
    shards: readonly string[],
    ask: (shard: string, since: number) => Promise<Told>,
  ) {
    this.#shards = shards;
    this.#ask = ask;
  }

  /**
   * @param since only what began after that time, in ms.
   * @throws what asking the registry throws.
   */
  async read(since: number, now: number): Promise<StatsHistory> {
    // Whoever asks meanwhile gets what is known: an answer that is on its way
    // belongs to another request, and cannot be waited for.
    const isFresh = now - this.#askedAt < FRESH_MS;
    let figures = this.#figures;
    if (figures === undefined || !isFresh) {
      this.#askedAt = now;
      try {
        figures = await this.#refresh(now);
      } catch (error) {
        // Nobody is to take what is old for what is.
        this.#figures = undefined;
        throw error;
      }
    }
    const samples = mergeSamples([...this.#samples.values()]);
    const wanted = samples.filter(({ at }) => at > since);
    return bodyOf(figures, wanted, now);
  }

  async #refresh(now: number): Promise<Figures> {
    const told = await Promise.all(
      this.#shards.map(async (name) => {
        const last = this.#samples.get(name)?.at(-1)?.at ?? 0;
        const { figures, samples } = await this.#ask(name, last);
        this.#add(name, samples, now);
        return figures;
      }),
    );
    this.#figures = addUp(told);
    return this.#figures;
  }

  #add(name: string, samples: readonly Sample[], now: number): void {
    const before = this.#samples.get(name) ?? [];
    // Two requests may have asked at once.
    const last = before.at(-1)?.at ?? 0;
    const all = [...before, ...samples.filter(({ at }) => at > last)];
    const kept = all.filter(({ at }) => at > now - HISTORY_MS);
    this.#samples.set(name, kept);
  }
}

function bodyOf(
  figures: Figures,
  samples: readonly Sample[],
  now: number,
): StatsHistory {
  const message = complaint(figures);
  return {
    status: message === undefined ? "healthy" : "unhealthy",
    ...(message === undefined ? {} : { message }),
    "server-time": now,
    "uptime-ms": Math.max(0, now - figures.since),
    "kept-ms": HISTORY_MS,
    now: {
      connections: figures.connections,
      channels: figures.channels,
      subscriptions: figures.subscriptions,
      "open-requests": figures.openRequests,
      "old-requests": figures.oldRequests,
      "total-messages": figures.counts.published,
      "total-deliveries": figures.counts.delivered,
    },
    samples: columns(samples),
  };
}

/** What is wrong, for people; undefined if nothing is. */
function complaint({ oldRequests }: Figures): string | undefined {
  if (oldRequests <= MAX_OLD_REQUESTS) return undefined;
  return `${oldRequests} requests have been open for more than a minute; more than ${MAX_OLD_REQUESTS} are too many`;
}

function columns(samples: readonly Sample[]): StatsHistory["samples"] {
  const column = (pick: (sample: Sample) => number) => samples.map(pick);
  return {
    at: column(({ at }) => at),
    connections: column(({ connections }) => connections),
    channels: column(({ channels }) => channels),
    subscriptions: column(({ subscriptions }) => subscriptions),
    "open-requests": column(({ openRequests }) => openRequests),
    published: column(({ counts }) => counts.published),
    delivered: column(({ counts }) => counts.delivered),
    answered: column(({ counts }) => counts.rpc.answered),
    failed: column(({ counts }) => counts.rpc.failed),
    "timed-out": column(({ counts }) => counts.rpc["timed-out"]),
    cancelled: column(({ counts }) => counts.rpc.cancelled),
    "latency-ms": samples.map(({ counts }) => {
      const byBound: Record<string, number> = {};
      for (const [bucket, count] of Object.entries(counts.latency)) {
        const bound = upperBound(Number(bucket));
        byBound[bound] = (byBound[bound] ?? 0) + count;
      }
      return byBound;
    }),
  };
}
