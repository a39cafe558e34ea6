/**
 * One client of the soak: it joins, leaves, publishes, asks and answers, and
 * checks the order of all that it is handed.
 *
 * @module
 */
import type {
  ServerFrame,
  ServerFrameOf,
} from "../../../src/protocol/server-frames.ts";
import { numbers } from "../support/channels.ts";
import { type Client, connect, everyWay } from "../support/client.ts";
import type { Random } from "../support/random.ts";
import type { Server } from "../support/server.ts";
import { inTime } from "../support/waiting.ts";
import type { Tally } from "./tally.ts";

/** Channels that a session uses until its client reconnects. */
const CHANNELS_A_SESSION = 3;
/** How long a request may take, in ms: longer than a busy machine needs. */
const RPC_TIMEOUT_MS = 60_000;

export class Member {
  readonly #server: Server;
  readonly #tally: Tally;
  readonly #dice: Random;
  readonly #channels: readonly string[];
  /** Those that it uses now. */
  #used: readonly string[] = [];
  /** By channel: the number of the last message that it was handed. */
  readonly #joined = new Map<string, number>();
  #client: Client | undefined;
  #onAnswer: (answer: ServerFrameOf<"rpc-response">) => void = () => {};
  /** What was wrong with what it was handed, if anything was. */
  fault: string | undefined;
  /** Whether it is in the middle of something. */
  busy = false;

  /** @param channels all that there are. */
  constructor(
    server: Server,
    tally: Tally,
    dice: Random,
    channels: readonly string[],
  ) {
    this.#server = server;
    this.#tally = tally;
    this.#dice = dice;
    this.#channels = channels;
  }

  /** Connects in any way, and joins a channel. */
  async arrives(): Promise<void> {
    const channelId = this.#dice.pick(this.#channels);
    const way = this.#dice.pick(everyWay(channelId));
    const others = numbers(2, CHANNELS_A_SESSION).map(() =>
      this.#dice.pick(this.#channels),
    );
    this.#used = [channelId, ...(way.channel === undefined ? others : [])];
    const client = await connect(this.#server, way);
    client.watches((frame) => this.#take(client, frame));
    this.#client = client;
    await this.#join(channelId);
  }

  /** Goes, with a Close or without a word. */
  async goes(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    for (const channelId of this.#joined.keys()) this.#tally.left(channelId);
    this.#joined.clear();
    this.#client = undefined;
    if (this.#dice.integer(2) === 0) await client.leaves();
    else client.vanishes();
    await client.ended;
    this.fault ??= client.fault?.message;
  }

  /** Shows that it is there. */
  pings(): void {
    if (this.#client?.isOpen) this.#client.sends({ type: "ping" });
  }

  /** Does one thing, whatever the dice say, and resolves when it is done. */
  async acts(): Promise<void> {
    this.busy = true;
    const choice = this.#dice.integer(100);
    if (choice < 60) await this.#publishes();
    else if (choice < 75) await this.#asks();
    else if (choice < 90) await this.#joinsOrLeaves();
    else {
      await this.goes();
      await this.arrives();
    }
    this.busy = false;
  }

  get #open(): Client {
    if (this.#client === undefined) throw new Error("it is not connected");
    return this.#client;
  }

  async #publishes(): Promise<void> {
    const channelId = this.#dice.pick(this.#used);
    const result = await this.#open.publishes(channelId, {
      text: "x".repeat(this.#dice.integer(1_000)),
    });
    this.#tally.published(channelId, result["delivered-to"] ?? 0);
  }

  async #asks(): Promise<void> {
    const client = this.#open;
    const request = {
      type: "rpc-request",
      "channel-id": this.#dice.pick(this.#used),
      data: "question",
      "timeout-ms": RPC_TIMEOUT_MS,
      "deliver-to": "one",
    };
    const answered = new Promise<ServerFrameOf<"rpc-response">>((resolve) => {
      this.#onAnswer = resolve;
    });
    const result = await client.asks(request, "rpc-request-result");
    if (!result.delivery.success) return;
    const { reason } = await inTime("an answer", answered, 2 * RPC_TIMEOUT_MS);
    this.#tally.asked(reason);
  }

  async #joinsOrLeaves(): Promise<void> {
    const channelId = this.#dice.pick(this.#used);
    if (this.#joined.has(channelId)) await this.#leave(channelId);
    else await this.#join(channelId);
  }

  async #join(channelId: string): Promise<void> {
    await this.#open.subscribes(channelId);
    this.#tally.joined(channelId);
  }

  async #leave(channelId: string): Promise<void> {
    const frame = { type: "unsubscribe", "channel-id": channelId };
    await this.#open.asks(frame, "unsubscription-result");
    this.#tally.left(channelId);
  }

  #take(client: Client, frame: ServerFrame): void {
    switch (frame.type) {
      case "subscription-result":
        this.#joined.set(frame["channel-id"], frame.seq ?? Number.NaN);
        break;
      case "unsubscription-result":
        this.#joined.delete(frame["channel-id"]);
        break;
      case "channel-message":
        this.#read(frame["channel-id"], frame.seq);
        break;
      case "rpc-request":
        client.sends({
          type: "rpc-response",
          "request-id": frame["request-id"],
          data: "answer",
        });
        break;
      case "rpc-response":
        this.#onAnswer(frame);
        break;
      case "error":
      case "subscription-lost":
      case "channel-deleted":
        this.fault ??= `${client.name}: ${JSON.stringify(frame)}`;
        break;
    }
  }

  #read(channelId: string, seq: number | undefined): void {
    const last = this.#joined.get(channelId);
    // It was on its way when the client went.
    if (this.#client === undefined) return;
    if (last === undefined || seq !== last + 1) {
      this.fault ??= `${channelId}: ${seq} came after ${last}`;
    }
    if (seq !== undefined) this.#joined.set(channelId, seq);
  }
}
