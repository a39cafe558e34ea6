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
  isAskingForMuch,
  isChannelFrame,
} from "../protocol/client-frames.ts";
import {
  decodeClient,
  encode,
  HEARTBEAT_PING,
  HEARTBEAT_PONG,
  type Inbound,
} from "../protocol/codec.ts";
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
import { RESUME_START } from "../protocol/upstream.ts";
import type { Telemetry } from "../telemetry/sink.ts";
import { Budget } from "./budget.ts";
import { Listings } from "./listings.ts";
import {
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
  clock(): number;
  /** From 0 to 1, for jitter. */
  random(): number;
}

export class Session {
  readonly connId: string;
  readonly #userId: string | null;
  readonly #settings: Settings;
  readonly #telemetry: Telemetry;
  readonly #host: SessionHost;
  readonly #budget: Budget;
  readonly #upstreams: Upstreams;
  readonly #listings: Listings;
  #closed = false;
  #violations = 0;
  #heardAt: number;
  #pinged = false;
  /** A list of channels is waited for. */
  #listing = false;
  /** Bytes handed to the client since it was last heard. */
  #handed = 0;

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
    this.#budget = new Budget(settings);
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
        later: (ms, callback) => host.later(ms, callback),
        clock: () => host.clock(),
        random: () => host.random(),
      },
      settings,
      this.#budget,
    );
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
    if (message === HEARTBEAT_PING) {
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
    const upstream = this.#forward(frame, JSON.stringify(frame));
    if (upstream !== undefined) this.#upstreams.advance(upstream);
  }

  /** Sends the client the list of channels, or why there is none. */
  listed(frame: ServerFrame): void {
    this.#listing = false;
    this.answer(frame);
  }

  /** Sends the client an answer. */
  answer(frame: ServerFrame): void {
    const { text, bytes } = encode(frame);
    this.#deliver([text], bytes);
  }

  /** A channel that was asked for is open. */
  opened(upstream: Upstream, socket: UpstreamSocket): void {
    this.#upstreams.opened(upstream, socket);
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
    const verbatim = bare && !text.startsWith(RESUME_START) ? text : undefined;
    const used = new Set<Upstream>();
    for (const each of decodeClient(text)) {
      this.#budget.handled(1);
      if (this.#closed) return;
      const upstream = this.#handle(each, verbatim);
      if (upstream !== undefined) used.add(upstream);
    }
    if (this.#closed) return;
    for (const upstream of used) this.#upstreams.advance(upstream);
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
    const channelId = original?.["channel-id"];
    const upstream =
      typeof channelId === "string"
        ? this.#upstreams.get(channelId)
        : undefined;
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
      this.answer(
        invalidChannel({ type: frame.type, ref: frame.ref, subject }),
      );
      return undefined;
    }
    const known = this.#upstreams.get(channelId);
    // Nothing was handed over on a channel that is not in use; and an ack
    // that is dropped does less harm than a line without an end.
    const useless = known === undefined || known.full;
    if (useless && frame.type === "ack") return undefined;
    const entry = entryOf(frame, subject, raw);
    const refused = this.#refuseSubscription(frame, known);
    if (refused !== undefined || known?.full) {
      this.#answerInTurn(known, refused ?? unavailable(entry));
      return known;
    }
    const upstream = known ?? this.#upstreams.open(channelId);
    if (upstream === undefined) {
      this.answer(unavailable(entry));
      return undefined;
    }
    upstream.usedAt = this.#host.clock();
    this.#listings.sent(entry);
    upstream.push(entry);
    return upstream;
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
