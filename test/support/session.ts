/**
 * A session with everything but the platform: a client, channels that are
 * played by the test, a clock that stands still, and timers that wait to be
 * run.
 *
 * @module
 */
import { expect } from "vitest";

import { ANYBODY, type Principal } from "../../src/access/principal.ts";
import type { Variables } from "../../src/config.ts";
import type { ClientFrameOf } from "../../src/protocol/client-frames.ts";
import type { Grants } from "../../src/protocol/operations.ts";
import type {
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../../src/protocol/server-frames.ts";
import {
  encodeUpstream,
  type UpstreamHeader,
} from "../../src/protocol/upstream.ts";
import { Session, type SessionHost } from "../../src/session/session.ts";
import type { Upstream, UpstreamSocket } from "../../src/session/upstream.ts";
import { Counters } from "../../src/telemetry/counters.ts";
import { Telemetry } from "../../src/telemetry/sink.ts";
import { Inbox } from "./frames.ts";
import { settings } from "./settings.ts";

/** One opening of a channel, as the channel sees it. */
export class TestUpstream implements UpstreamSocket {
  readonly #session: Session;
  readonly #upstream: Upstream;
  /** Messages as they came. */
  readonly raw: string[] = [];
  closed: { code: number; reason: string } | undefined;
  #read = 0;

  constructor(session: Session, upstream: Upstream) {
    this.#session = session;
    this.#upstream = upstream;
  }

  send(message: string): void {
    if (this.closed !== undefined) throw new Error("the socket is closed");
    this.raw.push(message);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  /** The frames that came since this was last called, arrays taken apart. */
  receives(): Record<string, unknown>[] {
    const fresh = this.raw.slice(this.#read);
    this.#read = this.raw.length;
    return fresh.flatMap((message) => JSON.parse(message));
  }

  /** The frames with their types and refs alone. */
  receivesRefs(): unknown[] {
    return this.receives().map(({ type, ref }) => ref ?? type);
  }

  /** Sends the session frames, with what the header should say. */
  says(header: UpstreamHeader, ...frames: object[]): void {
    const messages = frames.map((frame) => JSON.stringify(frame));
    const bytes = messages.join("").length;
    const message = encodeUpstream({ bytes, ...header }, messages);
    this.#session.upstreamMessage(this.#upstream, this, message);
  }

  /** Sends replies to the next frames in line. */
  replies(...frames: object[]): void {
    this.says({ replies: frames.length }, ...frames);
  }

  /** Answers a heartbeat, which comes without a header. */
  pongs(): void {
    const pong = '{"type":"pong"}';
    this.#session.upstreamMessage(this.#upstream, this, pong);
  }

  /** The socket is gone. */
  breaks(code = 1006, reason = ""): void {
    this.closed ??= { code, reason };
    this.#session.upstreamClosed(this.#upstream, this, code, reason);
  }
}

export class TestSession {
  now = 1_700_000_000_000;
  readonly session: Session;
  /** Openings that wait to be accepted or refused. */
  readonly opening: { upstream: Upstream; grants: Grants }[] = [];
  /** Every channel that was asked for, in order. */
  readonly opens: string[] = [];
  readonly timers: { ms: number; callback: () => void }[] = [];
  readonly listings: ClientFrameOf<"list-channels">[] = [];
  /** Tokens that wait to be looked at. */
  readonly renewals: ClientFrameOf<"authenticate">[] = [];
  /** What the isolate counts. */
  readonly counters = new Counters();
  closed: { code: number; reason: string } | undefined;
  /** What the client was sent, as it was sent. */
  readonly raw: string[] = [];
  readonly #inbox = new Inbox();

  constructor(variables: Variables = {}, principal: Principal = ANYBODY) {
    const host: SessionHost = {
      send: (message) => {
        if (this.closed !== undefined) throw new Error("the socket is closed");
        this.raw.push(message);
        this.#inbox.add(message);
      },
      close: (code, reason) => {
        this.closed ??= { code, reason };
      },
      open: (upstream) => {
        this.opening.push({ upstream, grants: upstream.grants });
        this.opens.push(upstream.channelId);
      },
      later: (ms, callback) => void this.timers.push({ ms, callback }),
      listChannels: (frame) => void this.listings.push(frame),
      renew: (frame) => void this.renewals.push(frame),
      counters: this.counters,
      clock: () => this.now,
      random: () => 0.5,
    };
    this.session = new Session(
      { connId: "conn-1", principal },
      settings(variables),
      new Telemetry("off"),
      host,
    );
  }

  /** The client sends frames, each on its own. */
  sends(...frames: object[]): void {
    for (const frame of frames) this.session.receive(JSON.stringify(frame));
  }

  sendsText(text: string): void {
    this.session.receive(text);
  }

  receives<T extends ServerFrameType>(type: T): ServerFrameOf<T> {
    return this.#inbox.next(type);
  }

  receivesNothing(): void {
    expect(this.#inbox.rest()).toEqual([]);
  }

  drain(): ServerFrame[] {
    return this.#inbox.rest();
  }

  /** The next opening succeeds. */
  accepts(): TestUpstream {
    const { upstream, grants } = this.#nextOpening();
    const socket = new TestUpstream(this.session, upstream);
    this.session.opened(upstream, socket, grants);
    return socket;
  }

  /** The next opening fails. */
  refuses(): void {
    this.session.openFailed(this.#nextOpening().upstream);
  }

  /** The timers come that wait now. */
  timersCome(): void {
    for (const { callback } of this.timers.splice(0)) callback();
  }

  /** The channel fails as often as it takes to give it up. */
  losesForGood(): void {
    for (let i = 0; this.opening.length > 0 || this.timers.length > 0; i++) {
      if (i > 100) throw new Error("the session never gives up");
      if (this.opening.length > 0) this.refuses();
      this.timersCome();
    }
  }

  /** Time passes, and the host looks at it twice a heartbeat. */
  ticksAfter(ms: number): void {
    this.now += ms;
    this.session.tick();
  }

  /** A client that is subscribed to a channel, with nothing unread. */
  subscribes(channelId: string): TestUpstream {
    this.sends({ type: "subscribe", "channel-id": channelId });
    const channel = this.accepts();
    channel.receives();
    channel.says(
      { replies: 1, subscribed: true, epoch: "e1", seq: 5, order: 3 },
      subscribed(channelId),
    );
    this.receives("subscription-result");
    return channel;
  }

  #nextOpening(): { upstream: Upstream; grants: Grants } {
    const upstream = this.opening.shift();
    if (upstream === undefined) throw new Error("no channel was asked for");
    return upstream;
  }
}

/** What a channel answers a subscribe. */
export function subscribed(channelId: string, ref?: string): object {
  return {
    type: "subscription-result",
    ...(ref === undefined ? {} : { ref }),
    "channel-id": channelId,
    success: true,
  };
}

/** What a channel answers a publish. */
export function published(channelId: string, ref: string): object {
  return {
    type: "publish-result",
    ref,
    "channel-id": channelId,
    success: true,
  };
}

/** What a channel answers a request. */
export function requested(channelId: string, requestId: string): object {
  return {
    type: "rpc-request-result",
    "request-id": requestId,
    "channel-id": channelId,
    delivery: { success: true, "delivered-to": 1, subscribers: ["s"] },
  };
}

export function message(channelId: string, seq: number): object {
  return {
    type: "channel-message",
    "channel-id": channelId,
    data: seq,
    "message-id": `msg-${seq}`,
    seq,
    "published-at": 1,
    "broadcast-time": 1,
    "sender-conn-id": null,
    "sender-user-id": null,
  };
}
