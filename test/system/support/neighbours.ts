/**
 * Well-behaved clients on a channel, who must not notice what others do.
 *
 * @module
 */
import { deepEqual, ok } from "node:assert/strict";

import { numbers } from "./channels.ts";
import { type Client, connect, everyWay, Listener } from "./client.ts";
import type { Server } from "./server.ts";

/** What still counts as prompt on a machine that runs all tests at once. */
const PROMPT_MS = 500;

export class Neighbours {
  readonly #channelId: string;
  readonly #speaker: Client;
  readonly #listeners: readonly Listener[];
  readonly #roundTripsMs: number[] = [];
  #said = 0;
  #chatting = true;

  constructor(channelId: string, speaker: Client, listeners: Listener[]) {
    this.#channelId = channelId;
    this.#speaker = speaker;
    this.#listeners = listeners;
  }

  /** Four clients that listen, one of every kind, and one that speaks. */
  static async meet(
    server: Server,
    channelId: string,
    token?: string,
  ): Promise<Neighbours> {
    const listeners = await Promise.all(
      everyWay(channelId).map(async (way) => {
        const client = await connect(server, { ...way, token });
        const listener = new Listener(client, channelId);
        await client.subscribes(channelId);
        return listener;
      }),
    );
    const speaker = await connect(server, { token });
    return new Neighbours(channelId, speaker, listeners);
  }

  /** Says one thing after another, until `stop`. */
  async chat(): Promise<void> {
    while (this.#chatting || this.#said < 10) {
      const n = ++this.#said;
      const start = performance.now();
      await this.#speaker.publishes(this.#channelId, { n });
      await Promise.all(this.#listeners.map((each) => each.hears(n)));
      this.#roundTripsMs.push(performance.now() - start);
    }
  }

  stop(): void {
    this.#chatting = false;
  }

  /** Fails if anybody missed anything or had to wait. */
  expectPeace(): void {
    for (const { client, messages, seqs } of this.#listeners) {
      ok(client.isOpen, `${client.name} was closed`);
      deepEqual(seqs, numbers(1, this.#said));
      const said = numbers(1, this.#said).map((n) => ({ n }));
      deepEqual(
        messages.map(({ data }) => data),
        said,
      );
    }
    const sorted = this.#roundTripsMs.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Infinity;
    ok(median < PROMPT_MS, `they were heard after ${median} ms`);
  }
}
