/**
 * One client connection to many channels: what it does with every frame and
 * every event. It knows no socket and no platform (docs/architecture.md,
 * "The session").
 *
 * @module
 */
import type { Settings } from "../config.ts";
import {
  type ChannelFrame,
  type ClientFrameOf,
  type ConnectionFrame,
  isChannelFrame,
} from "../protocol/client-frames.ts";
import {
  decodeClient,
  encode,
  HEARTBEAT_PING,
  HEARTBEAT_PONG,
  type Inbound,
} from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import { channelOfRequest, isChannelId } from "../protocol/names.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import {
  authenticateResult,
  echo,
  errorFrame,
  MAX_VIOLATIONS,
  MISSED_HEARTBEATS,
  pong,
  refuseUnread,
  TOO_MANY_VIOLATIONS,
  welcome,
} from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { decodeUpstream, RESUME_START, type UpstreamHeader } from "../protocol/upstream.ts";
import type { Telemetry } from "../telemetry/sink.ts";
import { invalidChannel, unroutable } from "./refusals.ts";
import {
  type Entry,
  entryOf,
  localAnswer,
  Upstream,
  type UpstreamSocket,
  unavailable,
} from "./upstream.ts";

/** What a session needs of its host. */
export interface SessionHost {
  /** Sends to the client. */
  send(message: string): void;
  /** Closes the client's socket. */
  close(code: number, reason: string): void;
  /** Opens a channel; answers with `opened` or `openFailed`. */
  open(upstream: Upstream): void;
  /** Calls back after some ms. */
  later(ms: number, callback: () => void): void;
  /** Answers `list-channels`, later, with `answer`. */
  listChannels(frame: ClientFrameOf<"list-channels">): void;
  clock(): number;
  /** From 0 to 1, for jitter. */
  random(): number;
}

/** Openings that may fail in a row before a channel counts as out of reach. */
const MAX_FAILURES = 8;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;
/** How far over a limit a session goes while requests are open. */
const GRACE = 1.25;

/** Closes that are the client's own business: passed on, not healed. */
const PASSED_ON: ReadonlySet<number> = new Set([
  CLOSE_CODES.policy,
  CLOSE_CODES.tokenExpired,
  CLOSE_CODES.tooSlow,
]);

export class Session {
  readonly connId: string;
  readonly #userId: string | null;
  readonly #settings: Settings;
  readonly #telemetry: Telemetry;
  readonly #host: SessionHost;
  readonly #upstreams = new Map<string, Upstream>();
  /** Subscribes and unsubscribes that have no reply yet. */
  readonly #changes = new Set<Entry>();
  /** `get-subscriptions` that wait for those sent before them. */
  #listings: { ref: Ref | undefined; after: Set<Entry> }[] = [];
  #closed = false;
  #violations = 0;
  #heardAt: number;
  #pinged = false;
  #acknowledges = false;
  /** Characters handed to the client since it was last heard. */
  #handed = 0;
  #passedOn = 0;
  #opens = 0;

  constructor(
    identity: { connId: string; userId: string | null },
    settings: Settings,
    telemetry: Telemetry,
    host: SessionHost,
  ) {
    this.connId = identity.connId;
    this.#userId = identity.userId;
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#host = host;
    this.#heardAt = host.clock();
  }

  /** Greets the client. */
  start(): void {
    const now = this.#host.clock();
    this.answer(welcome(this.connId, this.#userId, this.#settings, now));
  }

  /** A message of the client arrived. */
  receive(message: string | ArrayBuffer): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.clock();
    this.#handed = 0;
    if (message === HEARTBEAT_PING) {
      this.#pinged = true;
      this.#violations = 0;
      this.#deliver(HEARTBEAT_PONG);
      return;
    }
    const refused = refuseUnread(message, this.#settings.MAX_FRAME_BYTES);
    if (refused !== undefined) {
      this.#refuse(refused);
      if (refused.reason !== "frame-too-large") return;
      this.close(CLOSE_CODES.tooLarge, refused.reason);
      return;
    }
    const text = String(message);
    // One frame goes on as it came; those of an array are taken apart. What
    // only a session may say is never passed on as a client wrote it.
    const bare = text.trimStart().startsWith("{");
    const verbatim = bare && !text.startsWith(RESUME_START) ? text : undefined;
    const frames = decodeClient(text);
    const used = new Set<Upstream>();
    for (const each of frames) {
      if (this.#closed) return;
      const upstream = this.#handle(each, verbatim);
      if (upstream !== undefined) used.add(upstream);
    }
    for (const upstream of used) this.#advance(upstream);
  }

  /** Sends a frame of the host's own, as if the client had sent it. */
  request(frame: ChannelFrame): void {
    const upstream = this.#forward(frame, JSON.stringify(frame));
    if (upstream !== undefined) this.#advance(upstream);
  }

  /** Sends the client an answer. */
  answer(frame: ServerFrame): void {
    this.#deliver(encode(frame).text);
  }

  /** A channel that was asked for is open. */
  opened(upstream: Upstream, socket: UpstreamSocket): void {
    if (this.#closed || this.#upstreams.get(upstream.channelId) !== upstream) {
      socket.close(CLOSE_CODES.normal, "not needed any more");
      return;
    }
    upstream.socket = socket;
    upstream.heardAt = this.#host.clock();
    if (upstream.opened) socket.send(upstream.resumeMessage());
    upstream.opened = true;
    this.#advance(upstream);
  }

  /** A channel that was asked for could not be opened, or broke off. */
  openFailed(upstream: Upstream): void {
    if (this.#closed || this.#upstreams.get(upstream.channelId) !== upstream) {
      return;
    }
    upstream.failures++;
    if (upstream.failures >= MAX_FAILURES) this.#giveUp(upstream);
    else this.#reopen(upstream);
  }

  /** A channel's message arrived. */
  upstreamMessage(
    upstream: Upstream,
    socket: UpstreamSocket,
    message: string,
  ): void {
    if (this.#closed || upstream.socket !== socket) return;
    upstream.heardAt = this.#host.clock();
    upstream.failures = 0;
    if (message === HEARTBEAT_PONG) return;
    const { header, messages } = decodeUpstream(message);
    this.#note(upstream, header);
    for (const each of messages) this.#deliver(each);
    if (header.replies !== undefined) {
      this.#settled(upstream.settle(header.replies));
      this.#advance(upstream);
    }
    this.#passedOn += Math.max(1, messages.length);
    this.#recycleIfSpent();
  }

  /** A channel's socket is gone. */
  upstreamClosed(
    upstream: Upstream,
    socket: UpstreamSocket,
    code: number,
    reason: string,
  ): void {
    if (this.#closed || upstream.socket !== socket) return;
    if (PASSED_ON.has(code)) {
      this.close(code, reason);
      return;
    }
    upstream.broken();
    for (const answer of upstream.advance()) this.#deliver(answer);
    if (upstream.idle) this.#upstreams.delete(upstream.channelId);
    else this.openFailed(upstream);
  }

  /** The client's socket is gone. */
  clientGone(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.#upstreams.values()) {
      socket?.close(CLOSE_CODES.normal, "the client is gone");
    }
    this.#upstreams.clear();
  }

  /** Ends the session from this side. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.clientGone();
    this.#host.close(code, reason);
  }

  /** Looks at the time. To be called twice a heartbeat. */
  tick(): void {
    if (this.#closed) return;
    const now = this.#host.clock();
    const { HEARTBEAT_MS, UPSTREAM_IDLE_MS } = this.#settings;
    const patience = MISSED_HEARTBEATS * HEARTBEAT_MS;
    if (this.#pinged && now - this.#heardAt > patience) {
      this.close(CLOSE_CODES.heartbeatMissed, "heartbeat missed");
      return;
    }
    for (const upstream of [...this.#upstreams.values()]) {
      const { socket } = upstream;
      if (socket === undefined) continue;
      if (upstream.idle && now - upstream.usedAt >= UPSTREAM_IDLE_MS) {
        this.#letGo(upstream);
      } else if (now - upstream.heardAt > patience) {
        socket.close(CLOSE_CODES.normal, "no answer");
        this.upstreamClosed(upstream, socket, 1006, "");
      } else if (now - upstream.pingedAt >= HEARTBEAT_MS) {
        upstream.pingedAt = now;
        socket.send(HEARTBEAT_PING);
      }
    }
  }

  /** @returns the upstream that got something to do. */
  #handle(inbound: Inbound, raw: string | undefined): Upstream | undefined {
    if (inbound.kind === "refused") return this.#handleRefused(inbound);
    this.#violations = 0;
    const known = inbound.kind === "frame";
    this.#telemetry.emit("sente-lite.server/message-routing", () => ({
      "conn-id": this.connId,
      "message-type": known ? inbound.frame.type : "echo",
    }));
    if (!known) {
      this.answer(echo(inbound, this.connId, this.#host.clock()));
      return undefined;
    }
    const { frame, original } = inbound;
    if (isChannelFrame(frame)) {
      return this.#forward(frame, raw ?? JSON.stringify(original));
    }
    this.#answerItself(frame);
    return undefined;
  }

  #handleRefused(refused: Inbound & { kind: "refused" }): Upstream | undefined {
    const { reason, message, ref, original } = refused;
    const channelId = original?.["channel-id"];
    const upstream =
      typeof channelId === "string"
        ? this.#upstreams.get(channelId)
        : undefined;
    const error = errorFrame(reason, message, ref);
    if (upstream?.waiting !== true) {
      this.#refuse(error);
      return undefined;
    }
    // Replies about one channel come in the order of its frames.
    upstream.push(localAnswer(encode(error).text));
    this.#countViolation();
    return upstream;
  }

  #answerItself(frame: ConnectionFrame): void {
    switch (frame.type) {
      case "ping":
        this.#pinged = true;
        this.answer(pong(frame, this.#host.clock()));
        break;
      case "pong":
        break;
      case "authenticate":
        this.answer(authenticateResult(frame));
        break;
      case "list-channels":
        this.#opens++;
        this.#host.listChannels(frame);
        this.#recycleIfSpent();
        break;
      case "get-subscriptions":
        this.#listings.push({ ref: frame.ref, after: new Set(this.#changes) });
        this.#settled([]);
        break;
    }
  }

  #forward(frame: ChannelFrame, raw: string): Upstream | undefined {
    const byRequest = "request-id" in frame;
    const subject = byRequest ? frame["request-id"] : frame["channel-id"];
    if (subject === undefined) {
      const message =
        "`channel-id` is required: this socket is for all channels";
      this.#refuse(errorFrame("invalid-message", message, frame.ref));
      return undefined;
    }
    const channelId = byRequest ? channelOfRequest(subject) : subject;
    if (channelId === undefined || !isChannelId(channelId)) {
      this.answer(invalidChannel(frame, subject));
      return undefined;
    }
    const known = this.#upstreams.get(channelId);
    // Nothing was handed over on a channel that is not in use.
    if (known === undefined && frame.type === "ack") return undefined;
    const entry = entryOf(frame, subject, raw);
    const refused = this.#refuseForward(frame, known);
    if (refused !== undefined || known?.full) {
      const answer = refused ?? unavailable(entry);
      if (known?.waiting !== true || known.full) this.answer(answer);
      else known.push(localAnswer(encode(answer).text));
      return known;
    }
    const upstream = known ?? this.#open(channelId);
    if (upstream === undefined) {
      this.answer(unavailable(entry));
      return undefined;
    }
    upstream.usedAt = this.#host.clock();
    if (frame.type === "ack") this.#acknowledges = true;
    if (frame.type === "subscribe" || frame.type === "unsubscribe") {
      this.#changes.add(entry);
    }
    upstream.push(entry);
    return upstream;
  }

  #refuseForward(
    frame: ChannelFrame,
    upstream: Upstream | undefined,
  ): ServerFrame | undefined {
    if (frame.type !== "subscribe" || upstream?.claimsSubscription) {
      return undefined;
    }
    const max = this.#settings.MAX_SUBSCRIPTIONS;
    let current = 0;
    for (const each of this.#upstreams.values()) {
      if (each.claimsSubscription) current++;
    }
    if (current < max) return undefined;
    return unroutable(frame, current, max);
  }

  #open(channelId: string): Upstream | undefined {
    const { MAX_UPSTREAMS } = this.#settings;
    if (this.#upstreams.size >= MAX_UPSTREAMS && !this.#makeRoom()) {
      return undefined;
    }
    const upstream = new Upstream(channelId, this.#host.clock());
    this.#upstreams.set(channelId, upstream);
    this.#opens++;
    this.#host.open(upstream);
    return upstream;
  }

  /** Lets go of the channel that was used longest ago and is not needed. */
  #makeRoom(): boolean {
    let oldest: Upstream | undefined;
    for (const upstream of this.#upstreams.values()) {
      if (!upstream.idle) continue;
      if (oldest === undefined || upstream.usedAt < oldest.usedAt) {
        oldest = upstream;
      }
    }
    if (oldest === undefined) return false;
    this.#letGo(oldest);
    return true;
  }

  #letGo(upstream: Upstream): void {
    this.#upstreams.delete(upstream.channelId);
    upstream.socket?.close(CLOSE_CODES.normal, "not needed any more");
  }

  #reopen(upstream: Upstream): void {
    const backoff = FIRST_RETRY_MS * 2 ** upstream.failures;
    const ms = this.#host.random() * Math.min(backoff, MAX_RETRY_MS);
    this.#host.later(ms, () => {
      if (this.#upstreams.get(upstream.channelId) !== upstream) return;
      this.#opens++;
      this.#host.open(upstream);
    });
  }

  #giveUp(upstream: Upstream): void {
    const { channelId } = upstream;
    this.#upstreams.delete(channelId);
    if (upstream.subscribed) {
      const type = "subscription-lost";
      this.answer({ type, "channel-id": channelId, reason: "unavailable" });
    }
    this.#endRequests(upstream, [...upstream.requests]);
    const abandoned = upstream.abandon();
    for (const { answer } of abandoned) this.#deliver(answer);
    this.#settled(abandoned.map(({ entry }) => entry));
  }

  /** Takes in what a channel says of the connection. */
  #note(upstream: Upstream, header: UpstreamHeader): void {
    const { subscribed, epoch, seq, order, opened, ended, resumed } = header;
    upstream.usedAt = this.#host.clock();
    if (resumed !== undefined) {
      const { subscription } = resumed;
      upstream.subscribed =
        subscription === "recovered" || subscription === "gap";
      this.#endRequests(upstream, resumed["unknown-requests"]);
      if (subscription !== null && subscription !== "recovered") {
        const ids = { "channel-id": upstream.channelId };
        this.answer({
          type: "subscription-lost",
          ...ids,
          reason: subscription,
        });
      }
    }
    if (subscribed !== undefined) upstream.subscribed = subscribed;
    if (epoch !== undefined) upstream.epoch = epoch;
    if (seq !== undefined) upstream.seq = seq;
    if (order !== undefined) upstream.order = order;
    for (const id of opened ?? []) upstream.requests.add(id);
    for (const id of ended ?? []) upstream.requests.delete(id);
  }

  #endRequests(upstream: Upstream, requestIds: readonly string[]): void {
    for (const id of requestIds) {
      upstream.requests.delete(id);
      this.answer({
        type: "rpc-response",
        "request-id": id,
        "channel-id": upstream.channelId,
        data: null,
        error: true,
        final: true,
        "responder-conn-id": null,
        "created-at": this.#host.clock(),
        reason: "outcome-unknown",
      });
    }
  }

  #advance(upstream: Upstream): void {
    for (const answer of upstream.advance()) this.#deliver(answer);
  }

  /** Answers the listings that waited for these, and for nothing else. */
  #settled(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!this.#changes.delete(entry)) continue;
      for (const { after } of this.#listings) after.delete(entry);
    }
    while (this.#listings[0]?.after.size === 0) {
      const ref = this.#listings.shift()?.ref;
      const subscribed = [...this.#upstreams.values()].filter(
        (each) => each.subscribed,
      );
      const subscriptions = subscribed.map(({ channelId }) => channelId);
      this.answer({ type: "subscription-list", ref, subscriptions });
    }
  }

  #refuse(error: ServerFrame & { type: "error" }): void {
    this.answer(error);
    this.#countViolation();
  }

  #countViolation(): void {
    this.#violations++;
    if (this.#violations < MAX_VIOLATIONS) return;
    this.close(CLOSE_CODES.policy, TOO_MANY_VIOLATIONS);
  }

  #deliver(message: string): void {
    if (this.#closed) return;
    this.#host.send(message);
    this.#handed += message.length;
    const { MAX_SILENT_BYTES } = this.#settings;
    if (this.#acknowledges || this.#handed <= MAX_SILENT_BYTES) return;
    this.close(CLOSE_CODES.tooSlow, "too much was sent unheard");
  }

  /** Asks the client to reconnect before the invocation's budget is used up. */
  #recycleIfSpent(): void {
    const { SESSION_MAX_MESSAGES, SESSION_MAX_SUBREQUESTS } = this.#settings;
    const spent = Math.max(
      this.#passedOn / SESSION_MAX_MESSAGES,
      this.#opens / SESSION_MAX_SUBREQUESTS,
    );
    if (spent < 1) return;
    const busy = [...this.#upstreams.values()].some(
      ({ requests, waiting }) => requests.size > 0 || waiting,
    );
    if (busy && spent < GRACE) return;
    this.close(CLOSE_CODES.restart, "session recycled: reconnect and resume");
  }
}
