/**
 * Server-sent events: what goes over the wire of `GET /channels/:id/events`
 * (docs/protocol.md §6), in the format of the HTML standard.
 *
 * @module
 */
import * as v from "valibot";

import { type Position, text } from "./fields.ts";
import type { EventsEndReason } from "./reasons.ts";

/** The media type of an event stream. */
export const EVENT_STREAM_TYPE = "text/event-stream";

/** Sent while nothing else is: it keeps proxies from closing the stream. */
export const COMMENT = ":\n\n";

/** When readers come back, in ms; each is told another time in between. */
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 3_000;

/**
 * The id of an `end`. An EventSource comes back whatever it was told, but
 * names the last id: by this one the server knows that it should not.
 */
export const END_ID = "end";

const ID_RULE = 'must be an id of this stream, like "zAxRgJqW2vZ7nNKs:41"';

/** An id, which stands for the position after the message that has it. */
export const EventIdSchema = v.pipe(text, v.regex(/:\d{1,15}$/, ID_RULE));

/** The position that an id stands for. */
export function positionOf(id: string): Position {
  const at = id.lastIndexOf(":");
  return { epoch: id.slice(0, at), seq: Number(id.slice(at + 1)) };
}

/** A position as an id. */
export function eventId({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}

/** How a stream starts. `random` is from 0 to 1. */
export function retryField(random: number): string {
  const spread = random * (MAX_RETRY_MS - MIN_RETRY_MS);
  return `retry: ${Math.floor(MIN_RETRY_MS + spread)}\n\n`;
}

/** Says where the stream stands; a reader keeps it and sees no event. */
export function positionField(position: Position): string {
  return `id: ${eventId(position)}\n\n`;
}

/**
 * A message.
 *
 * @param json the frame as one line of JSON.
 * @param position absent for an ephemeral one, which cannot be missed.
 */
export function messageEvent(json: string, position?: Position): string {
  const id = position === undefined ? "" : `id: ${eventId(position)}\n`;
  return `${id}data: ${json}\n\n`;
}

/**
 * Tells that messages were missed that the channel holds no more.
 *
 * @param since up to where everything was handed over.
 * @param position after which message it goes on.
 */
export function gapEvent(since: Position, position: Position): string {
  const data = JSON.stringify({ since, position });
  return `event: gap\nid: ${eventId(position)}\ndata: ${data}\n\n`;
}

/** Tells that it is over for good. */
export function endEvent(reason: EventsEndReason): string {
  return `event: end\nid: ${END_ID}\ndata: ${JSON.stringify({ reason })}\n\n`;
}
