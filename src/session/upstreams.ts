/**
 * The channels that one session uses: opening, losing, resuming and letting
 * go of them, and what their messages say.
 *
 * @module
 */
import type { Settings } from "../config.ts";
import { encode } from "../protocol/codec.ts";
import { HEARTBEAT_PING, HEARTBEAT_PONG } from "../protocol/framing.ts";
import type { Grants } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { MISSED_HEARTBEATS } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { decodeUpstream, type UpstreamHeader } from "../protocol/upstream.ts";
import type { Counters } from "../telemetry/counters.ts";
import type { Budget } from "./budget.ts";
import {
  type Entry,
  LineSpace,
  Upstream,
  type UpstreamSocket,
} from "./upstream.ts";

/** What the upstreams need of their session. */
export interface UpstreamsHost {
  /** Hands the client messages that take so many bytes together. */
  deliver(messages: readonly string[], bytes: number): void;
  /** Notes frames that have their replies. */
  answered(entries: readonly Entry[]): void;
  /** Ends the session. */
  close(code: number, reason: string): void;
  /** Opens a channel; answers with `opened` or `openFailed`. */
  open(upstream: Upstream): void;
  /** What the client may do on a channel now. */
  grantsOn(channelId: string): Grants;
  /** Calls back after some ms. */
  later(ms: number, callback: () => void): void;
  readonly counters: Counters;
  clock(): number;
  /** From 0 to 1, for jitter. */
  random(): number;
}

/** Openings that may fail in a row before a channel counts as out of reach. */
const MAX_FAILURES = 8;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;

/** Closes that are the client's own business: passed on, not healed. */
const PASSED_ON: ReadonlySet<number> = new Set([
  CLOSE_CODES.policy,
  CLOSE_CODES.tokenExpired,
  CLOSE_CODES.tooSlow,
]);

export class Upstreams {
  readonly #host: UpstreamsHost;
  readonly #settings: Settings;
  readonly #budget: Budget;
  readonly #byChannel = new Map<string, Upstream>();
  /** Channels that were in use before and are not now. */
  readonly #former = new Set<string>();
  readonly #space = new LineSpace();

  constructor(host: UpstreamsHost, settings: Settings, budget: Budget) {
    this.#host = host;
    this.#settings = settings;
    this.#budget = budget;
  }

  /** Whether requests are open or frames wait for replies. */
  get busy(): boolean {
    return [...this.#byChannel.values()].some(
      ({ requests, waiting }) => requests.size > 0 || waiting,
    );
  }

  /** The channels subscribed to. */
  get subscriptions(): string[] {
    const subscribed = [...this.#byChannel.values()].filter(
      (each) => each.subscribed,
    );
    return subscribed.map(({ channelId }) => channelId);
  }

  /** How many subscriptions stand or are asked for. */
  get claimedSubscriptions(): number {
    let claimed = 0;
    for (const each of this.#byChannel.values()) {
      if (each.claimsSubscription) claimed++;
    }
    return claimed;
  }

  get(channelId: string): Upstream | undefined {
    return this.#byChannel.get(channelId);
  }

  /** Begins to use a channel; undefined when too many are in use. */
  open(channelId: string): Upstream | undefined {
    const { MAX_UPSTREAMS } = this.#settings;
    if (this.#byChannel.size >= MAX_UPSTREAMS && !this.#makeRoom()) {
      return undefined;
    }
    const upstream = new Upstream(channelId, this.#host.clock(), {
      grants: this.#host.grantsOn(channelId),
      space: this.#space,
      settings: this.#settings,
      counters: this.#host.counters,
    });
    // A request whose outcome the client was told is unknown may still be
    // open there: a resume that does not name it clears it away.
    upstream.opened = this.#former.delete(channelId);
    this.#byChannel.set(channelId, upstream);
    this.#connect(upstream);
    return upstream;
  }

  /** Sends what can be sent on a channel. */
  advance(upstream: Upstream): void {
    this.#deliver(upstream.advance());
  }

  /** A channel that was asked for is open, and was told what is granted. */
  opened(upstream: Upstream, socket: UpstreamSocket, told: Grants): void {
    if (!this.#isCurrent(upstream)) {
      socket.close(CLOSE_CODES.normal, "not needed any more");
      return;
    }
    // The channel has replaced an older one by this.
    if (upstream.socket !== undefined) upstream.broken();
    upstream.socket = socket;
    upstream.heardAt = this.#host.clock();
    upstream.wasTold(told);
    upstream.tellGrants();
    if (upstream.opened) socket.send(upstream.resumeMessage());
    upstream.opened = true;
    this.advance(upstream);
  }

  /** A channel that was asked for could not be opened, or broke off. */
  openFailed(upstream: Upstream): void {
    const settled = upstream.socket !== undefined || upstream.retrying;
    if (settled || !this.#isCurrent(upstream)) return;
    upstream.failures++;
    if (upstream.failures >= MAX_FAILURES) this.#giveUp(upstream);
    else this.#reopen(upstream);
  }

  /** A channel's message arrived. */
  message(upstream: Upstream, socket: UpstreamSocket, message: string): void {
    if (upstream.socket !== socket || !this.#isCurrent(upstream)) return;
    upstream.heardAt = this.#host.clock();
    upstream.failures = 0;
    if (message === HEARTBEAT_PONG) return;
    const { header, messages } = decodeUpstream(message);
    this.#note(upstream, header);
    this.#host.deliver(messages, header.bytes ?? 0);
    // The client may have been too slow for these: then all is over.
    if (!this.#isCurrent(upstream)) return;
    this.#budget.handled(Math.max(1, messages.length));
    if (header.replies === undefined) return;
    this.#host.answered(upstream.settle(header.replies));
    this.advance(upstream);
  }

  /** A channel's socket is gone. */
  closed(
    upstream: Upstream,
    socket: UpstreamSocket,
    code: number,
    reason: string,
  ): void {
    if (upstream.socket !== socket || !this.#isCurrent(upstream)) return;
    if (PASSED_ON.has(code)) {
      this.#host.close(code, reason);
      return;
    }
    upstream.broken();
    this.advance(upstream);
    if (upstream.isIdle(this.#host.clock())) this.#forget(upstream);
    else this.openFailed(upstream);
  }

  /** Something else is granted now: every channel in use is told. */
  regrant(): void {
    for (const upstream of this.#byChannel.values()) {
      upstream.grants = this.#host.grantsOn(upstream.channelId);
      upstream.tellGrants();
    }
  }

  /** Lets go of all, since the client is gone. */
  closeAll(): void {
    for (const { socket } of this.#byChannel.values()) {
      socket?.close(CLOSE_CODES.normal, "the client is gone");
    }
    this.#byChannel.clear();
  }

  /** Pings, finds dead sockets, lets go of what is not used. */
  tick(): void {
    const now = this.#host.clock();
    const { HEARTBEAT_MS, UPSTREAM_IDLE_MS } = this.#settings;
    const patience = MISSED_HEARTBEATS * HEARTBEAT_MS;
    for (const upstream of [...this.#byChannel.values()]) {
      const { socket } = upstream;
      if (socket === undefined) {
        if (now - upstream.connectingAt > patience) this.openFailed(upstream);
      } else if (
        upstream.isIdle(now) &&
        now - upstream.usedAt >= UPSTREAM_IDLE_MS
      ) {
        this.#letGo(upstream);
      } else if (now - upstream.heardAt > patience) {
        // Not 1000: the channel must know that its session will be back.
        socket.close(CLOSE_CODES.heartbeatMissed, "no answer");
        this.closed(upstream, socket, CLOSE_CODES.heartbeatMissed, "");
      } else if (now - upstream.pingedAt >= HEARTBEAT_MS) {
        upstream.pingedAt = now;
        socket.send(HEARTBEAT_PING);
      }
    }
  }

  #isCurrent(upstream: Upstream): boolean {
    return this.#byChannel.get(upstream.channelId) === upstream;
  }

  #connect(upstream: Upstream): void {
    upstream.connectingAt = this.#host.clock();
    this.#budget.called();
    this.#host.open(upstream);
  }

  #reopen(upstream: Upstream): void {
    const backoff = FIRST_RETRY_MS * 2 ** upstream.failures;
    const ms = this.#host.random() * Math.min(backoff, MAX_RETRY_MS);
    upstream.retrying = true;
    this.#host.later(ms, () => {
      upstream.retrying = false;
      const needed = upstream.socket === undefined;
      if (needed && this.#isCurrent(upstream)) this.#connect(upstream);
    });
  }

  #giveUp(upstream: Upstream): void {
    const { channelId } = upstream;
    this.#forget(upstream);
    if (upstream.subscribed) {
      const type = "subscription-lost";
      this.#answer({ type, "channel-id": channelId, reason: "unavailable" });
    }
    this.#endRequests(upstream, [...upstream.requests]);
    const abandoned = upstream.abandon();
    this.#deliver(abandoned.map(({ answer }) => answer));
    this.#host.answered(abandoned.map(({ entry }) => entry));
  }

  /** Lets go of the channel that was used longest ago and is not needed. */
  #makeRoom(): boolean {
    const now = this.#host.clock();
    const all = [...this.#byChannel.values()];
    all.sort((a, b) => a.usedAt - b.usedAt);
    // Rather one too few who may answer than no room for a whole while.
    const oldest =
      all.find((each) => each.isIdle(now)) ?? all.find((each) => each.unused);
    if (oldest === undefined) return false;
    this.#letGo(oldest);
    return true;
  }

  #forget({ channelId, opened }: Upstream): void {
    this.#byChannel.delete(channelId);
    if (opened) this.#former.add(channelId);
  }

  #letGo(upstream: Upstream): void {
    this.#forget(upstream);
    const { socket } = upstream;
    upstream.socket = undefined;
    socket?.close(CLOSE_CODES.normal, "not needed any more");
  }

  /** Takes in what a channel says of the connection. */
  #note(upstream: Upstream, header: UpstreamHeader): void {
    upstream.note(header, this.#host.clock());
    const { resumed } = header;
    if (resumed === undefined) return;
    this.#endRequests(upstream, resumed["unknown-requests"]);
    const { subscription } = resumed;
    if (subscription === null || subscription === "recovered") return;
    const ids = { "channel-id": upstream.channelId };
    if (subscription === "forbidden") {
      this.#answer({ type: "unsubscribed", ...ids, reason: subscription });
    } else {
      this.#answer({ type: "subscription-lost", ...ids, reason: subscription });
    }
  }

  #endRequests(upstream: Upstream, requestIds: readonly string[]): void {
    for (const id of requestIds) {
      // It may have ended meanwhile.
      if (!upstream.requests.delete(id)) continue;
      this.#answer({
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

  #answer(frame: ServerFrame): void {
    this.#deliver([encode(frame).text]);
  }

  /** Hands the client answers of the session's own, which are short. */
  #deliver(answers: readonly string[]): void {
    const bytes = answers.reduce((sum, { length }) => sum + length, 0);
    this.#host.deliver(answers, bytes);
  }
}
