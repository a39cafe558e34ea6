/**
 * Fields that several frames share. The messages complete the sentence
 * "`field` …" and say what would be right.
 *
 * @module
 */
import * as v from "valibot";

import { CHANNEL_CONFIG, numberSetting } from "./channel-config.ts";
import { isOwnMessageId, MAX_MESSAGE_ID_LENGTH } from "./names.ts";

const REF_RULE = "must be a string of at most 64 characters or an integer";

/** What a client frame may carry and its direct reply echoes. */
export const RefSchema = v.union(
  [
    v.pipe(v.string(REF_RULE), v.maxLength(64, REF_RULE)),
    v.pipe(v.number(REF_RULE), v.safeInteger(REF_RULE)),
  ],
  REF_RULE,
);
export type Ref = v.InferOutput<typeof RefSchema>;

/** A string, whatever it holds. */
export const text = v.string("must be a string");

/** True or false. */
export const flag = v.boolean("must be true or false");

/** An integer that is not negative. */
export function count(rule = "must be an integer from 0 upwards") {
  return v.pipe(v.number(rule), v.safeInteger(rule), v.minValue(0, rule));
}

/** A page's size, clamped by nobody: a wrong one is refused. */
export function pageLimit(max: number) {
  const rule = `must be an integer from 1 to ${max}`;
  return v.pipe(
    v.number(rule),
    v.safeInteger(rule),
    v.minValue(1, rule),
    v.maxValue(max, rule),
  );
}

/** The id a publisher gives its message. */
export const OwnMessageIdSchema = v.pipe(
  text,
  v.check(
    isOwnMessageId,
    `must be 1 to ${MAX_MESSAGE_ID_LENGTH} characters, not starting with "msg-" or "eph-"`,
  ),
);

/** How long a request may stay open, in milliseconds. */
export const TimeoutSchema = numberSetting(CHANNEL_CONFIG["rpc-timeout-ms"]);

/** Who is asked: every subscriber, or the next of the least busy ones. */
export const DeliverToSchema = v.picklist(
  ["all", "one"],
  'must be "all" or "one"',
);
export type DeliverTo = v.InferOutput<typeof DeliverToSchema>;

/** A place in a channel's numbering. */
export const PositionSchema = v.object(
  { epoch: text, seq: count() },
  'must be an object like {"epoch":"…","seq":41}',
);
export type Position = v.InferOutput<typeof PositionSchema>;
