/**
 * One publisher, one subscriber, one message at a time with a rest between:
 * what somebody waits for when nothing else is going on.
 *
 * @module
 */
import { dataOf, Scanner } from "../client/payload.ts";
import { pause, percentile, Watch } from "../measure.ts";
import { join, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

const WARM_UP_MESSAGES = 50;
/** Rest between two messages, in ms. */
const REST_MS = 3;

/** Figures: `p50` and `p99` from publishing to delivery, in ms. */
export const idle: Workload = async (target) => {
  const channel = newChannel();
  const subscriber = await join(target, channel, "subscriber");
  const publisher = await join(target, channel, "publisher");
  publisher.readBytes(() => {});
  let arrived = (): void => {};
  const scanner = new Scanner(() => arrived());
  subscriber.readBytes((chunk) => scanner.feed(chunk));

  const times: number[] = [];
  const send = async (number: number): Promise<void> => {
    const texts = target.speaker.publishes(channel, [dataOf(number)]);
    const heard = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const since = performance.now();
    publisher.send(...texts);
    await heard;
    times.push(performance.now() - since);
    await pause(REST_MS);
  };
  for (let n = 0; n < WARM_UP_MESSAGES; n++) await send(n);
  times.length = 0;
  const watch = new Watch(target.server.pid);
  for (let n = 0; watch.seconds < target.seconds; n++) await send(n);
  const load = watch.load();
  await leaveAll(publisher, subscriber);
  return {
    figures: { p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    load,
  };
};
