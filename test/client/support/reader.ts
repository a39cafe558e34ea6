/**
 * What one subscription is handed, checked as it comes.
 *
 * @module
 */
import type { Gap, Message, Subscription } from "../../../src/client/index.ts";
import type { Order } from "../../system/support/order.ts";

/** What the messages of these tests hold. */
export interface Said {
  /** The name of the client that published it. */
  readonly from: string;
  /** The how-manieth of that client. */
  readonly n: number;
  /** Whether it excluded its publisher. */
  readonly excluded: boolean;
  readonly padding: string;
}

/** How much of what is wrong is shown. */
const SHOWN = 200;

/** One subscription of a client. */
export class Reader {
  /** The number of the last message. */
  seq = 0;
  /** Messages handed over, ephemeral ones left out. */
  count = 0;
  ephemeral = 0;
  replayed = 0;
  /** Numbers that were passed over. */
  readonly skipped: number[] = [];
  /** What was wrong, if anything was. */
  readonly faults: string[] = [];
  readonly #name: string;
  readonly #order: Order;
  readonly #ephemeral = new Set<string>();

  /** @param name of its client, whose excluded messages do not come. */
  constructor(name: string, order: Order) {
    this.#name = name;
    this.#order = order;
  }

  /** Looks at the subscription's events. */
  watch(subscription: Subscription): void {
    subscription.on("gap", (gap: Gap) => this.#wrong("a gap", gap));
    subscription.on("end", ({ error }) => {
      // That its user closed the client is no fault.
      if (error && error.reason !== "closed")
        this.#wrong("its end", String(error));
    });
  }

  /** A message came. */
  take(message: Message<Said>): void {
    const { seq, messageId, data, replayed } = message;
    if (data.from === this.#name && data.excluded) {
      this.#wrong("its own message", message);
    }
    if (seq === undefined) {
      this.ephemeral += 1;
      if (this.#ephemeral.has(messageId)) this.#wrong("twice", message);
      this.#ephemeral.add(messageId);
      return;
    }
    if (seq <= this.seq) this.#wrong(`after ${this.seq}`, message);
    for (let each = this.seq + 1; each < seq; each++) this.skipped.push(each);
    this.seq = seq;
    this.count += 1;
    if (replayed) this.replayed += 1;
    try {
      this.#order.note({ epoch: "", seq }, messageId);
    } catch (error) {
      this.#wrong(String(error), message);
    }
  }

  #wrong(what: string, of: unknown): void {
    const said = JSON.stringify(of).replace(/\.\.+/, "…");
    this.faults.push(`${this.#name}: ${what}: ${said.slice(0, SHOWN)}`);
  }
}
