/**
 * What stands on the command line, by its form.
 *
 * @module
 */
import * as v from "valibot";

import { type Position, TimeoutSchema } from "../src/protocol/fields.ts";
import { CHANNEL_ID_RULE, isChannelId } from "../src/protocol/names.ts";
import { UsageError } from "./exit.ts";

/** A channel-id. */
export const ChannelIdSchema = v.pipe(
  v.string(),
  v.check(isChannelId, `names no channel: ${CHANNEL_ID_RULE}`),
);

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const rule =
    max === Number.MAX_SAFE_INTEGER
      ? `must be a whole number from ${min} upwards`
      : `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, rule),
    v.transform(Number),
    v.minValue(min, rule),
    v.maxValue(max, rule),
  );
}

/** How long a request stays open, in ms. */
export const TimeoutTextSchema = v.pipe(
  v.string(),
  v.transform((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN)),
  TimeoutSchema,
);

const POSITION_RULE =
  "must be what `sub` printed when it ended, like c8iFd2EJjxBjiizJ:41";

/** A place in a channel's numbering, as `epoch:seq`. */
export const PositionTextSchema = v.pipe(
  v.string(),
  v.regex(/^[^:]+:\d{1,15}$/, POSITION_RULE),
  v.transform((text): Position => {
    const at = text.indexOf(":");
    return { epoch: text.slice(0, at), seq: Number(text.slice(at + 1)) };
  }),
);

/** What `PositionTextSchema` reads. */
export function positionText({ epoch, seq }: Position): string {
  return `${epoch}:${seq}`;
}

/**
 * Some of a channel's configuration: JSON, or `key=value` pairs with commas or
 * blanks between them. Whether there is such a key, the service knows.
 */
export const ConfigTextSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): unknown => {
    const text = dataset.value.trim();
    if (text.startsWith("{")) {
      try {
        return JSON.parse(text);
      } catch {
        addIssue({ message: "is not JSON" });
        return NEVER;
      }
    }
    const pairs = text.split(/[\s,]+/).filter((pair) => pair !== "");
    const wrong = pairs.find((pair) => !/^[\w-]+=.+$/.test(pair));
    if (wrong !== undefined) {
      addIssue({
        message: `must be like message-retention=50,max-subscribers=20, or JSON, not ${JSON.stringify(wrong)}`,
      });
      return NEVER;
    }
    const entries = pairs.map((pair) => {
      const at = pair.indexOf("=");
      const value = pair.slice(at + 1);
      const number = Number(value);
      return [pair.slice(0, at), Number.isNaN(number) ? value : number];
    });
    return Object.fromEntries(entries);
  }),
);

/**
 * The data that a text stands for.
 *
 * @param where it stands, where the command line is not the place.
 * @throws {UsageError} that says how to quote.
 */
export function parseData(
  text: string,
  isText: boolean,
  where?: string,
): unknown {
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (where !== undefined) {
      const hint = "with --text it is sent as plain text";
      throw new UsageError(`${where} is not JSON (${why})`, hint);
    }
    throw new UsageError(
      `what is to be sent is not JSON (${why})`,
      `with --text it is sent as plain text, else quote it for the shell: '{"text":"hello"}' or '"hello"'`,
    );
  }
}
