/**
 * The part of a Durable Object's SQL storage that is used.
 *
 * @module
 */
import * as v from "valibot";

type SqlValue = ArrayBuffer | string | number | null;

/** Runs statements; the rows must be read before anything else happens. */
export interface Sql {
  exec(
    query: string,
    ...bindings: (string | number | null)[]
  ): Iterable<Record<string, SqlValue>>;
}

/** All rows of a query, each as the schema has it. */
export function readRows<T>(
  sql: Sql,
  schema: v.GenericSchema<unknown, T>,
  query: string,
  ...bindings: (string | number | null)[]
): T[] {
  return [...sql.exec(query, ...bindings)].map((row) => v.parse(schema, row));
}
