/**
 * What comes in over HTTP, validated: bodies, queries, path parts. Each
 * function answers the value, or the refusal to send.
 *
 * @module
 */
import * as v from "valibot";

import { explain, isObject, normalise, parseJson } from "../protocol/codec.ts";
import { CHANNEL_ID_RULE, isChannelId } from "../protocol/names.ts";
import type { HttpReason } from "../protocol/reasons.ts";
import { failure } from "./responses.ts";

/** The longest user-id: the `sub` of a token. */
const MAX_USER_ID_LENGTH = 200;

/** A value, or the answer that refuses it. */
export type Input<T> =
  | { ok: true; value: T }
  | { ok: false; response: Response };

/** The channel-id in a path, which is percent-encoded. */
export function readChannelId(part: string | undefined): Input<string> {
  let id = "";
  try {
    id = decodeURIComponent(part ?? "");
  } catch {
    const message = "the channel-id in the path is not valid percent-encoding";
    return refused("invalid-channel-id", message);
  }
  return isChannelId(id)
    ? { ok: true, value: id }
    : refused("invalid-channel-id", CHANNEL_ID_RULE);
}

/** The user-id in a path, which is percent-encoded. */
export function readUserId(part: string | undefined): Input<string> {
  let id = "";
  try {
    id = decodeURIComponent(part ?? "");
  } catch {
    const message = "the user-id in the path is not valid percent-encoding";
    return refused("invalid-user-id", message);
  }
  const isPossible = id.length > 0 && id.length <= MAX_USER_ID_LENGTH;
  if (isPossible && id.isWellFormed()) return { ok: true, value: id };
  const rule = `a user-id is 1 to ${MAX_USER_ID_LENGTH} characters`;
  return refused("invalid-user-id", rule);
}

/**
 * A JSON body.
 *
 * @param reason what a body of the wrong form is refused with.
 * @param maxBytes a longer body is not read to its end.
 * @param whenEmpty what an empty body stands for.
 */
export async function readBody<T>(
  request: Request,
  schema: v.GenericSchema<unknown, T>,
  reason: HttpReason,
  maxBytes: number,
  whenEmpty = "",
): Promise<Input<T>> {
  const text = await readText(request, maxBytes);
  if (text === undefined) {
    const message = `the body must be at most ${maxBytes} bytes`;
    return refused("payload-too-large", message);
  }
  const parsed = parseJson(text === "" ? whenEmpty : text);
  if (!parsed.ok) {
    const message = `the body is ${parsed.message}`;
    return refused(
      "invalid-json",
      parsed.reason === "invalid-json" ? message : parsed.message,
    );
  }
  const { value } = parsed;
  if (!isObject(value))
    return refused(reason, "the body must be a JSON object");
  return validate(normalise(value), schema, reason);
}

/** The query of a URL; a key given twice counts as its first. */
export function readQuery<T>(
  url: string,
  schema: v.GenericSchema<unknown, T>,
): Input<T> {
  const given = [...new URL(url).searchParams].reverse();
  return validate(Object.fromEntries(given), schema, "invalid-query");
}

/** A header, or undefined where there is none. */
export function readHeader<T>(
  { headers }: Request,
  name: string,
  schema: v.GenericSchema<unknown, T>,
  reason: HttpReason,
): Input<T | undefined> {
  const given = headers.get(name);
  if (given === null) return { ok: true, value: undefined };
  const result = v.safeParse(schema, given);
  if (result.success) return { ok: true, value: result.output };
  return refused(reason, `the header ${name} ${explain(result.issues[0])}`);
}

/** A schema for a number in a query. */
export function fromText<T>(schema: v.GenericSchema<number, T>) {
  return v.pipe(
    v.string(),
    v.transform((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN)),
    schema,
  );
}

function validate<T>(
  value: unknown,
  schema: v.GenericSchema<unknown, T>,
  reason: HttpReason,
): Input<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { ok: true, value: result.output };
  return refused(reason, explain(result.issues[0]));
}

function refused(reason: HttpReason, message: string): Input<never> {
  return { ok: false, response: failure(reason, message) };
}

/** The body as text, or undefined when it is too long. */
async function readText(
  request: Request,
  maxBytes: number,
): Promise<string | undefined> {
  if (request.body === null) return "";
  const reader = request.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
