/**
 * A WebSocket that knows nothing of the protocol but that messages are JSON.
 *
 * @module
 */
import { WebSocket } from "ws";

import { PLAIN_SUBPROTOCOL } from "../../../src/protocol/framing.ts";
import { inTime } from "./waiting.ts";

/** What came over a socket. */
export type Received = { readonly [key: string]: unknown };

export class Speaker {
  readonly #socket: WebSocket;
  /** What came and nobody has asked for yet, oldest first. */
  readonly #unread: Received[] = [];
  #wake = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.#unread.push(JSON.parse(String(data)));
      this.#wake();
    });
    socket.on("error", () => {});
  }

  /** Connects; the first frame has come when it resolves. */
  static async connect(
    url: string,
    token?: string,
  ): Promise<{ speaker: Speaker; welcome: Received }> {
    const subprotocols = [PLAIN_SUBPROTOCOL];
    if (token !== undefined) subprotocols.push(`sente-lite.token.${token}`);
    const address = url.replace("http", "ws");
    const speaker = new Speaker(new WebSocket(address, subprotocols));
    return { speaker, welcome: await speaker.hears("welcome") };
  }

  says(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The next frame of a type, among those that came and those to come. */
  async hears(type: unknown): Promise<Received> {
    for (;;) {
      const at = this.#unread.findIndex((each) => each.type === type);
      const [frame] = at < 0 ? [] : this.#unread.splice(at, 1);
      if (frame !== undefined) return frame;
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const what = () => `${type}; unread: ${JSON.stringify(this.#unread)}`;
      await inTime(what, more);
    }
  }

  /** What came besides what was asked for, up to the answer to a ping. */
  async rest(): Promise<readonly Received[]> {
    this.says({ type: "ping", timestamp: 0, ref: "end" });
    const pong = await this.hears("pong");
    return pong.ref === "end" ? this.#unread : [pong, ...this.#unread];
  }

  leaves(): void {
    this.#socket.close(1000);
  }
}
