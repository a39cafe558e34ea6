/**
 * The Durable Object of one user: which connections are the user's, so that
 * they can be counted and ended wherever they are, and how many channels the
 * user has created.
 *
 * Each session of the user keeps a socket to it, which hibernates. Sockets of
 * a channel's own path are known to that channel alone: here stands only on
 * which channels there may be some.
 *
 * @module
 */
import { DurableObject } from "cloudflare:workers";

import { type Env, settingsOf } from "../env.ts";
import { HEARTBEAT_PING, HEARTBEAT_PONG } from "../protocol/framing.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { MISSED_HEARTBEATS } from "../protocol/replies.ts";
import { callChannel } from "../server/calls.ts";
import { logError } from "../telemetry/sink.ts";
import { DISCONNECTED, TOO_MANY_CONNECTIONS, USER_HEADER } from "./names.ts";
import { DAY_MS, UserStore } from "./store.ts";

/** Channels asked at the same time. */
const MAX_ASKED = 20;

/** The Durable Object of one user. */
export class User extends DurableObject<Env> {
  readonly #store: UserStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new UserStore(ctx.storage.sql);
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair(HEARTBEAT_PING, HEARTBEAT_PONG),
    );
  }

  /** Opens a session's socket; one too many is closed at once. */
  override fetch(request: Request): Response {
    if (request.headers.get(USER_HEADER) === null) {
      return new Response("only for sessions", { status: 400 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(Date.now());
    const { MAX_USER_CONNECTIONS } = settingsOf(this.env);
    if (this.#sessions(MAX_USER_CONNECTIONS).length > MAX_USER_CONNECTIONS) {
      server.close(CLOSE_CODES.policy, TOO_MANY_CONNECTIONS);
    }
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Notes that the user has a socket on a channel's own path. */
  async noteChannel(channelId: string, until: number): Promise<void> {
    if (this.#store.note(channelId, until)) await this.#armFor(until);
  }

  /** Counts one more channel that the user creates, if there may be one. */
  async mayCreateChannel(): Promise<boolean> {
    const { MAX_USER_CHANNELS } = settingsOf(this.env);
    const now = Date.now();
    const counted = this.#store.countCreation(MAX_USER_CHANNELS, now);
    await this.#armFor(now + DAY_MS);
    return counted;
  }

  /**
   * Ends all of the user's connections.
   *
   * @returns how many there were.
   */
  async disconnect(): Promise<number> {
    const userId = this.ctx.id.name;
    if (userId === undefined) throw new Error("a user needs a name");
    const sessions = this.ctx.getWebSockets();
    for (const socket of sessions) {
      socket.close(CLOSE_CODES.policy, DISCONNECTED);
    }
    let ended = sessions.length;
    const channels = this.#store.channels();
    for (let at = 0; at < channels.length; at += MAX_ASKED) {
      const counts = await Promise.all(
        channels
          .slice(at, at + MAX_ASKED)
          .map((channelId) => this.#disconnectFrom(channelId, userId)),
      );
      ended += counts.reduce((sum, count) => sum + count, 0);
    }
    return ended;
  }

  /** Forgets channels on which no token of then is valid any more. */
  override async alarm(): Promise<void> {
    const next = this.#store.forget(Date.now());
    if (next !== undefined) await this.ctx.storage.setAlarm(next);
    else {
      await this.ctx.storage.deleteAll();
      this.#store.wiped();
    }
  }

  /**
   * The sockets of sessions; where there are more than so many, without those
   * whose isolate ended and could not say so.
   */
  #sessions(enough: number): WebSocket[] {
    const sockets = this.ctx.getWebSockets();
    if (sockets.length <= enough) return sockets;
    const { HEARTBEAT_MS } = settingsOf(this.env);
    const latest = Date.now() - MISSED_HEARTBEATS * HEARTBEAT_MS;
    return sockets.filter((socket) => {
      const heartbeat = this.ctx.getWebSocketAutoResponseTimestamp(socket);
      const heardAt = heartbeat?.getTime() ?? socket.deserializeAttachment();
      if (heardAt >= latest) return true;
      socket.close(CLOSE_CODES.heartbeatMissed, "heartbeat missed");
      return false;
    });
  }

  /** One alarm is enough: it finds out when the next one is due. */
  async #armFor(at: number): Promise<void> {
    const due = await this.ctx.storage.getAlarm();
    if (due === null) await this.ctx.storage.setAlarm(at);
  }

  async #disconnectFrom(channelId: string, userId: string): Promise<number> {
    try {
      return await callChannel(this.env, channelId, true, (channel) =>
        channel.disconnectUser(userId, DISCONNECTED),
      );
    } catch (error) {
      logError("disconnect user", error);
      return 0;
    }
  }
}
