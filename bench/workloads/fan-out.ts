/**
 * Publishers that keep a number of messages in flight. A message is in flight
 * until the subscriber that joined last has it: servers send in that order.
 *
 * @module
 */
import { dataOf, Scanner } from "../client/payload.ts";
import type { BenchSocket } from "../client/socket.ts";
import { pause, Watch } from "../measure.ts";
import { joinAll, leaveAll } from "./crowd.ts";
import { newChannel, type Target, type Workload } from "./workload.ts";

/** Deliveries before measuring begins, in s. */
const WARM_UP = 0.7;

/** Who publishes to whom. */
export interface FanOut {
  readonly subscribers: number;
  readonly publishers?: number;
  /** Messages in flight, of all publishers together. */
  readonly window: number;
}

/**
 * One channel, some publishers. Figures: `deliveries` a second, and
 * `microseconds` of the server's processor time a delivery.
 */
export function fanOut({
  subscribers,
  publishers = 1,
  window,
}: FanOut): Workload {
  return async (target) => {
    const channel = newChannel();
    const all = Array<string>(subscribers).fill(channel);
    const audience = await joinAll(target, all, "subscriber");
    const senders = await joinAll(
      target,
      Array<string>(publishers).fill(channel),
      "publisher",
    );
    const crowd = new Crowd(target, audience, senders, channel, window);
    try {
      return await crowd.measure();
    } finally {
      await crowd.leave();
    }
  };
}

class Crowd {
  readonly #target: Target;
  readonly #audience: readonly BenchSocket[];
  readonly #senders: readonly BenchSocket[];
  readonly #channel: string;
  readonly #window: number;
  #published = 0;
  #delivered = 0;
  /** Deliveries to the subscriber that joined last. */
  #complete = 0;
  #isDone = false;

  constructor(
    target: Target,
    audience: readonly BenchSocket[],
    senders: readonly BenchSocket[],
    channel: string,
    window: number,
  ) {
    this.#target = target;
    this.#audience = audience;
    this.#senders = senders;
    this.#channel = channel;
    this.#window = window;
    for (const sender of senders) sender.readBytes(() => {});
    const last = audience.at(-1);
    for (const each of audience) {
      const scanner = new Scanner(() => {
        this.#delivered++;
        if (each === last) this.#complete++;
      });
      each.readBytes((chunk) => {
        scanner.feed(chunk);
        if (each === last) this.#publish();
      });
    }
  }

  async measure() {
    this.#publish();
    await pause(WARM_UP * 1_000);
    const before = this.#delivered;
    const watch = new Watch(this.#target.server.pid);
    await pause(this.#target.seconds * 1_000);
    const delivered = this.#delivered - before;
    return {
      figures: {
        deliveries: delivered / watch.seconds,
        microseconds: (watch.serverSeconds / delivered) * 1e6,
      },
      load: watch.load(),
    };
  }

  async leave(): Promise<void> {
    this.#isDone = true;
    await leaveAll(...this.#audience, ...this.#senders);
  }

  /** Fills the window; each publisher takes its share, in turn. */
  #publish(): void {
    if (this.#isDone) return;
    const room = this.#window - (this.#published - this.#complete);
    if (room <= 0) return;
    const shares = this.#senders.map((): string[] => []);
    for (let n = 0; n < room; n++) {
      const number = ++this.#published;
      shares[number % shares.length]?.push(dataOf(number));
    }
    for (const [at, data] of shares.entries()) {
      if (data.length === 0) continue;
      const texts = this.#target.speaker.publishes(this.#channel, data);
      this.#senders[at]?.send(...texts);
    }
  }
}
