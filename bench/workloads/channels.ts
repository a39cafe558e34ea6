/**
 * Many channels: each has one message in flight at most, and all together no
 * more than some. What one delivery costs must not grow with the channels.
 *
 * @module
 */
import { dataOf, Scanner } from "../client/payload.ts";
import { pause, Watch } from "../measure.ts";
import { joinAll, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

const WARM_UP = 1;

/**
 * Figures: `deliveries` a second, and `microseconds` of the server's processor
 * time a delivery.
 */
export function manyChannels({
  channels,
  subscribers,
  window,
}: {
  readonly channels: number;
  readonly subscribers: number;
  readonly window: number;
}): Workload {
  return async (target) => {
    const names = Array.from({ length: channels }, newChannel);
    const publishers = await joinAll(target, names, "publisher");
    const audience = await joinAll(
      target,
      names.flatMap((name) => Array<string>(subscribers).fill(name)),
      "subscriber",
    );
    let delivered = 0;
    let isDone = false;
    let next = 0;
    const publish = (): void => {
      if (isDone) return;
      const at = next++ % channels;
      const texts = target.speaker.publishes(names[at] ?? "", [dataOf(at)]);
      publishers[at]?.send(...texts);
    };
    for (const publisher of publishers) publisher.readBytes(() => {});
    const arrived = new Int32Array(channels);
    for (const each of audience) {
      const scanner = new Scanner((at) => {
        delivered++;
        const count = (arrived[at] ?? 0) + 1;
        arrived[at] = count % subscribers;
        if (count === subscribers) publish();
      });
      each.readBytes((chunk) => scanner.feed(chunk));
    }
    for (let n = 0; n < Math.min(window, channels); n++) publish();
    await pause(WARM_UP * 1_000);
    const before = delivered;
    const watch = new Watch(target.server.pid);
    await pause(target.seconds * 1_000);
    const count = delivered - before;
    const measured = {
      figures: {
        deliveries: count / watch.seconds,
        microseconds: (watch.serverSeconds / count) * 1e6,
      },
      load: watch.load(),
    };
    isDone = true;
    await leaveAll(...publishers, ...audience);
    return measured;
  };
}
