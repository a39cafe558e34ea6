/**
 * Readers and writers behind a network that breaks all the time.
 *
 * @module
 */
import { createChannel, numbers, storedMessages } from "../support/channels.ts";
import { ChaosProxy, FAULTS, type Fault } from "../support/chaos-proxy.ts";
import { everyWay } from "../support/client.ts";
import { Order } from "../support/order.ts";
import { random } from "../support/random.ts";
import { ReliableWriter } from "../support/reliable.ts";
import { ResumingReader } from "../support/resuming.ts";
import type { Server } from "../support/server.ts";

/** What the channel keeps: more than anybody misses. */
const WINDOW = {
  "recovery-window": 10_000,
  "recovery-window-bytes": 8_388_608,
};
/** How often clients ping, and so notice that all is silent, in ms. */
const PING_MS = 1_000;
/** What happens to a connection next happens within so many bytes. */
const WITHIN_BYTES = 200_000;
/** How often readers acknowledge, in messages. */
const ACK_EVERY = 64;
/** How long a message is at most, in characters. */
const LONGEST = 400;
/** How long everything may take to arrive once nothing breaks, in ms. */
const CATCH_UP_MS = 60_000;

export interface ChaosRun {
  readonly seed: number;
  /** Each reads everything; every fourth writes, too. */
  readonly clients: number;
  readonly messages: number;
}

export interface Chaos {
  /** What each reader was handed; what is wrong was thrown at once. */
  readonly read: readonly number[];
  /** Message-ids as stored, in their order. */
  readonly stored: readonly string[];
  /** Message-ids that were acknowledged, in the order of their numbers. */
  readonly acknowledged: readonly string[];
  /** How often each thing happened to a connection. */
  readonly happened: ReadonlyMap<Fault, number>;
  /** Connections lost, and messages that came by resuming or were resent. */
  readonly losses: number;
  readonly recovered: number;
  readonly resent: number;
}

/**
 * Writes and reads through a proxy that breaks, half of all through sessions
 * and half on the channel's own path.
 *
 * @throws when a reader is handed anything but the one order of the messages.
 */
export async function endureChaos(
  server: Server,
  { seed, clients, messages }: ChaosRun,
): Promise<Chaos> {
  const { port } = server;
  const proxy = await ChaosProxy.start({
    seed,
    port,
    faults: FAULTS,
    withinBytes: WITHIN_BYTES,
  });
  try {
    const channelId = await createChannel(server, "chaos", WINDOW);
    const ways = everyWay(channelId);
    const order = new Order();
    const place = (i: number) => ({
      address: proxy,
      way: ways[i % ways.length] ?? {},
      pingMs: PING_MS,
    });
    const readers = numbers(0, clients - 1).map(
      (i) =>
        new ResumingReader({
          ...place(i),
          channelId,
          order,
          ackEvery: i % 3 === 0 ? undefined : ACK_EVERY,
        }),
    );
    await Promise.all(readers.map((each) => each.isSubscribed()));
    const writers = numbers(0, clients / 4 - 1).map(
      (i) => new ReliableWriter({ ...place(i), together: 1 + (i % 3) * 4 }),
    );
    const dice = random(seed);
    const receipts = await Promise.all(
      numbers(1, messages).map(async (n) => {
        const id = `m${n}`;
        const data = id.padEnd(dice.integer(LONGEST), ".");
        const writer = writers[n % writers.length];
        if (writer === undefined) throw new RangeError("nobody writes");
        const { seq } = await writer.publishes({ channelId, id, data });
        return { id, seq };
      }),
    );
    proxy.calms();
    const [epoch = ""] = order.epochs;
    await Promise.all(
      readers.map((each) => each.reads({ epoch, seq: messages }, CATCH_UP_MS)),
    );
    const stored = await storedMessages(server, channelId);
    const all = [...readers, ...writers];
    const losses = all.map(({ connection }) => connection.losses.length);
    await Promise.all(all.map((each) => each.leaves()));
    return {
      read: readers.map(({ count }) => count),
      stored: stored.map((each) => each["message-id"]),
      acknowledged: receipts
        .toSorted((a, b) => a.seq - b.seq)
        .map(({ id }) => id),
      happened: proxy.happened,
      losses: sum(losses),
      recovered: sum(readers.map((each) => each.recovered)),
      resent: sum(writers.map((each) => each.resent)),
    };
  } finally {
    await proxy.stop();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
