/** A client inside workerd that keeps a transcript of what it received. */
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";

import { ALL_GRANTS } from "../../../src/access/grants.ts";
import { connect } from "../../../src/channel/connect.ts";
import { decodeServer } from "../../../src/protocol/codec.ts";
import { BATCH_SUBPROTOCOL } from "../../../src/protocol/framing.ts";
import { newConnId } from "../../../src/protocol/names.ts";
import type { Grants } from "../../../src/protocol/operations.ts";
import type { ServerFrame } from "../../../src/protocol/server-frames.ts";

/** How a client gets to a channel. */
export type Via = "direct" | "session";

export interface ClientOptions {
  batch?: boolean;
  /** Only on a direct socket: what the Worker would have granted. */
  grants?: Grants;
}

let fences = 0;

export class Client {
  readonly name: string;
  /** All frames received, fences left out. */
  readonly received: ServerFrame[] = [];
  /** How the socket was closed, if it was. */
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  readonly #channelId: string;
  #read = 0;
  #waiting: { until: () => boolean; resolve: () => void }[] = [];
  readonly #fenced = new Set<string>();

  private constructor(name: string, channelId: string, socket: WebSocket) {
    this.name = name;
    this.#channelId = channelId;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      for (const frame of decodeServer(String(data))) this.#take(frame);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    socket.accept();
  }

  static async open(
    name: string,
    via: Via,
    channelId: string,
    { batch = false, grants = ALL_GRANTS }: ClientOptions = {},
  ): Promise<Client> {
    const subprotocol = batch ? BATCH_SUBPROTOCOL : undefined;
    const response =
      via === "session"
        ? await openSession(subprotocol)
        : await connect(
            env,
            channelId,
            {
              "conn-id": newConnId(Date.now()),
              "user-id": null,
              via: "direct",
              batch,
              address: null,
              grants: [...grants],
              expiresAt: null,
              isAdmin: grants === ALL_GRANTS,
            },
            subprotocol,
          );
    if (response.webSocket === null) throw new Error("not upgraded");
    const client = new Client(name, channelId, response.webSocket);
    await client.until(
      () => client.received.length > 0 || client.closed !== undefined,
    );
    return client;
  }

  get connId(): string {
    const [welcome] = this.received;
    return welcome?.type === "welcome" ? welcome["conn-id"] : "";
  }

  /** Sends a frame, an array of frames, or a text as it is. */
  write(message: object | string): void {
    this.#socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  writeBinary(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  close(code = 1000): void {
    this.#socket.close(code, "bye");
  }

  /** Waits until the channel has answered all that was sent so far. */
  async fence(): Promise<void> {
    if (this.closed !== undefined) return;
    const id = `req-0-fence${fences++}@${this.#channelId}`;
    this.write({ type: "rpc-cancel", "request-id": id });
    await this.until(() => this.#fenced.has(id) || this.closed !== undefined);
  }

  /** Resolves when a condition holds, looked at after every frame. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ until: condition, resolve });
    });
  }

  /** The next frame not yet looked at must match. */
  receives<T extends ServerFrame["type"]>(
    expected: { type: T } & Record<string, unknown>,
  ): ServerFrame & { type: T } {
    const frame = this.received[this.#read++];
    expect(frame, `${this.name} receives`).toMatchObject(expected);
    return frame as ServerFrame & { type: T };
  }

  /** Nothing is left to look at. */
  receivesNothing(): void {
    expect(this.received.slice(this.#read), `${this.name} receives`).toEqual(
      [],
    );
  }

  /** Skips what is left to look at. */
  skips(): void {
    this.#read = this.received.length;
  }

  #take(frame: ServerFrame): void {
    const fence =
      frame.type === "rpc-cancel-result" &&
      frame["request-id"].startsWith("req-0-fence");
    if (fence) this.#fenced.add(frame["request-id"]);
    else this.received.push(frame);
  }

  #wake(): void {
    const done = this.#waiting.filter(({ until }) => until());
    this.#waiting = this.#waiting.filter((each) => !done.includes(each));
    for (const { resolve } of done) resolve();
  }
}

function openSession(subprotocol: string | undefined): Promise<Response> {
  const headers = new Headers({ upgrade: "websocket" });
  if (subprotocol !== undefined) {
    headers.set("sec-websocket-protocol", subprotocol);
  }
  return exports.default.fetch("http://service/ws", { headers });
}
