/**
 * One client connection to many channels: what it does with every frame and
 * every event. It knows no socket and no platform (docs/architecture.md,
 * "The session").
 *
 * @module
 */
import type { Renewal } from "../access/authenticator.ts";
import { FrameLimit, type TooSoon } from "../access/frame-limit.ts";
import { allows, operationOf } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import type { Settings } from "../config.ts";
import {
  type ChannelFrame,
  type ClientFrameOf,
  type ConnectionFrame,
  isAskingForMuch,
  isChannelFrame,
} from "../protocol/client-frames.ts";
import {
  decodeClient,
  encode,
  type Inbound,
  type JsonObject,
} from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import { HEARTBEAT_PING, HEARTBEAT_PONG } from "../protocol/framing.ts";
import { channelOfRequest, isChannelId } from "../protocol/names.ts";
import type { Grants } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import {
  echo,
  errorFrame,
  MAX_VIOLATIONS,
  MISSED_HEARTBEATS,
  pong,
  refOfInbound,
  refuseUnread,
  TOO_MANY_VIOLATIONS,
  welcome,
} from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { SESSION_MESSAGE_START } from "../protocol/upstream.ts";
import type { Counters } from "../telemetry/counters.ts";
import type { Telemetry } from "../telemetry/sink.ts";
import { Authorization } from "./authorization.ts";
import { Budget } from "./budget.ts";
import { Listings } from "./listings.ts";
import {
  countRefusal,
  forbidden,
  invalidChannel,
  tooManySubscriptions,
  unavailable,
} from "./refusals.ts";
import {
  entryOf,
  localAnswer,
  type Upstream,
  type UpstreamSocket,
} from "./upstream.ts";
import { Upstreams } from "./upstreams.ts";

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
  /** Answers `list-channels`, later, with `listed`. */
  listChannels(frame: ClientFrameOf<"list-channels">): void;
  /** Looks at the token of an `authenticate`, later calling `renewed`. */
  renew(frame: ClientFrameOf<"authenticate">): void;
  /** What all sessions of the isolate count together. */
  readonly counters: Counters;
  clock(): number;
  /** From 0 to 1, for jitter. */
  random(): number;
}

export class Session {
  readonly connId: string;
  readonly #settings: Settings;
  readonly #telemetry: Telemetry;
  readonly #host: SessionHost;
  readonly #budget: Budget;
  readonly #upstreams: Upstreams;
  readonly #listings: Listings;
  readonly #authorization: Authorization;
  readonly #frames: FrameLimit;
  #closed = false;
  #violations = 0;
  #heardAt: number;
  #pinged = false;
  /** A list of channels is waited for. */
  #listing = false;
  /** Bytes handed to the client since it was last heard. */
  #handed = 0;

  constructor(
    identity: { connId: string; principal: Principal },
    settings: Settings,
    telemetry: Telemetry,
    host: SessionHost,
  ) {
    this.connId = identity.connId;
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#host = host;
    this.#heardAt = host.clock();
    this.#budget = new Budget(settings);
    this.#frames = new FrameLimit(settings);
    this.#authorization = new Authorization(identity.principal, {
      answer: (frame) => this.answer(frame),
      close: (code, reason) => this.close(code, reason),
      renew: (frame) => host.renew(frame),
      later: (ms, callback) => host.later(ms, callback),
      clock: () => host.clock(),
    });
    this.#listings = new Listings((ref) => {
      const { subscriptions } = this.#upstreams;
      this.answer({ type: "subscription-list", ref, subscriptions });
    });
    this.#upstreams = new Upstreams(
      {
        deliver: (messages, bytes) => this.#deliver(messages, bytes),
        answered: (entries) => this.#listings.answered(entries),
        close: (code, reason) => this.close(code, reason),
        open: (upstream) => host.open(upstream),
        grantsOn: (channelId) => this.#authorization.on(channelId),
        later: (ms, callback) => host.later(ms, callback),
        counters: host.counters,
        clock: () => host.clock(),
        random: () => host.random(),
      },
      settings,
      this.#budget,
    );
  }

  /** Whose session it is. */
  get principal(): Principal {
    return this.#authorization.principal;
  }

  /** Greets the client. */
  start(): void {
    const now = this.#host.clock();
    const { userId } = this.principal;
    this.answer(welcome(this.connId, userId, this.#settings, now));
    this.#authorization.watch();
  }

  /** A message of the client arrived. */
  receive(message: string | ArrayBuffer): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.clock();
    if (message === HEARTBEAT_PING && !this.#frames.take(this.#heardAt)) {
      this.#budget.handled(1);
      this.#handed = 0;
      this.#pinged = true;
      this.#violations = 0;
      this.#deliver([HEARTBEAT_PONG], HEARTBEAT_PONG.length);
      return;
    }
    const refused = refuseUnread(message, this.#settings.MAX_FRAME_BYTES);
    if (refused !== undefined) {
      this.#refuse(refused);
      if (refused.reason !== "frame-too-large") return;
      this.close(CLOSE_CODES.tooLarge, refused.reason);
      return;
    }
    this.#read(String(message));
    this.#recycleIfSpent();
  }

  /** Sends a frame of the host's own, as if the client had sent it. */
  request(frame: ChannelFrame): void {
    if (this.#closed) return;
    this.#budget.handled(1);
    // What only asks does not show that anything was read.
    if (!isAskingForMuch(frame)) this.#handed = 0;
    const upstream = this.#forward(frame, JSON.stringify(frame));
    if (upstream !== undefined) this.#upstreams.advance(upstream);
  }

  /** Sends the client the list of channels, or why there is none. */
  listed(frame: ServerFrame): void {
    this.#listing = false;
    this.answer(frame);
  }

  /** The token of an `authenticate` frame was looked at. */
  renewed(ref: Ref | undefined, renewal: Renewal): void {
    if (this.#closed) return;
    if (this.#authorization.renewed(ref, renewal)) this.#upstreams.regrant();
  }

  /** Sends the client an answer. */
  answer(frame: ServerFrame): void {
    const { text, bytes } = encode(frame);
    this.#deliver([text], bytes);
  }

  /**
   * A channel that was asked for is open.
   *
   * @param told what the opening said is granted.
   */
  opened(upstream: Upstream, socket: UpstreamSocket, told: Grants): void {
    this.#upstreams.opened(upstream, socket, told);
  }

  /** A channel that was asked for could not be opened. */
  openFailed(upstream: Upstream): void {
    this.#upstreams.openFailed(upstream);
  }

  /** A channel's message arrived. */
  upstreamMessage(
    upstream: Upstream,
    socket: UpstreamSocket,
    message: string,
  ): void {
    if (this.#closed) return;
    this.#upstreams.message(upstream, socket, message);
    this.#recycleIfSpent();
  }

  /** A channel's socket is gone. */
  upstreamClosed(
    upstream: Upstream,
    socket: UpstreamSocket,
    code: number,
    reason: string,
  ): void {
    if (this.#closed) return;
    this.#upstreams.closed(upstream, socket, code, reason);
  }

  /** The client's socket is gone. */
  clientGone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#upstreams.closeAll();
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
    const silence = this.#host.clock() - this.#heardAt;
    const patience = MISSED_HEARTBEATS * this.#settings.HEARTBEAT_MS;
    if (this.#pinged && silence > patience) {
      this.close(CLOSE_CODES.heartbeatMissed, "heartbeat missed");
      return;
    }
    this.#upstreams.tick();
  }

  #read(text: string): void {
    // One frame goes on as it came; those of an array are taken apart. What
    // only a session may say is never passed on as a client wrote it.
    const bare = text.trimStart().startsWith("{");
    const isOurs = text.startsWith(SESSION_MESSAGE_START);
    const verbatim = bare && !isOurs ? text : undefined;
    const tooSoon = this.#frames.begins(!bare, this.#heardAt);
    if (tooSoon !== undefined) {
      this.#answerTooSoon(tooSoon, undefined);
      return;
    }
    const used = new Set<Upstream>();
    for (const each of decodeClient(text, this.#settings.MAX_DEPTH)) {
      this.#budget.handled(1);
      if (this.#closed) return;
      const upstream = this.#admit(each, verbatim);
      if (upstream !== undefined) used.add(upstream);
    }
    if (this.#closed) return;
    for (const upstream of used) this.#upstreams.advance(upstream);
  }

  /** Handles a frame, unless it came sooner than frames may. */
  #admit(each: Inbound, raw: string | undefined): Upstream | undefined {
    const tooSoon = this.#frames.take(this.#heardAt, refOfInbound(each));
    if (tooSoon === undefined) return this.#handle(each, raw);
    const upstream = this.#upstreamOf(each.original);
    this.#answerTooSoon(tooSoon, upstream);
    return upstream;
  }

  #answerTooSoon(
    { error, counts }: TooSoon,
    upstream: Upstream | undefined,
  ): void {
    this.#host.counters.limited("frames");
    this.#answerInTurn(upstream, error);
    if (counts) this.#countViolation();
  }

  /** The channel in use that an object is about, if it says so. */
  #upstreamOf(original: JsonObject | undefined): Upstream | undefined {
    const channelId = original?.["channel-id"];
    if (typeof channelId !== "string") return undefined;
    return this.#upstreams.get(channelId);
  }

  /** @returns the upstream that got something to do. */
  #handle(inbound: Inbound, raw: string | undefined): Upstream | undefined {
    if (inbound.kind === "refused") return this.#handleRefused(inbound);
    const known = inbound.kind === "frame";
    this.#telemetry.emit("sente-lite.server/message-routing", () => ({
      "conn-id": this.connId,
      "message-type": known ? inbound.frame.type : "echo",
    }));
    if (!known) {
      this.#violations = 0;
      this.answer(echo(inbound, this.connId, this.#host.clock()));
      return undefined;
    }
    const { frame, original } = inbound;
    // What is answered with much does not show that anything was read.
    if (!isAskingForMuch(frame)) this.#handed = 0;
    if (isChannelFrame(frame)) {
      return this.#forward(frame, raw ?? JSON.stringify(original));
    }
    this.#violations = 0;
    this.#answerItself(frame);
    return undefined;
  }

  #handleRefused(refused: Inbound & { kind: "refused" }): Upstream | undefined {
    const { reason, message, ref, original } = refused;
    const upstream = this.#upstreamOf(original);
    this.#answerInTurn(upstream, errorFrame(reason, message, ref));
    this.#countViolation();
    return upstream;
  }

  /** Replies about one channel come in the order of its frames. */
  #answerInTurn(upstream: Upstream | undefined, frame: ServerFrame): void {
    if (upstream?.waiting !== true) this.answer(frame);
    else if (!upstream.flooded) upstream.push(localAnswer(encode(frame).text));
    else this.close(CLOSE_CODES.policy, "too many frames wait for replies");
  }

  /** Refuses in a channel's place what the channel will not hear of. */
  #refuseInTurn(upstream: Upstream | undefined, frame: ServerFrame): void {
    countRefusal(this.#host.counters, frame);
    this.#answerInTurn(upstream, frame);
  }

  #answerItself(frame: ConnectionFrame): void {
    switch (frame.type) {
      case "ping":
        this.#pinged = true;
        this.answer(pong(frame, this.#host.clock()));
        break;
      case "pong":
        break;
      case "authenticate": {
        const refused = this.#authorization.authenticate(frame);
        if (refused !== undefined) this.#refuse(refused);
        break;
      }
      case "list-channels":
        if (this.#listing) {
          const message = "wait for the list that was asked for";
          this.#refuse(errorFrame("rate-limited", message, frame.ref));
          break;
        }
        this.#listing = true;
        this.#budget.called();
        this.#host.listChannels(frame);
        break;
      case "get-subscriptions":
        if (this.#listings.ask(frame.ref)) break;
        this.#refuse(
          errorFrame(
            "rate-limited",
            "too many lists are waited for",
            frame.ref,
          ),
        );
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
    this.#violations = 0;
    const channelId = byRequest ? channelOfRequest(subject) : subject;
    if (channelId === undefined || !isChannelId(channelId)) {
      const { type, ref } = frame;
      this.#refuseInTurn(undefined, invalidChannel({ type, ref, subject }));
      return undefined;
    }
    const known = this.#upstreams.get(channelId);
    // Nothing was handed over on a channel that is not in use; and an ack
    // that is dropped does less harm than a line without an end.
    const useless = known === undefined || known.full;
    if (useless && frame.type === "ack") return undefined;
    const entry = entryOf(frame, subject, raw);
    const refused =
      this.#refuseOperation(frame, subject, channelId, known) ??
      this.#refuseSubscription(frame, known);
    if (refused !== undefined || known?.full) {
      this.#refuseInTurn(known, refused ?? unavailable(entry));
      return known;
    }
    const upstream = known ?? this.#upstreams.open(channelId);
    if (upstream === undefined) {
      this.#refuseInTurn(undefined, unavailable(entry));
      return undefined;
    }
    upstream.usedAt = this.#host.clock();
    this.#listings.sent(entry);
    upstream.push(entry);
    return upstream;
  }

  /** Before a channel hears of it: nobody wakes what he may not use. */
  #refuseOperation(
    { type, ref }: ChannelFrame,
    subject: string,
    channelId: string,
    known: Upstream | undefined,
  ): ServerFrame | undefined {
    const operation = operationOf(type);
    const grants = known?.grants ?? this.#authorization.on(channelId);
    const isAllowed =
      operation === undefined
        ? known !== undefined || grants.length > 0
        : allows(grants, operation);
    if (isAllowed) return undefined;
    return forbidden({ type, ref, subject }, operation);
  }

  #refuseSubscription(
    frame: ChannelFrame,
    upstream: Upstream | undefined,
  ): ServerFrame | undefined {
    if (frame.type !== "subscribe" || upstream?.claimsSubscription) {
      return undefined;
    }
    const max = this.#settings.MAX_SUBSCRIPTIONS;
    const current = this.#upstreams.claimedSubscriptions;
    if (current < max) return undefined;
    return tooManySubscriptions(frame, current, max);
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

  #deliver(messages: readonly string[], bytes: number): void {
    for (const message of messages) {
      if (this.#closed) return;
      this.#host.send(message);
    }
    this.#handed += bytes;
    if (this.#handed <= this.#settings.MAX_SILENT_BYTES) return;
    this.close(CLOSE_CODES.tooSlow, "too much was sent unheard");
  }

  /** Asks the client to reconnect before the invocation's bounds are met. */
  #recycleIfSpent(): void {
    // Looking whether something is open takes longer: only when it matters.
    if (!this.#budget.isSpent(false)) return;
    if (!this.#budget.isSpent(this.#upstreams.busy)) return;
    this.close(CLOSE_CODES.restart, "session recycled: reconnect and resume");
  }
}
