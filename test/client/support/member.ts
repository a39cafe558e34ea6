/**
 * One client of the chaos: it reads, writes, asks and answers, and notes what
 * is not as it should be.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import {
  type Client,
  type ConnectOptions,
  connect,
  SenteError,
  type Subscription,
} from "../../../src/client/index.ts";
import type { Order } from "../../system/support/order.ts";
import type { Random } from "../../system/support/random.ts";
import { Reader, type Said } from "./reader.ts";

/** Where a member does what. */
export interface Stage {
  readonly url: string;
  readonly room: `room-${string}`;
  readonly service: `service-${string}`;
  readonly order: Order;
  /** How to connect, besides. */
  readonly options?: ConnectOptions | undefined;
  /** Whether an error event is to be expected. */
  readonly mayFail?: ((error: unknown) => boolean) | undefined;
}

/** What a member says on which channel. */
interface Spoken {
  readonly "room-*": { readonly message: Said };
  readonly "service-*": { readonly request: number; readonly answer: number };
}

/** How much a member does between two pauses at most, and how long those are. */
const MOST_AT_ONCE = 3;
const PAUSE_MS = 400;
const LONGEST = 400;
const RPC_TIMEOUT_MS = 3_000;

/** How a request may end that is not answered while connections break. */
const ENDS = new Set([
  "connection-lost",
  "no-subscribers",
  "outcome-unknown",
  "responders-gone",
  "timeout",
]);

/** Options for a network that breaks all the time. */
export const PATIENCE = {
  connectTimeoutMs: 1_500,
  maxRetryMs: 500,
  publishTimeoutMs: 60_000,
} as const;

export class Member {
  readonly name: string;
  readonly client: Client<Spoken>;
  readonly reader: Reader;
  /** What it published, by message-id; undefined where it was ephemeral. */
  readonly published = new Map<string, number | undefined>();
  /** Publications that the server had already. */
  duplicates = 0;
  /** How requests ended: `answered`, or a reason. */
  readonly ends = new Map<string, number>();
  /** Connections lost. */
  losses = 0;
  readonly faults: string[] = [];
  readonly #stage: Stage;
  readonly #dice: Random;
  #subscription: Subscription | undefined;
  #reading: Promise<void> | undefined;
  readonly #greetings: Promise<void>[] = [];
  #isDone = false;
  #n = 0;

  constructor(index: number, stage: Stage, dice: Random) {
    const direct = index % 2 === 1;
    this.name = `${direct ? "direct" : "session"} ${index}`;
    this.#stage = stage;
    this.#dice = dice;
    this.client = connect<Spoken>(stage.url, {
      ...PATIENCE,
      ...stage.options,
      direct,
    });
    this.client.on("state", ({ state }) => {
      if (state === "waiting") this.losses += 1;
      // As one tells others that one is back.
      if (state === "connected" && this.losses > 0 && !this.#isDone) {
        this.#greetings.push(this.#says(true));
      }
    });
    this.client.on("error", ({ error }) => {
      if (!stage.mayFail?.(error)) this.#wrong("error event", error);
    });
    this.reader = new Reader(this.name, stage.order);
  }

  /** Subscribes: some with a handler, some with a slow one, some with a loop. */
  async joins(how: number): Promise<void> {
    const take = this.reader.take.bind(this.reader);
    if (how % 3 === 2) {
      const messages = this.#room.messages();
      this.#reading = (async () => {
        for await (const message of messages) take(message);
      })();
      this.#subscription = await messages.subscription;
    } else {
      const slow = how % 3 === 1;
      this.#subscription = await this.#room.subscribe(
        async (message) => {
          if (slow && message.data.n % 10 === 0) await pause(5);
          take(message);
        },
        { sequential: slow },
      );
    }
    this.reader.watch(this.#subscription);
  }

  /** Answers with the double, now and then in parts. */
  async serves(): Promise<void> {
    await this.client.channel(this.#stage.service).respond(async function* ({
      data,
    }) {
      if (data % 5 === 0) yield data;
      if (data % 3 === 0) await pause(20);
      return data * 2;
    });
  }

  /** Publishes and asks until it is told to stop, and all has settled. */
  async acts(isOver: () => boolean): Promise<void> {
    const doing: Promise<void>[] = [];
    while (!isOver()) {
      for (let i = this.#dice.integer(MOST_AT_ONCE); i >= 0; i--) {
        doing.push(this.#dice.integer(4) === 0 ? this.#asks() : this.#says());
      }
      await pause(this.#dice.integer(PAUSE_MS));
    }
    this.#isDone = true;
    await Promise.all([...doing, ...this.#greetings]);
  }

  /** A second subscription comes and goes beside the first. */
  async wavers(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const reader = new Reader("", this.#stage.order);
      const stop = new AbortController();
      const second = await this.#room.subscribe((each) => reader.take(each), {
        signal: stop.signal,
        retainedLimit: 3,
      });
      reader.watch(second);
      await pause(this.#dice.integer(PAUSE_MS));
      if (this.#dice.integer(2) === 0) stop.abort();
      else await second.unsubscribe();
      this.faults.push(...reader.faults);
    }
  }

  /** Closes its client. */
  async leaves(): Promise<void> {
    await this.client.close();
    await this.#reading;
  }

  get #room() {
    return this.client.channel(this.#stage.room);
  }

  async #says(isGreeting = false): Promise<void> {
    const n = ++this.#n;
    const excludeSender = isGreeting || this.#dice.integer(4) === 0;
    const ephemeral = !isGreeting && this.#dice.integer(8) === 0;
    const padding = ".".repeat(this.#dice.integer(LONGEST));
    const data = { from: this.name, n, excluded: excludeSender, padding };
    try {
      const { messageId, seq, duplicate } = await this.#room.publish(data, {
        excludeSender,
        ephemeral,
      });
      if ((seq === undefined) !== ephemeral) this.#wrong("published", seq);
      this.published.set(messageId, seq);
      if (duplicate) this.duplicates += 1;
    } catch (error) {
      const isLost =
        ephemeral &&
        error instanceof SenteError &&
        error.reason === "outcome-unknown";
      if (!isLost) this.#wrong(`publish of ${n}`, error);
    }
  }

  async #asks(): Promise<void> {
    const service = this.client.channel(this.#stage.service);
    const asked = this.#dice.integer(1_000_000);
    const options = {
      timeoutMs: RPC_TIMEOUT_MS,
      deliverTo: this.#dice.pick(["one", "all"] as const),
    };
    try {
      const answer = await service.request(asked, options);
      if (answer !== asked * 2) this.#wrong(`answer to ${asked}`, answer);
      this.#ended("answered");
    } catch (error) {
      const reason = error instanceof SenteError ? error.reason : "";
      if (!ENDS.has(reason)) this.#wrong(`request ${asked}`, error);
      this.#ended(reason);
    }
  }

  #ended(how: string): void {
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
  }

  #wrong(what: string, of: unknown): void {
    this.faults.push(`${this.name}: ${what}: ${of}`);
  }
}
