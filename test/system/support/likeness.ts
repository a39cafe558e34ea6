/**
 * Whether an answer is like an example: equal, but for what differs each time.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";

/** Times, and what is measured in them. */
const TIMES: ReadonlySet<string> = new Set([
  "server-time",
  "timestamp",
  "created-at",
  "published-at",
  "broadcast-time",
  "expires-at",
  "uptime-ms",
  "messages-per-second",
]);

/** Names that the server makes up: the same one stays the same. */
const NAMES: ReadonlySet<string> = new Set([
  "conn-id",
  "sender-conn-id",
  "responder-conn-id",
  "subscribers",
  "request-id",
  "epoch",
]);

/** Objects whose keys are no fields but names. */
const MAPS: ReadonlySet<string> = new Set(["channels", "events"]);

/** Compares what came with examples, and fills in what is to be sent. */
export class Likeness {
  /** Names of the examples, and what they are called in truth. */
  readonly #names = new Map<string, string>();
  readonly #figures: boolean;

  /** @param figures whether numbers differ each time. */
  constructor(figures = false) {
    this.#figures = figures;
  }

  /** Takes note of a name. */
  learn(example: string, actual: string): void {
    this.#names.set(example, actual);
  }

  /** An example with the names of this time in place of its own. */
  fill<T>(example: T): T {
    const text = JSON.stringify(example, (_, value) =>
      typeof value === "string" ? (this.#names.get(value) ?? value) : value,
    );
    return JSON.parse(text);
  }

  /** Where something is not like its example; none: an empty list. */
  differences(example: unknown, actual: unknown, at = "", key = ""): string[] {
    if (typeof example === "number" && typeof actual === "number") {
      const differs = TIMES.has(key) || this.#figures;
      return differs || example === actual ? [] : [said(at, example, actual)];
    }
    if (typeof example === "string" && typeof actual === "string") {
      if (!NAMES.has(key)) {
        return example === actual ? [] : [said(at, example, actual)];
      }
      const known = this.#names.get(example);
      if (known === undefined) this.#names.set(example, actual);
      return (known ?? actual) === actual ? [] : [said(at, known, actual)];
    }
    if (Array.isArray(example) && Array.isArray(actual)) {
      if (example.length !== actual.length) return [said(at, example, actual)];
      return example.flatMap((each, i) =>
        this.differences(each, actual[i], `${at}/${i}`, key),
      );
    }
    if (isObject(example) && isObject(actual)) {
      const given = Object.keys(example);
      const others = Object.keys(actual).filter((each) => !(each in example));
      const extra = MAPS.has(key) ? [] : others;
      return [
        ...extra.map((each) => `${at}/${each} is not in the example`),
        ...given.flatMap((each) =>
          this.differences(example[each], actual[each], `${at}/${each}`, each),
        ),
      ];
    }
    // Before the first request there is no latency.
    if (this.#figures && /latency-ms/.test(at) && actual === null) return [];
    return isDeepStrictEqual(example, actual)
      ? []
      : [said(at, example, actual)];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function said(at: string, example: unknown, actual: unknown): string {
  return `${at}: ${JSON.stringify(example)} in the example, ${JSON.stringify(actual)} in truth`;
}
