/**
 * One subscription as an event stream: what each frame of its session becomes
 * (docs/protocol.md §6). It knows no platform.
 *
 * @module
 */
import * as v from "valibot";

import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { decodeServer } from "../protocol/codec.ts";
import {
  endEvent,
  gapEvent,
  messageEvent,
  positionField,
} from "../protocol/event-stream.ts";
import type { Position } from "../protocol/fields.ts";
import type { Operation } from "../protocol/operations.ts";
import {
  CLOSE_CODES,
  EVENTS_END_REASONS,
  type EventsEndReason,
  type SubscribeReason,
} from "../protocol/reasons.ts";
import type {
  ChannelMessage,
  ServerFrame,
  ServerFrameOf,
} from "../protocol/server-frames.ts";

/** What is to be subscribed to. */
export interface Subscribing {
  readonly channelId: string;
  readonly since: Position | undefined;
  readonly retainedLimit: number | undefined;
}

/** Some text of the stream. */
export interface EventText {
  readonly text: string;
  /** The number up to which everything has been said with it, if it says so. */
  readonly seq?: number;
}

/** Why there is no stream. */
export interface Refusal {
  readonly reason:
    | SubscribeReason
    | EventsEndReason
    | "unavailable"
    | "token-expired";
  /** Which operation is `forbidden`. */
  readonly operation?: Operation | undefined;
}

/** What is to be done about a frame. */
export type Step =
  | { kind: "says"; events: readonly EventText[] }
  /** The session is to be sent a frame. */
  | { kind: "asks"; frame: ClientFrameOf<"subscribe"> }
  /** Only before anything was said. */
  | { kind: "refused"; refusal: Refusal }
  /** The stream ends, after these words. */
  | { kind: "ends"; events: readonly EventText[] };

const EndReasonSchema = v.picklist(EVENTS_END_REASONS);

export class EventFeed {
  readonly #channelId: string;
  readonly #retainedLimit: number | undefined;
  /** Up to where everything was said, or is known to the reader. */
  #position: Position | undefined;
  #started = false;
  /** Whether numbers mean something: not from a gap to the next result. */
  #placed = false;

  constructor({ channelId, since, retainedLimit }: Subscribing) {
    this.#channelId = channelId;
    this.#position = since;
    this.#retainedLimit = retainedLimit;
  }

  /** The frame that subscribes, from where the stream stands. */
  get subscribe(): ClientFrameOf<"subscribe"> {
    return {
      type: "subscribe",
      "channel-id": this.#channelId,
      since: this.#position,
      "retained-limit": this.#retainedLimit,
    };
  }

  /** Takes a message of the session, which holds one frame. */
  take(message: string): Step {
    const [frame] = decodeServer(message);
    return frame === undefined ? NOTHING : this.#step(frame, message);
  }

  /** The session has ended from its side. */
  closed(code: number, closeReason: string): Step {
    const [reason] = closeReason.split(":", 1);
    if (code === CLOSE_CODES.policy && v.is(EndReasonSchema, reason)) {
      return this.#ends(reason);
    }
    const isExpired = code === CLOSE_CODES.tokenExpired;
    return this.#breaksOff(isExpired ? "token-expired" : "unavailable");
  }

  #step(frame: ServerFrame, json: string): Step {
    switch (frame.type) {
      case "subscription-result":
        return this.#subscribed(frame);
      case "channel-message":
        return this.#says(frame, json);
      case "channel-deleted":
        return this.#ends("channel-deleted");
      case "unsubscribed":
        return this.#ends(frame.reason);
      case "subscription-lost":
        return this.#lost(frame);
      case "error":
        return this.#breaksOff("unavailable");
      default:
        return NOTHING;
    }
  }

  #subscribed(result: ServerFrameOf<"subscription-result">): Step {
    const { success, epoch, seq, recovered } = result;
    if (!success || epoch === undefined || seq === undefined) {
      return this.#refused(result);
    }
    const since = this.#position;
    const { "retained-messages": messages = [] } = result;
    const before = (messages[0]?.seq ?? seq + 1) - 1;
    this.#position = { epoch, seq: before };
    this.#started = true;
    this.#placed = true;
    const isGap = since !== undefined && recovered === false;
    const text = isGap
      ? gapEvent(since, this.#position)
      : positionField(this.#position);
    const events = messages.map((each) =>
      this.#toText(each, JSON.stringify(each)),
    );
    return { kind: "says", events: [{ text, seq: before }, ...events] };
  }

  #refused({
    reason = "outcome-unknown",
    operation,
  }: ServerFrameOf<"subscription-result">): Step {
    if (!this.#started) {
      return { kind: "refused", refusal: { reason, operation } };
    }
    if (v.is(EndReasonSchema, reason)) return this.#ends(reason);
    return this.#breaksOff("unavailable");
  }

  #says(message: ChannelMessage, json: string): Step {
    // What comes now stands before the position that the next result names.
    if (!this.#placed) return NOTHING;
    return { kind: "says", events: [this.#toText(message, json)] };
  }

  #toText({ seq }: ChannelMessage, json: string): EventText {
    if (seq === undefined) return { text: messageEvent(json) };
    this.#position = { epoch: this.#position?.epoch ?? "", seq };
    return { text: messageEvent(json, this.#position), seq };
  }

  #lost({ reason }: ServerFrameOf<"subscription-lost">): Step {
    switch (reason) {
      case "gap":
        // Subscribing again tells the position, which may be in another epoch.
        this.#placed = false;
        return { kind: "asks", frame: this.subscribe };
      case "channel-not-found":
        return this.#ends(reason);
      case "max-subscribers-reached":
      case "unavailable":
        return this.#breaksOff(reason);
    }
  }

  /** For good, which the reader is told. */
  #ends(reason: EventsEndReason): Step {
    if (!this.#started) return { kind: "refused", refusal: { reason } };
    return { kind: "ends", events: [{ text: endEvent(reason) }] };
  }

  /** For now: who comes back goes on, or is told why not. */
  #breaksOff(reason: Refusal["reason"]): Step {
    if (this.#started) return { kind: "ends", events: [] };
    return { kind: "refused", refusal: { reason } };
  }
}

const NOTHING: Step = { kind: "says", events: [] };
