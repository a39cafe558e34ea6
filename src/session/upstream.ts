/**
 * One channel as a session uses it: the socket to the channel's object, the
 * frames that wait in line for it or for its replies, and where the
 * subscription stands.
 *
 * @module
 */
import type {
  ChannelFrame,
  ChannelFrameType,
} from "../protocol/client-frames.ts";
import { encode, MAX_BATCH_OBJECTS } from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import { errorFrame } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import {
  RESUME_START,
  type Resume,
  type UpstreamHeader,
} from "../protocol/upstream.ts";

/** The most frames and characters that wait in line for one channel. */
export const MAX_LINE_FRAMES = 4_096;
export const MAX_LINE_LENGTH = 4_194_304;

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
  /** Whether it was open before, so that the next socket must resume. */
  opened = false;
  subscribed = false;
  epoch = "";
  seq = 0;
  /** Its place in the channel's order of subscription. */
  order = 0;
  /** The client's open requests on this channel. */
  readonly requests = new Set<string>();
  /** In ms: when it was last used, heard of and pinged. */
  usedAt: number;
  heardAt: number;
  pingedAt = 0;
  #line: Entry[] = [];
  #length = 0;

  constructor(channelId: string, now: number) {
    this.channelId = channelId;
    this.usedAt = now;
    this.heardAt = now;
  }

  /** Whether nothing depends on it. */
  get idle(): boolean {
    return (
      !this.subscribed && this.requests.size === 0 && this.#line.length === 0
    );
  }

  /** Whether the line is as long as it may be. */
  get full(): boolean {
    return (
      this.#line.length >= MAX_LINE_FRAMES || this.#length >= MAX_LINE_LENGTH
    );
  }

  /** Whether a subscription stands or is asked for. */
  get claimsSubscription(): boolean {
    return (
      this.subscribed || this.#line.some(({ type }) => type === "subscribe")
    );
  }

  /** Whether frames wait for replies. */
  get waiting(): boolean {
    return this.#line.length > 0;
  }

  /** Takes in what the channel says of the connection. */
  note({
    resumed,
    subscribed,
    epoch,
    seq,
    order,
    opened = [],
    ended = [],
  }: UpstreamHeader): void {
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
    this.#length += entry.raw.length;
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
    for (const { raw } of settled) this.#length -= raw.length;
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
      else entry.answer = encode(unknownOutcome(entry)).text;
    }
  }

  /** Gives everything in line an answer, since the channel is out of reach. */
  abandon(): { entry: Entry; answer: string }[] {
    const line = this.#line;
    this.#line = [];
    this.#length = 0;
    return line.flatMap((entry) => {
      const frame = entry.sent ? unknownOutcome(entry) : unavailable(entry);
      const answer = entry.answer ?? encode(frame).text;
      return entry.type === "ack" && entry.answer === undefined
        ? []
        : [{ entry, answer }];
    });
  }

  /** The first message on a socket that replaces another. */
  resumeMessage(): string {
    const { epoch, seq, order } = this;
    const resume: Omit<Resume, "type"> = {
      subscription: this.subscribed ? { epoch, seq, order } : null,
      requests: [...this.requests],
    };
    return `${RESUME_START},${JSON.stringify(resume).slice(1)}`;
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
    this.#length -= removed?.raw.length ?? 0;
  }
}

/** The answer to a frame that was sent and whose reply will not come. */
export function unknownOutcome({ type, ref, subject }: Entry): ServerFrame {
  const reason = "outcome-unknown";
  const failed = { success: false, reason } as const;
  switch (type) {
    case "subscribe":
      return {
        type: "subscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "unsubscribe":
      return {
        type: "unsubscription-result",
        ref,
        "channel-id": subject,
        ...failed,
      };
    case "publish":
      return { type: "publish-result", ref, "channel-id": subject, ...failed };
    case "rpc-request": {
      const ids = { "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ref, ...ids, delivery: failed };
    }
    case "rpc-response":
      return {
        type: "rpc-response-result",
        ref,
        "request-id": subject,
        ...failed,
      };
    case "rpc-cancel":
      return {
        type: "rpc-cancel-result",
        ref,
        "request-id": subject,
        ...failed,
      };
    case "ack":
      return errorFrame("internal-error", "not acknowledged", ref);
  }
}

/** How long a client should wait before it tries a channel again, in ms. */
const RETRY_AFTER_MS = 1_000;

/** The answer to a frame that could not be sent, so that nothing was done. */
export function unavailable({ type, ref, subject }: Entry): ServerFrame {
  const rest = {
    reason: "rate-limited",
    "retry-after-ms": RETRY_AFTER_MS,
  } as const;
  const failed = { success: false, ...rest } as const;
  switch (type) {
    case "publish":
      return { type: "publish-result", ref, "channel-id": subject, ...failed };
    case "rpc-request": {
      const ids = { "request-id": null, "channel-id": subject };
      return { type: "rpc-request-result", ref, ...ids, delivery: failed };
    }
    case "subscribe":
    case "unsubscribe":
    case "rpc-response":
    case "rpc-cancel":
    case "ack": {
      const message = "the channel cannot take this now";
      return { ...errorFrame("rate-limited", message, ref), ...rest };
    }
  }
}
