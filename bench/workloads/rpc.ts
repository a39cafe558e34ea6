/**
 * A requester that keeps a number of requests in flight, and a service that
 * answers each at once. On servers without RPC: a message one way and back.
 *
 * @module
 */
import { dataOf, Scanner } from "../client/payload.ts";
import { pause, percentile, Watch } from "../measure.ts";
import { join, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

/** Answers before measuring begins, in s. */
const WARM_UP = 0.5;

/** Figures: `answers` a second; `p50` and `p99` of the round trip, in ms. */
export function rpc({ window }: { readonly window: number }): Workload {
  return async (target) => {
    const { requests, answers } = target.speaker;
    if (requests === undefined || answers === undefined) {
      throw new TypeError("this server is not asked");
    }
    const channel = newChannel();
    const service = await join(target, channel, "subscriber");
    const requester = await join(target, channel, "publisher");
    service.readTexts((text) => {
      const texts = answers(text);
      if (texts.length > 0) service.send(...texts);
    });
    const times: number[] = [];
    const since = new Map<number, number>();
    let sent = 0;
    let isDone = false;
    const send = (count: number): void => {
      if (count === 0 || isDone) return;
      const data: string[] = [];
      const now = performance.now();
      for (let n = 0; n < count; n++) {
        since.set(++sent, now);
        data.push(dataOf(sent));
      }
      requester.send(...requests(channel, data));
    };
    const scanner = new Scanner((number) => {
      times.push(performance.now() - (since.get(number) ?? Number.NaN));
      since.delete(number);
    });
    requester.readBytes((chunk) => {
      scanner.feed(chunk);
      send(window - since.size);
    });
    send(window);
    await pause(WARM_UP * 1_000);
    times.length = 0;
    const watch = new Watch(target.server.pid);
    await pause(target.seconds * 1_000);
    const answered = times.length;
    const perSecond = answered / watch.seconds;
    const load = watch.load();
    isDone = true;
    await leaveAll(requester, service);
    return {
      figures: {
        answers: perSecond,
        p50: percentile(times, 0.5),
        p99: percentile(times, 0.99),
      },
      load,
    };
  };
}
