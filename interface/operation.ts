/**
 * What there is to say of one operation over HTTP: one object, of which
 * /openapi.json and the tests that execute its examples are made.
 *
 * @module
 */
import type * as v from "valibot";

import type { PartialChannelConfig } from "../src/protocol/channel-config.ts";
import type { Operation as Grant } from "../src/protocol/operations.ts";
import type { HttpReason } from "../src/protocol/reasons.ts";

/** Which chapter of the document an operation stands in. */
export type Tag = "overview" | "channels" | "rpc" | "users" | "sockets";

/** What an operation answers with one status. */
export interface Answer {
  readonly description: string;
  /** Absent where there is no body. */
  readonly schema?: v.GenericSchema;
  /** Where it is not JSON: the types it may have, the usual one first. */
  readonly contentTypes?: readonly [string, ...string[]];
  readonly headers?: Readonly<Record<string, string>>;
}

/** What must be there before an example is executed. */
export type Given =
  | {
      /** A channel with this configuration and these messages, made anew. */
      readonly channel: string;
      readonly config?: PartialChannelConfig;
      readonly messages?: readonly unknown[];
    }
  | {
      /** A service that answers on a channel, always the same. */
      readonly service: string;
      readonly answers: unknown;
    };

/** One request and its answer: tests send the first and expect the second. */
export interface Example {
  readonly name: string;
  readonly summary: string;
  readonly given?: readonly Given[];
  /** Whose token is sent to a service that wants one; absent: nobody's. */
  readonly as?: "nobody" | "reader";
  /** Parts of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  /** Absent where there is none. */
  readonly answer?: unknown;
  /** Whether its figures come from the registry, late, and differ each time. */
  readonly figures?: boolean;
}

/** One method of one path. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{channel-id}` or `{user-id}` where the router has `:id`. */
  readonly path: string;
  /** A name for generated clients. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** What a token must grant on the channel; `token`: any; `none` is needed. */
  readonly needs: Grant | "token" | "none";
  readonly query?: v.ObjectSchema<v.ObjectEntries, undefined>;
  /** Headers, by name: what they mean. */
  readonly headers?: Readonly<
    Record<string, { schema: v.GenericSchema; description: string }>
  >;
  readonly body?: {
    readonly schema: v.GenericSchema;
    readonly required: boolean;
    readonly description: string;
  };
  /** By status; refusals follow from `reasons`. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Of refusals, besides those that all operations share. */
  readonly reasons: readonly HttpReason[];
  readonly examples: readonly Example[];
  /** Where there are no examples: why not, and what tests it instead. */
  readonly withoutExamples?: string;
}
