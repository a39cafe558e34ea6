/**
 * Validation with whatever library speaks Standard Schema
 * (https://standardschema.dev): valibot, zod, arktype …
 *
 * @module
 */
import { InvalidDataError } from "./errors.ts";

/** The part of a Standard Schema that is used. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?:
      | { readonly input: Input; readonly output: Output }
      | undefined;
  };
}

/** What a schema makes of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** What a schema takes, or `Otherwise` where there is none. */
export type InputOf<Schema, Otherwise> =
  Schema extends StandardSchema<infer Input, unknown> ? Input : Otherwise;

/** What a schema makes of it. */
export type OutputOf<Schema, Otherwise> =
  Schema extends StandardSchema<infer _, infer Output> ? Output : Otherwise;

/**
 * A value as its schema makes it; at once unless the schema takes its time.
 *
 * @throws {InvalidDataError} when it is not valid.
 */
export function validated(
  schema: StandardSchema | undefined,
  value: unknown,
  what: string,
): unknown {
  const read = (result: SchemaResult<unknown>): unknown => {
    if (result.issues !== undefined) {
      throw new InvalidDataError(what, result.issues);
    }
    return result.value;
  };
  if (schema === undefined) return value;
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(read) : read(result);
}
