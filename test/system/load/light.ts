/**
 * A subscriber that costs little: it notes the numbers of the messages that
 * it is handed. To check every frame against the protocol, as
 * support/client.ts does, takes longer than the server takes to send it.
 *
 * @module
 */
import { once } from "node:events";
import { WebSocket } from "ws";

import { PLAIN_SUBPROTOCOL } from "../../../src/protocol/framing.ts";

/** The numbers of messages, wherever they stand in a frame. */
const SEQ = /"seq":(\d+),"published-at"/g;

/** How a subscribing ends. */
interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Light {
  readonly channelId: string;
  /** The newest message that it was handed. */
  seq = 0;
  /** How often it came back and missed nothing. */
  recovered = 0;
  /** What was wrong with what it was handed, if anything was. */
  fault: string | undefined;
  readonly #url: string;
  #epoch: string | undefined;
  #socket: WebSocket | undefined;

  /** @param url of a session, or of the channel's own path. */
  constructor(url: string, channelId: string) {
    this.#url = url;
    this.channelId = channelId;
  }

  /**
   * Connects and subscribes, with `since` when it was subscribed before.
   *
   * @returns two promises: that it is connected, and that it is subscribed.
   */
  subscribes(): { connected: Promise<unknown>; subscribed: Promise<void> } {
    const socket = new WebSocket(this.#url, PLAIN_SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    this.#socket = socket;
    const subscribed = new Promise<void>((resolve, reject) => {
      const settle = { resolve, reject };
      socket.on("message", (data) => this.#take(String(data), settle));
      socket.on("error", reject);
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
    return { connected: once(socket, "open"), subscribed };
  }

  /** Ends the TCP connection without a close frame. */
  vanishes(): void {
    this.#socket?.terminate();
  }

  #take(text: string, settle: Settle): void {
    if (text.startsWith('{"type":"welcome"')) this.#subscribe();
    else if (text.startsWith('{"type":"channel-message"')) this.#read(text);
    else if (text.startsWith('{"type":"subscription-result"')) {
      this.#begin(text);
      settle.resolve();
    } else settle.reject(new Error(`nobody asked for ${text.slice(0, 200)}`));
  }

  #subscribe(): void {
    const frame = { type: "subscribe", "channel-id": this.channelId };
    const since = { epoch: this.#epoch, seq: this.seq };
    const returns = this.#epoch !== undefined;
    this.#socket?.send(JSON.stringify(returns ? { ...frame, since } : frame));
  }

  #begin(result: string): void {
    // What stands behind the messages.
    const end = result.slice(result.lastIndexOf("]"));
    const [, epoch] = end.match(/"epoch":"([^"]+)"/) ?? [];
    const seq = Number(end.match(/"seq":(\d+)/)?.[1]);
    if (this.#epoch === undefined) {
      this.#epoch = epoch;
      this.seq = seq;
      return;
    }
    if (end.includes('"recovered":true')) this.recovered += 1;
    else this.fault ??= `what came after ${this.seq} was not recovered: ${end}`;
    this.#read(result);
    if (this.seq !== seq) this.fault ??= `has ${this.seq} after ${end}`;
  }

  #read(text: string): void {
    for (const [, number] of text.matchAll(SEQ)) {
      const seq = Number(number);
      if (seq !== this.seq + 1) this.fault ??= `${seq} came after ${this.seq}`;
      this.seq = seq;
    }
  }
}
