/**
 * One channel as a session uses it: the socket to the channel's object, the
 * frames that wait in line for it or for its replies, and where the
 * subscription stands.
 *
 * @module
 */
import { sameGrants } from "../access/grants.ts";
import type { Settings } from "../config.ts";
import { CHANNEL_CONFIG } from "../protocol/channel-config.ts";
import type {
  ChannelFrame,
  ChannelFrameType,
} from "../protocol/client-frames.ts";
import { encode } from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import { MAX_BATCH_OBJECTS } from "../protocol/framing.ts";
import type { Grants } from "../protocol/operations.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import {
  encodeSessionMessage,
  type UpstreamHeader,
} from "../protocol/upstream.ts";
import type { Counters } from "../telemetry/counters.ts";
import { countRefusal, unavailable, unknownOutcome } from "./refusals.ts";

/** No request stays open for longer. */
const MAX_TIMEOUT_MS = CHANNEL_CONFIG["rpc-timeout-ms"].max;

/** How much waits in all the lines of one session. */
export class LineSpace {
  /** In characters. */
  used = 0;
}

/** What a session needs of the socket to a channel. */
export interface UpstreamSocket {
  send(message: string): void;
  close(code: number, reason: string): void;
}

/** A frame that waits to be sent or answered. */
export interface Entry {
  readonly type: ChannelFrameType;
  readonly ref: Ref | undefined;
  /** The channel or, for `rpc-response` and `rpc-cancel`, the request. */
  readonly subject: string;
  /** The frame as the client sent it. */
  readonly raw: string;
  /** Whether sending it twice does what sending it once does. */
  readonly repeatable: boolean;
  sent: boolean;
  /** The session's own answer, which waits for its turn. */
  answer: string | undefined;
}

/** A frame in line. */
export function entryOf(
  frame: ChannelFrame,
  subject: string,
  raw: string,
): Entry {
  const repeatable =
    frame.type === "subscribe" ||
    frame.type === "unsubscribe" ||
    (frame.type === "publish" && frame["message-id"] !== undefined);
  const { type, ref } = frame;
  const rest = { repeatable, sent: false, answer: undefined };
  return { type, ref, subject, raw, ...rest };
}

/** An answer of the session's own that must not overtake replies. */
export function localAnswer(answer: string): Entry {
  return {
    type: "ack",
    ref: undefined,
    subject: "",
    raw: "",
    repeatable: false,
    sent: true,
    answer,
  };
}

export class Upstream {
  readonly channelId: string;
  socket: UpstreamSocket | undefined;
  /** Openings that failed in a row. */
  failures = 0;
  /** Whether another opening is about to begin. */
  retrying = false;
  /** Whether it was open before, so that the next socket must resume. */
  opened = false;
  /** What the client may do there. */
  grants: Grants;
  /** What the channel was last told of that. */
  #toldGrants: Grants;
  subscribed = false;
  epoch = "";
  seq = 0;
  /** Its place in the channel's order of subscription. */
  order = 0;
  /** The client's open requests on this channel. */
  readonly requests = new Set<string>();
  /** In ms: when it was last used, asked for, heard of and pinged. */
  usedAt: number;
  connectingAt: number;
  heardAt: number;
  pingedAt = 0;
  /** Who merely unsubscribed may still answer what it was asked, in ms. */
  #mayAnswerUntil = 0;
  #line: Entry[] = [];
  /** How many of the line are subscribes. */
  #subscribes = 0;
  readonly #space: LineSpace;
  readonly #settings: Settings;
  readonly #counters: Counters;

  /** @param now in ms. */
  constructor(
    channelId: string,
    now: number,
    {
      grants,
      space,
      settings,
      counters,
    }: {
      readonly grants: Grants;
      readonly space: LineSpace;
      readonly settings: Settings;
      readonly counters: Counters;
    },
  ) {
    this.channelId = channelId;
    this.grants = grants;
    this.#toldGrants = grants;
    this.#settings = settings;
    this.#counters = counters;
    this.usedAt = now;
    this.heardAt = now;
    this.connectingAt = now;
    this.#space = space;
  }

  /** Whether nothing depends on it but an answer that it may yet give. */
  get unused(): boolean {
    return (
      !this.subscribed && this.requests.size === 0 && this.#line.length === 0
    );
  }

  /** Whether nothing at all depends on it; `now` in ms. */
  isIdle(now: number): boolean {
    return this.unused && now >= this.#mayAnswerUntil;
  }

  /** Whether the line is as long as it may be. */
  get full(): boolean {
    return (
      this.#line.length >= this.#settings.MAX_QUEUED_FRAMES ||
      this.#space.used >= this.#settings.MAX_QUEUED_BYTES
    );
  }

  /** Whether not even refusals have a place in line any more. */
  get flooded(): boolean {
    return this.#line.length >= 2 * this.#settings.MAX_QUEUED_FRAMES;
  }

  /** Whether a subscription stands or is asked for. */
  get claimsSubscription(): boolean {
    return this.subscribed || this.#subscribes > 0;
  }

  /** Whether frames wait for replies. */
  get waiting(): boolean {
    return this.#line.length > 0;
  }

  /** Takes in what the channel says of the connection; `now` in ms. */
  note(header: UpstreamHeader, now: number): void {
    const { resumed, subscribed, epoch, seq, order } = header;
    const { opened = [], ended = [] } = header;
    this.usedAt = now;
    if (this.subscribed) this.#mayAnswerUntil = now + MAX_TIMEOUT_MS;
    if (resumed !== undefined) {
      const { subscription } = resumed;
      this.subscribed = subscription === "recovered" || subscription === "gap";
    }
    this.subscribed = subscribed ?? this.subscribed;
    this.epoch = epoch ?? this.epoch;
    this.seq = seq ?? this.seq;
    this.order = order ?? this.order;
    for (const id of opened) this.requests.add(id);
    for (const id of ended) this.requests.delete(id);
  }

  push(entry: Entry): void {
    this.#line.push(entry);
    this.#count(entry, 1);
  }

  /**
   * Sends what can be sent, in order. An answer of the session's own holds
   * back what stands behind it until everything before it is answered.
   *
   * @returns the session's own answers whose turn has come.
   */
  advance(): string[] {
    const answers: string[] = [];
    const batch: string[] = [];
    for (let i = 0; i < this.#line.length; ) {
      const entry = this.#line[i];
      if (entry === undefined) break;
      if (entry.answer !== undefined) {
        if (i > 0) break;
        answers.push(entry.answer);
        this.#remove(0);
        continue;
      }
      if (!entry.sent) {
        if (this.socket === undefined) break;
        entry.sent = true;
        batch.push(entry.raw);
        // It gets no reply: nothing is waited for.
        if (entry.type === "ack") {
          this.#remove(i);
          continue;
        }
      }
      i++;
    }
    this.#send(batch);
    return answers;
  }

  /** Takes those out of the line that the next replies have answered. */
  settle(replies: number): Entry[] {
    const settled = this.#line.slice(0, replies);
    for (const entry of settled) this.#count(entry, -1);
    this.#line.splice(0, replies);
    return settled;
  }

  /**
   * Notes that the socket is gone. What may be sent again will be; the outcome
   * of the rest is unknown.
   */
  broken(): void {
    this.socket = undefined;
    for (const entry of this.#line) {
      if (!entry.sent || entry.answer !== undefined) continue;
      if (entry.repeatable) entry.sent = false;
      else entry.answer = this.#refuse(unknownOutcome(entry));
    }
  }

  /** Gives everything in line an answer, since the channel is out of reach. */
  abandon(): { entry: Entry; answer: string }[] {
    const line = this.#line;
    this.#line = [];
    for (const entry of line) this.#count(entry, -1);
    return line.flatMap((entry) => {
      const frame = entry.sent ? unknownOutcome(entry) : unavailable(entry);
      const answer = entry.answer ?? this.#refuse(frame);
      return entry.type === "ack" && entry.answer === undefined
        ? []
        : [{ entry, answer }];
    });
  }

  /** The first message on a socket that replaces another. */
  resumeMessage(): string {
    const { epoch, seq, order } = this;
    return encodeSessionMessage({
      type: "$resume",
      subscription: this.subscribed ? { epoch, seq, order } : null,
      requests: [...this.requests],
    });
  }

  /** Notes what the channel heard is granted, as the socket was opened. */
  wasTold(grants: Grants): void {
    this.#toldGrants = grants;
  }

  /** Tells the channel what is granted, if it heard something else. */
  tellGrants(): void {
    if (this.socket === undefined) return;
    if (sameGrants(this.grants, this.#toldGrants)) return;
    const grants = [...this.grants];
    this.#toldGrants = grants;
    this.socket.send(encodeSessionMessage({ type: "$grants", grants }));
  }

  #refuse(answer: ServerFrame): string {
    countRefusal(this.#counters, answer);
    return encode(answer).text;
  }

  #send(batch: string[]): void {
    for (let i = 0; i < batch.length; i += MAX_BATCH_OBJECTS) {
      const part = batch.slice(i, i + MAX_BATCH_OBJECTS);
      const message = part.length === 1 ? part[0] : `[${part.join(",")}]`;
      this.socket?.send(String(message));
    }
  }

  #remove(at: number): void {
    const [removed] = this.#line.splice(at, 1);
    if (removed !== undefined) this.#count(removed, -1);
  }

  #count({ type, raw }: Entry, sign: 1 | -1): void {
    this.#space.used += sign * raw.length;
    if (type === "subscribe") this.#subscribes += sign;
  }
}
