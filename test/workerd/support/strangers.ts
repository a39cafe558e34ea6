/**
 * Others who keep a channel's object busy, and leave no trace in what the
 * clients of a story receive.
 */
import { Client, type Via } from "./client.ts";

/** Each one's way. */
const CROWD: readonly Via[] = ["direct", "direct", "session", "session"];
/** How often one sends all of its frames in a visit. */
const TIMES = 3;

export class Strangers {
  readonly #channelId: string;
  /** One each who is there now. */
  readonly #visits = new Map<number, Promise<void>>();

  constructor(channelId: string) {
    this.#channelId = channelId;
  }

  /**
   * They come, unless they are there, and go after a while. An object is only
   * ever evicted when nobody comes for a moment, so they do not come unasked.
   */
  come(): void {
    for (const [i, via] of CROWD.entries()) {
      if (this.#visits.has(i)) continue;
      const visit = this.#visit(via).finally(() => this.#visits.delete(i));
      this.#visits.set(i, visit);
    }
  }

  /** Resolves when all have gone. */
  async leave(): Promise<void> {
    await Promise.all(this.#visits.values());
  }

  async #visit(via: Via): Promise<void> {
    const client = await this.#enters(via);
    if (client === undefined) return;
    for (let n = 0; n < TIMES && client.closed === undefined; n++) {
      client.write(this.#harmless());
      if (via === "session") client.write(this.#elsewhere(n));
      await client.fence();
    }
    client.close();
  }

  /** Undefined when the object was aborted at that moment. */
  async #enters(via: Via): Promise<Client | undefined> {
    try {
      return await Client.open("a stranger", via, this.#channelId, {
        batch: true,
      });
    } catch {
      return undefined;
    }
  }

  /** Frames that a channel must look at, whether or not it exists. */
  #harmless(): object[] {
    const channel = { "channel-id": this.#channelId };
    const request = { "request-id": `req-0-nobody@${this.#channelId}` };
    return [
      { type: "unsubscribe", ...channel },
      { type: "ack", ...channel, seq: 1 },
      { type: "publish", ...channel, data: "x".repeat(60_000) },
      { type: "rpc-response", ...request, data: 1 },
      { type: "ping", timestamp: 1 },
    ];
  }

  /** Real traffic, on a channel beside it. */
  #elsewhere(n: number): object[] {
    const channel = { "channel-id": `${this.#channelId}-next-door` };
    return [
      { type: "subscribe", ...channel },
      { type: "publish", ...channel, data: n },
      { type: "rpc-request", ...channel, data: n, "timeout-ms": 10 },
    ];
  }
}
