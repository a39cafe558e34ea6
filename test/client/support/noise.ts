/**
 * A server that says more than it should: it stands before the service, and
 * puts nonsense between its frames, repeats some and leaves some out.
 *
 * @module
 */
import { once } from "node:events";

import { type RawData, WebSocket, WebSocketServer } from "ws";

import type { Random } from "../../system/support/random.ts";

/** What no client can make anything of. */
const NONSENSE = [
  "nonsense",
  "",
  "5",
  "null",
  "[]",
  "[1,2,3]",
  "[[{}]]",
  '{"type":5}',
  '{"type":"channel-message","seq":1}',
  '{"type":"channel-message","channel-id":"room","message-id":5}',
  '{"type":"rpc-request","request-id":{}}',
  `"${"x".repeat(100_000)}"`,
  "[".repeat(10_000),
];

/** What only another client might understand. */
const UNKNOWN = [
  '{"type":"presence","users":["alice"]}',
  '[{"type":"a"},{"type":"b","ref":1}]',
  '{"type":"echo","original":{},"conn-id":"x","timestamp":5}',
  '{"type":"pong"}',
  '{"type":"rpc-cancel","request-id":"req-1@nowhere"}',
];

/** After which the connection is of no use. */
const REFUSAL =
  '{"type":"error","reason":"internal-error","message":"something failed"}';

export class NoisyServer {
  /** How often anything was put in, repeated or left out. */
  noises = 0;
  readonly #server: WebSocketServer;
  readonly #dice: Random;
  readonly #url: string;
  #calm = false;

  private constructor(server: WebSocketServer, url: string, dice: Random) {
    this.#server = server;
    this.#url = url.replace("http", "ws");
    this.#dice = dice;
    server.on("connection", (client, { url: path }) => {
      this.#connect(client, `${this.#url}${path}`);
    });
  }

  /** Listens on a port of its own. @param url of the service. */
  static async start(url: string, dice: Random): Promise<NoisyServer> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new NoisyServer(server, url, dice);
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("it does not listen");
    }
    return `ws://127.0.0.1:${address.port}/ws`;
  }

  /** From now on it says what the service says, and no more. */
  calms(): void {
    this.#calm = true;
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  #connect(client: WebSocket, url: string): void {
    const service = new WebSocket(url, client.protocol);
    // A close follows.
    service.on("error", () => {});
    client.on("error", () => {});
    service.on("message", (data) => this.#pass(String(data), client));
    const early: RawData[] = [];
    client.on("message", (data) => {
      if (service.readyState === WebSocket.OPEN) service.send(String(data));
      else early.push(data);
    });
    service.on("open", () => {
      for (const data of early) service.send(String(data));
    });
    service.on("close", () => client.terminate());
    client.on("close", () => service.terminate());
  }

  #pass(message: string, client: WebSocket): void {
    if (this.#calm) {
      client.send(message);
      return;
    }
    const frames: { type: string; seq?: number }[] = [
      JSON.parse(message),
    ].flat();
    const passed = frames.flatMap((frame) => {
      // Those without a number nobody could miss, or know again.
      if (frame.type !== "channel-message" || !frame.seq) return [frame];
      switch (this.#dice.integer(40)) {
        case 0:
          this.noises += 1;
          return [];
        case 1:
          this.noises += 1;
          return [frame, frame];
        default:
          return [frame];
      }
    });
    if (passed.length > 0) client.send(JSON.stringify(passed));
    if (this.#dice.integer(4) > 0) return;
    this.noises += 1;
    const isLast = this.#dice.integer(100) === 0;
    const noise = this.#dice.pick([...NONSENSE, ...UNKNOWN]);
    client.send(isLast ? REFUSAL : noise, {
      binary: this.#dice.integer(10) === 0,
    });
  }
}
