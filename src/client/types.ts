/**
 * What is said on which channel, for the compiler.
 *
 * @module
 */
import type { InputOf, OutputOf, StandardSchema } from "./schema.ts";

/** What is said on a channel. What is left out is `unknown`. */
export interface ChannelTypes {
  /** What is published and heard. */
  readonly message?: unknown;
  /** What is asked. */
  readonly request?: unknown;
  /** What is answered. */
  readonly answer?: unknown;
}

/** What is said on a channel, in full. */
export interface Data {
  readonly message: unknown;
  readonly request: unknown;
  readonly answer: unknown;
}

/** Checks what is said on a channel at run time, in both directions. */
export interface ChannelSchemas {
  readonly message?: StandardSchema | undefined;
  readonly request?: StandardSchema | undefined;
  readonly answer?: StandardSchema | undefined;
}

/** `"chat-*"` as the type of all texts that fit it. */
type Fitting<Pattern extends string> =
  Pattern extends `${infer Head}*${infer Tail}`
    ? `${Head}${string}${Fitting<Tail>}`
    : Pattern;

/** The patterns of a map that a channel-id fits; its own name goes first. */
type PatternsOf<Channels, Id extends string> = Id extends keyof Channels
  ? Id
  : {
      [Pattern in keyof Channels & string]: Id extends Fitting<Pattern>
        ? Pattern
        : never;
    }[keyof Channels & string];

type Field<Types, Name extends string> = [Types] extends [never]
  ? unknown
  : Types extends { readonly [Key in Name]?: infer Value }
    ? Value
    : unknown;

/** What a map of channels says of one. */
export type DataOf<Channels, Id extends string> = {
  readonly [Name in keyof Data]: Field<
    Channels[PatternsOf<Channels, Id> & keyof Channels],
    Name
  >;
};

/** What may be sent, where schemas check it. */
export type Sent<Types extends Data, Schemas> = {
  readonly [Name in keyof Data]: InputOf<Field<Schemas, Name>, Types[Name]>;
};

/** What comes, where schemas check it. */
export type Received<Types extends Data, Schemas> = {
  readonly [Name in keyof Data]: OutputOf<Field<Schemas, Name>, Types[Name]>;
};
