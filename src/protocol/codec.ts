/**
 * Frames to text and back: single objects and arrays, both directions
 * (docs/protocol.md §1).
 *
 * @module
 */
import * as v from "valibot";

import {
  ALIASES,
  type ClientFrame,
  clientFrameSchema,
} from "./client-frames.ts";
import { type Ref, RefSchema } from "./fields.ts";
import {
  DEFAULT_MAX_DEPTH,
  MAX_BATCH_BYTES,
  MAX_BATCH_OBJECTS,
} from "./framing.ts";
import { utf8Length } from "./names.ts";
import type { ErrorReason } from "./reasons.ts";
import {
  isServerFrameType,
  SERVER_FRAMES,
  type ServerFrame,
} from "./server-frames.ts";

/** What one object of an inbound message turned out to be. */
export type Inbound =
  | { kind: "frame"; frame: ClientFrame; original: JsonObject }
  | { kind: "unknown"; ref: Ref | undefined; original: JsonObject }
  | {
      kind: "refused";
      reason: ErrorReason;
      message: string;
      ref: Ref | undefined;
      /** As far as the object had one; never validated. */
      original: JsonObject | undefined;
    };

/** An object as JSON.parse makes it. */
export type JsonObject = { readonly [key: string]: unknown };

/** Text to be sent, with its length in UTF-8 bytes. */
export interface Encoded {
  readonly text: string;
  readonly bytes: number;
}

/**
 * Reads one inbound message of a client.
 *
 * @param maxDepth how deep it may be nested.
 * @returns one entry for every object, in order; a message that is refused
 * whole gives one refusal.
 */
export function decodeClient(
  message: string,
  maxDepth = DEFAULT_MAX_DEPTH,
): Inbound[] {
  const parsed = parseJson(message, maxDepth);
  if (!parsed.ok) return [refusal(parsed.reason, parsed.message)];
  if (!Array.isArray(parsed.value)) return [decodeOne(parsed.value)];
  const { length } = parsed.value;
  if (length < 1 || length > MAX_BATCH_OBJECTS) {
    const rule = `an array must hold 1 to ${MAX_BATCH_OBJECTS} objects`;
    return [refusal("invalid-message", `${rule}, this one holds ${length}`)];
  }
  return parsed.value.map(decodeOne);
}

/**
 * Reads one message of the server: an object or an array of them.
 *
 * @throws {TypeError} when it is not what this protocol version says.
 */
export function decodeServer(message: string): ServerFrame[] {
  const value: unknown = JSON.parse(message);
  return (Array.isArray(value) ? value : [value]).map((object) => {
    const type = isObject(object) ? object.type : undefined;
    if (typeof type !== "string" || !isServerFrameType(type)) {
      throw new TypeError(`not a server frame: ${message.slice(0, 200)}`);
    }
    const result = v.safeParse(SERVER_FRAMES[type], object);
    if (!result.success) throw new TypeError(explain(result.issues[0]));
    return result.output;
  });
}

/** A frame as text, ready to be sent. */
export function encode(frame: ServerFrame): Encoded {
  return encoded(JSON.stringify(frame));
}

/** `text`, with its length. */
export function encoded(text: string): Encoded {
  return { text, bytes: utf8Length(text) };
}

/**
 * Frames for one socket as the messages to send: one each, or, when the
 * client asked for batches, as few as the limits allow.
 */
export function toMessages(
  frames: readonly Encoded[],
  batch: boolean,
): string[] {
  if (!batch) return frames.map(({ text }) => text);
  const messages: string[] = [];
  let start = 0;
  // One for the bracket that opens it, one for what follows each object.
  let bytes = 1;
  for (const [i, frame] of frames.entries()) {
    const full =
      i - start === MAX_BATCH_OBJECTS ||
      bytes + frame.bytes + 1 > MAX_BATCH_BYTES;
    if (i > start && full) {
      messages.push(toArray(frames, start, i));
      start = i;
      bytes = 1;
    }
    bytes += frame.bytes + 1;
  }
  if (start < frames.length) messages.push(toArray(frames, start));
  return messages;
}

/** What is wrong with a value, as a sentence that names the field. */
export function explain(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (path === null) return issue.message;
  const [key] = issue.path?.slice(-1) ?? [];
  // A schema expects a key that is missing by its name in quotes.
  const missing = issue.expected === `"${String(key?.key)}"`;
  return missing ? `\`${path}\` is required` : `\`${path}\` ${issue.message}`;
}

/** Parses JSON from outside; deep nesting is refused before it is parsed. */
export function parseJson(
  text: string,
  maxDepth = DEFAULT_MAX_DEPTH,
):
  | { ok: true; value: unknown }
  | { ok: false; reason: "invalid-json" | "invalid-message"; message: string } {
  if (isTooDeep(text, maxDepth)) {
    const message = `nested more than ${maxDepth} deep, which is the most`;
    return { ok: false, reason: "invalid-message", message };
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, reason: "invalid-json", message: "not valid JSON" };
  }
}

/** Whether `value` is an object and not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `object` without what counts as absent, under the names the schemas use. */
export function normalise(object: JsonObject): JsonObject {
  if (!needsNormalising(object)) return object;
  // Not by assignment: `__proto__` must stay an ordinary key.
  const present = Object.entries(object).filter(
    ([key, value]) => value !== null || key === "data",
  );
  const own = new Set(present.map(([key]) => key));
  return Object.fromEntries(
    present.map(([key, value]) => {
      const name = aliasOf(key);
      return [name !== undefined && !own.has(name) ? name : key, value];
    }),
  );
}

function needsNormalising(object: JsonObject): boolean {
  for (const key in object) {
    if (object[key] === null || aliasOf(key) !== undefined) return true;
  }
  return false;
}

function aliasOf(key: string): string | undefined {
  return Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined;
}

function decodeOne(value: unknown): Inbound {
  if (!isObject(value)) {
    return refusal("invalid-message", "a frame must be a JSON object");
  }
  const object = normalise(value);
  const replyRef = refOf(object);
  if (typeof object.type !== "string") {
    const message = "`type` must be a string";
    return refusal("invalid-message", message, replyRef, value);
  }
  const schema = clientFrameSchema(object.type);
  if (schema === undefined) {
    return { kind: "unknown", ref: replyRef, original: value };
  }
  const result = v.safeParse(schema, object, { abortEarly: true });
  if (!result.success) {
    const message = explain(result.issues[0]);
    return refusal("invalid-message", message, replyRef, value);
  }
  return { kind: "frame", frame: result.output, original: value };
}

function refOf({ ref }: JsonObject): Ref | undefined {
  if (ref === undefined) return undefined;
  const result = v.safeParse(RefSchema, ref);
  return result.success ? result.output : undefined;
}

function refusal(
  reason: ErrorReason,
  message: string,
  ref?: Ref,
  original?: JsonObject,
): Inbound {
  return { kind: "refused", reason, message, ref, original };
}

function toArray(frames: readonly Encoded[], from: number, to?: number) {
  const texts = frames.slice(from, to).map(({ text }) => text);
  // A lone object comes bare.
  return texts.length === 1 ? String(texts[0]) : `[${texts.join(",")}]`;
}

function isTooDeep(text: string, maxDepth: number): boolean {
  // Every level takes two characters: a short text cannot be too deep.
  if (text.length <= maxDepth * 2) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a quote
        i = endOfString(text, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return false;
}

/** Where the string that begins at `start` ends; if nowhere, the text does. */
function endOfString(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let at = end - 1;
    while (text.charCodeAt(at) === 0x5c) at--;
    // Backslashes escape one another first, then the quote.
    if ((end - at) % 2 === 1) return end;
  }
}
