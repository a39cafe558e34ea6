/**
 * One measurement: who listens, who publishes, and for how long.
 *
 * @module
 */
import * as v from "valibot";

import type { Channel } from "../../src/client/index.ts";
import { withClient } from "../connection.ts";
import type { Context } from "../context.ts";
import { explain } from "../explain.ts";
import { pause } from "../interruption.ts";
import type { Progress } from "./progress.ts";
import { Tally } from "./tally.ts";

/** What is to be measured. */
export interface Plan {
  readonly channelId: string;
  readonly subscribers: number;
  readonly publishers: number;
  readonly seconds: number;
  readonly size: number;
  readonly window: number;
  readonly direct: boolean;
}

/** What was measured. */
export interface Result {
  readonly tally: Tally;
  /** From the first message to the last acknowledgement, in s. */
  readonly publishingSeconds: number;
  /** From the first message to the last delivery, in s. */
  readonly deliveringSeconds: number;
  /** The part of one processor that this program used. */
  readonly ownLoad: number;
}

/** Nothing has come for so long: nothing more will, in ms. */
const QUIET_MS = 3_000;
const LOOK_MS = 20;
/** Connections that are opened at once. */
const AT_ONCE = 50;

/** The data of a message: who sent it as which, when, and what fills it up. */
const ProbeSchema = v.tuple([v.number(), v.number(), v.number(), v.string()]);

/** Measures. Ctrl-C ends it early, with what there is so far. */
export async function measure(
  context: Context,
  plan: Plan,
  progress: Progress,
): Promise<Result> {
  const tally = new Tally(plan.publishers, plan.subscribers);
  const over = Promise.withResolvers<void>();
  const clients: Promise<void>[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  /** A client for each until it is over; resolves when all are ready. */
  const open = async (
    count: number,
    what: string,
    ready: (channel: Channel, index: number) => Promise<unknown>,
  ) => {
    for (let at = 0; at < count; at += AT_ONCE) {
      progress.say(`connecting ${what}: ${at} of ${count}`);
      const length = Math.min(AT_ONCE, count - at);
      const group = Array.from({ length }, (_, index) => {
        const isReady = Promise.withResolvers<void>();
        const work = withClient(
          context,
          { direct: plan.direct ? plan.channelId : undefined },
          async (client) => {
            await ready(client.channel(plan.channelId), at + index);
            isReady.resolve();
            await over.promise;
          },
        );
        work.catch(failed.reject);
        clients.push(work);
        return isReady.promise;
      });
      await Promise.race([Promise.all(group), failed.promise]);
    }
  };
  const channels: Channel[] = [];
  let lastDeliveryAt = 0;
  try {
    await open(plan.subscribers, "subscribers", (channel, subscriber) =>
      channel.subscribe(({ data }) => {
        lastDeliveryAt = performance.now();
        const [publisher, number, sentAt] = v.parse(ProbeSchema, data);
        tally.take(subscriber, publisher, number, lastDeliveryAt - sentAt);
      }),
    );
    await open(plan.publishers, "publishers", async (channel) => {
      channels.push(channel);
    });
    return await Promise.race([
      publishAll(context, plan, { tally, channels, progress }).then(
        async ({ startedAt, endedAt, cpu }) => {
          await delivered(tally);
          const { user, system } = process.cpuUsage(cpu);
          const seconds = (performance.now() - startedAt) / 1_000;
          return {
            tally,
            publishingSeconds: (endedAt - startedAt) / 1_000,
            deliveringSeconds: (lastDeliveryAt - startedAt) / 1_000,
            ownLoad: (user + system) / 1e6 / seconds,
          };
        },
      ),
      failed.promise,
    ]);
  } finally {
    over.resolve();
    await Promise.allSettled(clients);
  }
}

async function publishAll(
  { interruption, output }: Context,
  { seconds, size, window }: Plan,
  {
    tally,
    channels,
    progress,
  }: { tally: Tally; channels: readonly Channel[]; progress: Progress },
): Promise<{ startedAt: number; endedAt: number; cpu: NodeJS.CpuUsage }> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  progress.begin(tally);
  let isOver = false;
  const publish = async (channel: Channel, publisher: number) => {
    while (!isOver) {
      const number = tally.give(publisher);
      try {
        await channel.publish(probe(publisher, number, size));
        tally.acknowledge();
      } catch (error) {
        if (tally.failed === 0) {
          output.note("error", `publishing failed: ${explain(error).message}`);
        }
        tally.fail(publisher, number);
        // Not as fast as it fails.
        await pause(LOOK_MS, interruption);
      }
    }
  };
  const all = channels.flatMap((channel, publisher) =>
    Array.from({ length: window }, () => publish(channel, publisher)),
  );
  await pause(seconds * 1_000, interruption);
  isOver = true;
  await Promise.all(all);
  return { startedAt, endedAt: performance.now(), cpu };
}

/** Resolves when nothing is missing, or nothing has come for a while. */
async function delivered(tally: Tally): Promise<void> {
  let quietSince = performance.now();
  let last = tally.delivered;
  while (tally.lost > 0 && performance.now() - quietSince < QUIET_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (tally.delivered !== last) quietSince = performance.now();
    last = tally.delivered;
  }
}

/** A message's data, of so many bytes as JSON. */
export function probe(
  publisher: number,
  number: number,
  size: number,
): [number, number, number, string] {
  const head = [publisher, number, performance.now()] as const;
  const bytes = JSON.stringify([...head, ""]).length;
  return [...head, "x".repeat(Math.max(0, size - bytes))];
}
