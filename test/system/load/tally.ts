/**
 * What clients know of what they did, to be compared with what the server
 * says.
 *
 * @module
 */
import * as v from "valibot";

import {
  type ChannelSummary,
  ChannelSummarySchema,
} from "../../../src/protocol/server-frames.ts";
import type { Server } from "../support/server.ts";

/** What is compared. */
export interface Counts {
  readonly connections: number;
  readonly subscriptions: number;
  readonly published: number;
  readonly delivered: number;
  readonly pendingRequests: number;
  readonly answered: number;
  /** By channel: messages and subscribers. */
  readonly channels: Readonly<Record<string, readonly [number, number]>>;
}

/** The part of `GET /stats` that is compared. */
const StatsSchema = v.object({
  "active-connections": v.number(),
  "channel-stats": v.object({
    "total-subscriptions": v.number(),
    "pending-rpc-requests": v.number(),
  }),
  "rpc-stats": v.object({ open: v.number(), answered: v.number() }),
  "delivery-stats": v.object({ published: v.number(), delivered: v.number() }),
});

const PageSchema = v.object({
  channels: v.record(v.string(), ChannelSummarySchema),
  cursor: v.nullable(v.string()),
});

/** What the server says. */
export async function countsOf(server: Server): Promise<Counts> {
  const { body } = await server.fetch("/stats");
  const stats = v.parse(StatsSchema, body);
  const channels: [string, readonly [number, number]][] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = `cursor=${encodeURIComponent(cursor)}`;
    const answer = await server.fetch(`/channels?limit=1000&${from}`);
    const page = v.parse(PageSchema, answer.body);
    for (const [id, summary] of Object.entries(page.channels)) {
      channels.push([id, countsOfChannel(summary)]);
    }
    ({ cursor } = page);
  }
  return {
    connections: stats["active-connections"],
    subscriptions: stats["channel-stats"]["total-subscriptions"],
    published: stats["delivery-stats"].published,
    delivered: stats["delivery-stats"].delivered,
    pendingRequests: stats["channel-stats"]["pending-rpc-requests"],
    answered: stats["rpc-stats"].answered,
    channels: Object.fromEntries(channels),
  };
}

function countsOfChannel(summary: ChannelSummary): readonly [number, number] {
  return [summary["message-count"], summary["subscriber-count"]];
}

/** What the clients know. */
export class Tally {
  /** How often a request ended for each reason of the server's own. */
  readonly endings = new Map<string, number>();
  #delivered = 0;
  #answered = 0;
  readonly #channels: Map<string, [messages: number, subscribers: number]>;

  constructor(channelIds: readonly string[]) {
    this.#channels = new Map(channelIds.map((id) => [id, [0, 0]]));
  }

  joined(channelId: string): void {
    this.#of(channelId)[1] += 1;
  }

  left(channelId: string): void {
    this.#of(channelId)[1] -= 1;
  }

  published(channelId: string, deliveredTo: number): void {
    this.#of(channelId)[0] += 1;
    this.#delivered += deliveredTo;
  }

  /** A request ended; `reason` when it was not answered by a service. */
  asked(reason: string | undefined): void {
    if (reason === undefined) this.#answered += 1;
    else this.endings.set(reason, (this.endings.get(reason) ?? 0) + 1);
  }

  /** All of it, with so many connected and nobody waiting for an answer. */
  counts(connections: number): Counts {
    const all = [...this.#channels.values()];
    const sum = (values: readonly number[]): number =>
      values.reduce((total, each) => total + each, 0);
    return {
      connections,
      subscriptions: sum(all.map(([, subscribers]) => subscribers)),
      published: sum(all.map(([messages]) => messages)),
      delivered: this.#delivered,
      pendingRequests: 0,
      answered: this.#answered,
      channels: Object.fromEntries(
        [...this.#channels].map(([id, counts]) => [id, [...counts]]),
      ),
    };
  }

  #of(channelId: string): [number, number] {
    const counts = this.#channels.get(channelId);
    if (counts === undefined) throw new RangeError(`no channel ${channelId}`);
    return counts;
  }
}
