/**
 * What the service says of a token, and what is missing in it.
 *
 * @module
 */
import type { ServiceError } from "./ask.ts";

/** Whether another token is what helps. */
export function needsToken(error: ServiceError | undefined): boolean {
  return error?.status === 401;
}

/** What is not granted, for people. */
export function missingGrant(error: ServiceError): string | undefined {
  if (error.reason !== "forbidden") return undefined;
  const named = /^(\w+) is not allowed on the channel (.*)$/.exec(
    error.message,
  );
  return named === null
    ? 'Your token does not grant "admin" on "*".'
    : `Your token does not grant "${named[1]}" on ${named[2]}.`;
}
