/**
 * Thousands of clients that are cut at once and come back together, behind a
 * full recovery window.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import { createChannel, infoOf, pathOf } from "../support/channels.ts";
import { type Client, connect } from "../support/client.ts";
import type { Heap } from "../support/heap.ts";
import { Memory } from "../support/memory.ts";
import type { Server } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";
import { Herd } from "./herd.ts";
import { type Latencies, latencies } from "./latencies.ts";

/** So much that 1,000 messages just fit into 512 KiB, with all around it. */
const TEXT = "x".repeat(250);
/** Messages published on each channel while everybody is away. */
const MISSED = 850;
/** Publishes on each channel whose time is taken before the storm. */
const CALM_PROBES = 20;
/** And at most during it: the first to miss must still be held at the end. */
const MOST_PROBES = 140;
/** How long to wait between two publishes whose time is taken, in ms. */
const PROBE_PAUSE_MS = 20;
/** How long a channel may take to notice that all are gone, in ms. */
const NOTICE_MS = 60_000;

/** Who comes back. */
export interface StormOptions {
  readonly path: "direct" | "session";
  readonly channels: number;
  /** Clients on each of the channels. */
  readonly each: number;
}

/** How much memory was used. */
export interface Usage {
  /** Before anybody connected. */
  readonly empty: number;
  /** With all of them connected. */
  readonly connected: number;
  /** At most while they came back. */
  readonly peak: number;
}

/** How it went. */
export interface Storm {
  /** How long it took until the last client had everything, in ms. */
  readonly ms: number;
  /** Clients that came back and missed nothing. */
  readonly recovered: number;
  /** How long publishes took, before and meanwhile, in ms. */
  readonly calm: Latencies;
  readonly stormy: Latencies;
  /** Resident memory of the server's process, in bytes. */
  readonly resident: Usage;
  /** The heap of the isolate that all objects and sessions share, in bytes. */
  readonly heap: Usage;
  /** How busy one processor was kept by the server, and by the clients. */
  readonly serverBusy: number;
  readonly clientsBusy: number;
}

/**
 * Has them come, go and come back.
 *
 * @throws when any of them was handed anything but all messages in order.
 */
export async function raiseStorm(
  server: Server,
  heap: Heap,
  { path, channels, each }: StormOptions,
): Promise<Storm> {
  const memory = new Memory(server);
  const ids = await Promise.all(
    Array.from({ length: channels }, () =>
      createChannel(server, "storm", { "max-subscribers": each + 1 }),
    ),
  );
  const publishers = await Promise.all(
    ids.map((channel) => connect(server, { channel })),
  );
  const empty = [memory.resident, await heap.live()] as const;
  const herd = new Herd();
  try {
    await herd.does({
      do: "gather",
      each,
      channels: ids.map((id) => ({
        id,
        url: `${server.url.replace("http", "ws")}${path === "session" ? "" : pathOf(id)}/ws`,
      })),
    });
    const connected = [memory.resident, await heap.live()] as const;
    const calm: number[] = [];
    for (let i = 0; i < CALM_PROBES; i++) await probe(publishers, calm);

    await herd.does({ do: "vanish" });
    await Promise.all(ids.map((id) => isDeserted(server, id)));
    for (let i = 0; i < MISSED; i++) {
      await Promise.all(publishers.map((each) => publish(each)));
    }

    memory.forgetPeak();
    heap.forgetPeak();
    const cpuBefore = memory.cpuSeconds;
    const stormy: number[] = [];
    const storm = herd.does({ do: "return" });
    let isOver = false;
    const over = storm.finally(() => {
      isOver = true;
    });
    for (let i = 0; i < MOST_PROBES && !isOver; i++) {
      await Promise.race([probe(publishers, stormy), over]);
    }
    const { ms, busy, recovered } = await storm;
    const serverBusy = (memory.cpuSeconds - cpuBefore) / (ms / 1_000);
    const peak = [memory.peak, heap.peak] as const;
    const seqs = await Promise.all(publishers.map((each) => publish(each)));
    await herd.does({ do: "hear", seqs });
    return {
      ms,
      recovered,
      calm: latencies(calm),
      stormy: latencies(stormy),
      resident: { empty: empty[0], connected: connected[0], peak: peak[0] },
      heap: { empty: empty[1], connected: connected[1], peak: peak[1] },
      serverBusy,
      clientsBusy: busy,
    };
  } finally {
    herd.ends();
    await Promise.all(publishers.map((each) => each.leaves()));
  }
}

/** Publishes on one channel after the other, and notes how long each took. */
async function probe(publishers: Client[], taken: number[]): Promise<void> {
  for (const publisher of publishers) {
    const start = performance.now();
    await publish(publisher);
    taken.push(performance.now() - start);
    await pause(PROBE_PAUSE_MS);
  }
}

/** @returns the number of the message. */
async function publish(publisher: Client): Promise<number> {
  const { channel = "" } = publisher;
  const { seq = 0 } = await publisher.publishes(channel, { text: TEXT });
  return seq;
}

function isDeserted(server: Server, channelId: string): Promise<boolean> {
  return eventually(
    `everybody has left ${channelId}`,
    async () => (await infoOf(server, channelId))["subscriber-count"] === 0,
    NOTICE_MS,
  );
}
