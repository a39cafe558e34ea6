/**
 * What somebody may do on which channels: the claim `channels` of a token.
 *
 * @module
 */
import * as v from "valibot";

import { isObject, type JsonObject } from "../protocol/codec.ts";
import {
  type Grants,
  GrantsSchema,
  type Operation,
} from "../protocol/operations.ts";
import { allows } from "./grants.ts";

/**
 * Operations by pattern of channel-ids. In a pattern `*` stands for any run of
 * characters, none included; everything else for itself.
 */
export const PolicySchema = v.pipe(
  v.custom<JsonObject>(isObject, "must be an object"),
  // Not a record: `__proto__` is a pattern like any other.
  v.transform((rules) => Object.entries(rules)),
  v.array(v.tuple([v.string(), GrantsSchema])),
);

/** The pattern of every channel. */
const EVERY_CHANNEL = "*";

export class Policy {
  readonly #rules: readonly (readonly [pattern: string, grants: Grants])[];

  constructor(rules: v.InferOutput<typeof PolicySchema>) {
    this.#rules = rules;
  }

  /** A policy of known rules, for what is not a token. */
  static of(rules: Readonly<Record<string, Grants>>): Policy {
    return new Policy(
      Object.entries(rules).map(([pattern, grants]) => [pattern, [...grants]]),
    );
  }

  /** All that any pattern that fits a channel grants on it. */
  on(channelId: string): Grants {
    const granted = this.#rules.flatMap(([pattern, grants]) =>
      matches(pattern, channelId) ? grants : [],
    );
    return [...new Set(granted)];
  }

  /** Whether it is for the whole service: `admin` on every channel. */
  get isAdmin(): boolean {
    return this.#rules.some(
      ([pattern, grants]) =>
        pattern === EVERY_CHANNEL && grants.includes("admin"),
    );
  }

  /** The patterns of the channels on which an operation is granted. */
  patternsFor(operation: Operation): string[] {
    return this.#rules
      .filter(([, grants]) => allows(grants, operation))
      .map(([pattern]) => pattern);
  }
}

/**
 * Whether a channel-id fits a pattern. It takes time that grows with both
 * lengths alone, whatever the pattern.
 */
export function matches(pattern: string, id: string): boolean {
  const [start = "", ...parts] = pattern.split("*");
  const end = parts.pop();
  if (end === undefined) return pattern === id;
  const stop = id.length - end.length;
  if (stop < start.length || !id.startsWith(start) || !id.endsWith(end)) {
    return false;
  }
  let at = start.length;
  for (const part of parts) {
    const found = id.indexOf(part, at);
    if (found < 0 || found + part.length > stop) return false;
    at = found + part.length;
  }
  return true;
}

/** What all ids begin with that fit one of the patterns. */
export function commonStart(patterns: readonly string[]): string {
  const starts = patterns.map((pattern) => pattern.split("*", 1)[0] ?? "");
  return starts.reduce(shared, starts[0] ?? "");
}

function shared(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
