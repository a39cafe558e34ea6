/**
 * A fixed load: messages are published by the clock, whether or not the
 * earlier ones have arrived.
 *
 * @module
 */
import { dataOf, Scanner } from "../client/payload.ts";
import { pause, percentile, Watch } from "../measure.ts";
import { join, joinAll, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

const WARM_UP = 0.7;

/**
 * Figures: `p50` and `p99` from publishing to delivery, in ms; `deliveries` a
 * second, and `microseconds` of the server's processor time for each.
 */
export function offered({
  subscribers,
  publishesPerSecond,
}: {
  readonly subscribers: number;
  readonly publishesPerSecond: number;
}): Workload {
  return async (target) => {
    const channel = newChannel();
    const all = Array<string>(subscribers).fill(channel);
    const audience = await joinAll(target, all, "subscriber");
    const publisher = await join(target, channel, "publisher");
    publisher.readBytes(() => {});
    const times: number[] = [];
    const sentAt: number[] = [];
    let delivered = 0;
    for (const each of audience) {
      const scanner = new Scanner((number) => {
        delivered++;
        times.push(performance.now() - (sentAt[number] ?? Number.NaN));
      });
      each.readBytes((chunk) => scanner.feed(chunk));
    }
    const begin = performance.now();
    let isDone = false;
    const tick = (): void => {
      if (isDone) return;
      const now = performance.now();
      const due = ((now - begin) / 1_000) * publishesPerSecond;
      while (sentAt.length < due) {
        const data = dataOf(sentAt.length);
        sentAt.push(now);
        publisher.send(...target.speaker.publishes(channel, [data]));
      }
      setTimeout(tick, 0);
    };
    tick();
    await pause(WARM_UP * 1_000);
    times.length = 0;
    const before = delivered;
    const watch = new Watch(target.server.pid);
    await pause(target.seconds * 1_000);
    const counted = delivered - before;
    const microseconds = (watch.serverSeconds / counted) * 1e6;
    const load = watch.load();
    isDone = true;
    await leaveAll(publisher, ...audience);
    return {
      figures: {
        deliveries: counted / watch.seconds,
        microseconds,
        p50: percentile(times, 0.5),
        p99: percentile(times, 0.99),
      },
      load,
    };
  };
}
