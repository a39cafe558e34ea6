/**
 * A session tells the object of its user that it is there, by a socket that it
 * keeps open, and is ended through it.
 *
 * @module
 */
import { type Env, settingsOf } from "../env.ts";
import { HEARTBEAT_PING } from "../protocol/framing.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { MISSED_HEARTBEATS } from "../protocol/replies.ts";
import { logError } from "../telemetry/sink.ts";
import { USER_HEADER } from "./names.ts";

/** A socket that broke is opened again within so long, in ms. */
const RETRY_MS = 1_000;

export class Presence {
  readonly #env: Env;
  readonly #userId: string;
  readonly #connId: string;
  readonly #end: (reason: string) => void;
  readonly #patienceMs: number;
  #socket: WebSocket | undefined;
  #heardAt = 0;
  #opening = false;
  #over = false;

  /** @param end is called when the user's object ends the session. */
  constructor(
    env: Env,
    userId: string,
    connId: string,
    end: (reason: string) => void,
  ) {
    this.#env = env;
    this.#userId = userId;
    this.#connId = connId;
    this.#end = end;
    this.#patienceMs = MISSED_HEARTBEATS * settingsOf(env).HEARTBEAT_MS;
  }

  /**
   * Shows that the session is there, and looks whether that is heard. To be
   * called twice a heartbeat.
   */
  async show(): Promise<void> {
    if (this.#socket !== undefined) {
      if (Date.now() - this.#heardAt <= this.#patienceMs) {
        ping(this.#socket);
        return;
      }
      this.#socket.close(CLOSE_CODES.heartbeatMissed, "no answer");
      this.#socket = undefined;
    }
    if (this.#opening || this.#over) return;
    this.#opening = true;
    try {
      await this.#open();
    } catch (error) {
      // Tried again at the next heartbeat; the session goes on meanwhile.
      logError("connections of a user", error);
    }
    this.#opening = false;
  }

  /** The session is over. */
  ends(): void {
    this.#over = true;
    this.#socket?.close(CLOSE_CODES.normal, "the session is over");
    this.#socket = undefined;
  }

  async #open(): Promise<void> {
    const headers = { upgrade: "websocket", [USER_HEADER]: this.#connId };
    const user = this.#env.USER.getByName(this.#userId);
    const { webSocket } = await user.fetch("https://user/", { headers });
    if (webSocket === null)
      throw new Error("the user's object opened no socket");
    webSocket.accept();
    if (this.#over) {
      webSocket.close(CLOSE_CODES.normal, "the session is over");
      return;
    }
    this.#socket = webSocket;
    this.#heardAt = Date.now();
    webSocket.addEventListener("message", () => {
      this.#heardAt = Date.now();
    });
    // Listeners must return nothing.
    webSocket.addEventListener("close", ({ code, reason }) => {
      this.#lost(webSocket, code, reason);
    });
    webSocket.addEventListener("error", () => {
      this.#lost(webSocket, CLOSE_CODES.internal, "");
    });
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (this.#over || this.#socket !== socket) return;
    this.#socket = undefined;
    if (code === CLOSE_CODES.policy) this.#end(reason);
    // Until then nobody could end the session.
    else setTimeout(() => void this.show(), Math.random() * RETRY_MS);
  }
}

function ping(socket: WebSocket): void {
  try {
    socket.send(HEARTBEAT_PING);
  } catch {
    // It is closing: its close event follows.
  }
}
