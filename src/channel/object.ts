/**
 * The Durable Object of one channel: sockets, storage, timers and calls of the
 * platform on the outside, `ChannelCore` on the inside.
 *
 * @module
 */
import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";

import { renew } from "../access/authenticator.ts";
import { allows } from "../access/grants.ts";
import { ANYBODY } from "../access/principal.ts";
import { deploymentName, type Env, settingsOf } from "../env.ts";
import type {
  ChannelInfo,
  ChannelPage,
  SubscriberList,
} from "../protocol/answers.ts";
import type {
  ChannelConfig,
  PartialChannelConfig,
} from "../protocol/channel-config.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { decodeClient } from "../protocol/codec.ts";
import { HEARTBEAT_PING, HEARTBEAT_PONG } from "../protocol/framing.ts";
import type { Grants, Operation } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { errorFrame, refuseUnread } from "../protocol/replies.ts";
import {
  IDENTITY_HEADER,
  SESSION_MESSAGE_START,
  SessionMessageSchema,
} from "../protocol/upstream.ts";
import { listChannels } from "../registry/client.ts";
import {
  type ChannelReport,
  type ReportAnswer,
  shardOf,
} from "../registry/report.ts";
import { logError, Telemetry } from "../telemetry/sink.ts";
import { mayCreateChannel } from "../user/client.ts";
import {
  AttachmentSchema,
  Connection,
  OpeningSchema,
  type Socket,
} from "./connection.ts";
import { ChannelCore } from "./core.ts";
import { Flusher } from "./flusher.ts";
import { type HistoryQuery, historyPage } from "./history.ts";
import { configure, info, type PutOutcome, put, remove } from "./lifetime.ts";
import type { Arrival } from "./pacing.ts";
import {
  broadcast,
  type Publication,
  type PublishResult,
} from "./publishing.ts";
import { Reporter } from "./reporter.ts";
import { ReportSource } from "./reporting.ts";
import { ChannelState } from "./state.ts";
import { ChannelStore } from "./store.ts";
import { subscriberList } from "./subscribers.ts";

/** What a call from the Worker answers: a value, or why there is none. */
export type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; reason: "forbidden"; operation: Operation }
  | { ok: false; reason: "channel-not-found" };

/** Close codes that stand for the lack of one and are never sent. */
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/** The Durable Object of one channel. */
export class Channel extends DurableObject<Env> {
  readonly #core: ChannelCore;
  readonly #state: ChannelState;
  readonly #reports: ReportSource;
  readonly #reporter: Reporter;
  readonly #bySocket = new Map<WebSocket, Connection>();
  readonly #flusher: Flusher;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = settingsOf(env);
    const channelId = ctx.id.name;
    if (channelId === undefined) throw new Error("a channel needs a name");
    const telemetry = new Telemetry(settings.telemetryLevel);
    for (const socket of ctx.getWebSockets()) {
      const attachment: unknown = socket.deserializeAttachment();
      // Closed by us before hibernation: it is none any more.
      if (attachment === null) continue;
      const kept = v.safeParse(AttachmentSchema, attachment);
      if (!kept.success) {
        // Kept by another version: its client comes back.
        socket.close(CLOSE_CODES.restart, "reconnect and resume");
        continue;
      }
      const connection = new Connection(this.#adapt(socket), kept.output);
      this.#bySocket.set(socket, connection);
    }
    this.#state = new ChannelState({
      channelId,
      settings,
      store: new ChannelStore(ctx.storage.sql),
      telemetry,
      clock: Date.now,
      arm: (at) => void ctx.storage.setAlarm(at),
      connections: [...this.#bySocket.values()],
      wipe: () => void ctx.storage.deleteAll(),
    });
    this.#core = new ChannelCore(this.#state, {
      listChannels: (connection, frame) => this.#list(connection, frame),
      renew: (connection, frame) => void this.#renew(connection, frame),
      askToCreate: (connection, userId) =>
        void this.#askToCreate(connection, userId),
    });
    this.#flusher = new Flusher({
      core: this.#core,
      transaction: (write) => ctx.storage.transactionSync(write),
      failed: (error) => {
        // What is in memory may not be what is stored: start over from there.
        logError("channel flush", error);
        ctx.abort("the channel could not write to its storage");
      },
      done: () => {
        telemetry.write();
        this.#reporter.poke();
      },
    });
    this.#reports = new ReportSource(this.#state, deploymentName(env));
    this.#reporter = new Reporter({
      changed: () => this.#reports.changed,
      urgent: () => this.#reports.urgent,
      send: () => this.#sendReport(),
      failed: (error) => logError("channel report", error),
      intervalMs: settings.REPORT_INTERVAL_MS,
    });
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair(HEARTBEAT_PING, HEARTBEAT_PONG),
    );
    void ctx.blockConcurrencyWhile(async () => {
      this.#state.deadlines.found((await ctx.storage.getAlarm()) ?? undefined);
    });
  }

  /** Opens a socket for a client or a session. */
  override async fetch(request: Request): Promise<Response> {
    const header = request.headers.get(IDENTITY_HEADER);
    if (header === null || request.headers.get("upgrade") !== "websocket") {
      return new Response("only for upgrades by the Worker", { status: 400 });
    }
    const opening = v.parse(
      OpeningSchema,
      JSON.parse(decodeURIComponent(header)),
    );
    if (this.#core.isCrowded(opening)) {
      return new Response("too many connections", { status: 429 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const socket = this.#adapt(server);
    const connection = Connection.open(socket, opening, Date.now());
    this.#bySocket.set(server, connection);
    // Kept at once: without an attachment it would not survive the next wake.
    connection.keep();
    this.#core.connect(connection);
    this.#flusher.soon();
    const subprotocol = request.headers.get("sec-websocket-protocol");
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers:
        subprotocol === null ? {} : { "sec-websocket-protocol": subprotocol },
    });
  }

  override webSocketMessage(
    socket: WebSocket,
    message: string | ArrayBuffer,
  ): void {
    const connection = this.#bySocket.get(socket);
    // One that was closed may go on sending: it is not even read.
    if (connection === undefined || connection.closed) return;
    this.#read(connection, message);
    this.#flusher.soon();
  }

  override webSocketClose(
    socket: WebSocket,
    code: number,
    reason: string,
  ): void {
    if (code !== ABNORMAL) answerClose(socket, code, reason);
    this.#gone(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#gone(socket, ABNORMAL);
  }

  #gone(socket: WebSocket, code: number): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    this.#bySocket.delete(socket);
    // A session that lets go says so; anything else is a link that broke.
    this.#core.disconnect(connection, code, code !== 1000);
    this.#flusher.soon();
  }

  override async alarm(): Promise<void> {
    this.#core.due();
    // Not before it is written: the platform repeats an alarm that failed.
    await this.#flusher.flushed();
  }

  /** Publishes what came over HTTP or from another Worker. */
  async publish(publication: Publication): Promise<PublishResult> {
    const result = broadcast(this.#state, publication);
    await this.#flusher.flushed();
    return result;
  }

  async info(grants: Grants): Promise<Outcome<ChannelInfo>> {
    const outcome = this.#known(grants, "info", info(this.#state));
    // Nobody is told what may yet be lost.
    await this.#flusher.flushed();
    return outcome;
  }

  /** Creates the channel, or finds that it exists. */
  async put(
    grants: Grants,
    changes: PartialChannelConfig,
  ): Promise<Outcome<{ outcome: PutOutcome; info: ChannelInfo | undefined }>> {
    if (!allows(grants, "create")) return forbidden("create");
    const outcome = put(this.#state, changes);
    await this.#flusher.flushed();
    // What others have made is shown to those who may see it.
    const isShown = outcome === "created" || allows(grants, "info");
    const shown = isShown ? info(this.#state) : undefined;
    return { ok: true, value: { outcome, info: shown } };
  }

  /** Changes some of the channel's settings. */
  async configure(
    grants: Grants,
    changes: PartialChannelConfig,
  ): Promise<Outcome<ChannelConfig>> {
    if (!allows(grants, "admin")) return forbidden("admin");
    const config = configure(this.#state, changes);
    await this.#flusher.flushed();
    return this.#known(grants, "admin", config);
  }

  /** Deletes the channel. */
  async remove(grants: Grants): Promise<Outcome<true>> {
    if (!allows(grants, "delete")) return forbidden("delete");
    const existed = remove(this.#state, "requested");
    await this.#flusher.flushed();
    // The registry hears of it at once: nobody lists what he just deleted.
    if (existed) await this.#reporter.now();
    return this.#known(grants, "delete", existed || undefined);
  }

  /** A page of stored messages, as the JSON of the answer. */
  async history(grants: Grants, query: HistoryQuery): Promise<Outcome<string>> {
    const page = historyPage(this.#state, query);
    await this.#flusher.flushed();
    return this.#known(grants, "history", page);
  }

  /** Who is subscribed. */
  async subscribers(grants: Grants): Promise<Outcome<SubscriberList>> {
    const list = subscriberList(this.#state);
    await this.#flusher.flushed();
    return this.#known(grants, "admin", list);
  }

  /**
   * Ends a user's connections on the channel's own path.
   *
   * @returns how many there were.
   */
  async disconnectUser(userId: string, reason: string): Promise<number> {
    const count = this.#core.disconnectUser(userId, reason);
    await this.#flusher.flushed();
    return count;
  }

  /** A fresh report, for a registry that has not heard of it for long. */
  async report(): Promise<ChannelReport> {
    this.#core.closeSilent();
    await this.#flusher.flushed();
    return this.#reports.take();
  }

  /** Reads one message; whatever it holds, its sender gets an answer. */
  #read(connection: Connection, message: string | ArrayBuffer): void {
    const { settings } = this.#state;
    // A session has looked at what it passes on, and puts it together anew.
    const { MAX_FRAME_BYTES, MAX_DEPTH } = settings;
    const limit = connection.upstream ? Infinity : MAX_FRAME_BYTES;
    const depth = connection.upstream ? MAX_DEPTH + 1 : MAX_DEPTH;
    const refused = refuseUnread(message, limit);
    if (refused !== undefined) {
      this.#core.routing.refuseMessage(connection, refused);
      return;
    }
    const text = String(message);
    if (!this.#core.routing.begins(connection, text)) return;
    for (const arrival of arrivals(connection, text, depth)) {
      this.#core.routing.receive(connection, arrival);
      this.#flusher.relieve();
    }
  }

  async #list(
    connection: Connection,
    frame: ClientFrameOf<"list-channels">,
  ): Promise<void> {
    try {
      const page = connection.isAdmin
        ? await listChannels(this.env, frame, ANYBODY.policy)
        : this.#listItself(connection, frame);
      this.#core.routing.answer(connection, {
        type: "channel-list",
        ref: frame.ref,
        ...page,
      });
    } catch (error) {
      logError("list-channels", error);
      const text = "the list of channels is not available now";
      const refused = errorFrame("internal-error", text, frame.ref);
      this.#core.routing.answer(connection, refused);
    }
    this.#flusher.soon();
  }

  /** Who is on one channel's own path knows of no other. */
  #listItself(
    { grants }: Connection,
    { prefix, cursor = "" }: ClientFrameOf<"list-channels">,
  ): ChannelPage {
    const { id } = this.#state;
    const itself = info(this.#state);
    const isListed = allows(grants, "info") && id.startsWith(prefix);
    if (itself === undefined || !isListed || id <= cursor) {
      return { channels: {}, cursor: null };
    }
    const { seq, epoch, "pending-rpc-requests": _, ...summary } = itself;
    return { channels: Object.fromEntries([[id, summary]]), cursor: null };
  }

  async #renew(
    connection: Connection,
    { token, ref }: ClientFrameOf<"authenticate">,
  ): Promise<void> {
    const { settings } = this.#state;
    const renewal = await renew(token, connection.userId, settings);
    this.#core.routing.renewed(connection, ref, renewal);
    this.#flusher.soon();
  }

  async #askToCreate(connection: Connection, userId: string): Promise<void> {
    const answer = await mayCreateChannel(this.env, userId);
    this.#core.routing.mayCreate(connection, answer);
    this.#flusher.soon();
  }

  async #sendReport(): Promise<ReportAnswer> {
    this.#core.closeSilent();
    this.#flusher.soon();
    const report = this.#reports.take();
    const { REGISTRY_SHARDS } = this.#state.settings;
    const shard = shardOf(report.channelId, REGISTRY_SHARDS);
    try {
      return await this.env.REGISTRY.getByName(shard).report(report);
    } catch (error) {
      this.#reports.giveBack(report);
      throw error;
    }
  }

  #adapt(socket: WebSocket): Socket {
    return {
      send: (message) => socket.send(message),
      close: (code, reason) => socket.close(code, reason),
      keep: (attachment) => socket.serializeAttachment(attachment),
      forget: () => socket.serializeAttachment(null),
      lastHeartbeatAt: () =>
        this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime(),
    };
  }

  #known<T>(
    grants: Grants,
    operation: Operation,
    value: T | undefined,
  ): Outcome<T> {
    if (!allows(grants, operation)) return forbidden(operation);
    if (value === undefined) return { ok: false, reason: "channel-not-found" };
    return { ok: true, value };
  }
}

function arrivals(
  { upstream }: Connection,
  text: string,
  maxDepth: number,
): Arrival[] {
  if (!upstream || !text.startsWith(SESSION_MESSAGE_START)) {
    return decodeClient(text, maxDepth);
  }
  const message = v.parse(SessionMessageSchema, JSON.parse(text));
  return [{ kind: "session", message }];
}

function forbidden(operation: Operation): Outcome<never> & { ok: false } {
  return { ok: false, reason: "forbidden", operation };
}

/**
 * The runtime answers a Close by itself on ordinary sockets, not on
 * hibernatable ones: unanswered, the client would wait until it gives up.
 */
function answerClose(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code, reason);
  } catch {
    // A code that only clients may send, such as 1002.
    socket.close(1000, reason);
  }
}
