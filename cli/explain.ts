/**
 * Every error as what the program ends with.
 *
 * @module
 */
import {
  ConnectionLostError,
  OutcomeUnknownError,
  SenteError,
  TimeoutError,
} from "../src/client/index.ts";
import { CliError, EXIT } from "./exit.ts";
import { hintFor } from "./hints.ts";

/** The error that the program ends with for any other one. */
export function explain(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof SenteError) {
    const { reason, message } = error;
    return new CliError(codeOf(error), reason, message, {
      hint: hintFor(reason),
      cause: error,
    });
  }
  // A fault of this program: --debug shows where.
  const message = error instanceof Error ? error.message : String(error);
  return new CliError(EXIT.refused, "internal-error", message, {
    cause: error,
  });
}

/**
 * The error of a connection that the service closed for good, as the reason of
 * the WebSocket's close says it (docs/protocol.md §9, "Upgrades").
 *
 * @param said by the client: `closed with 1008: forbidden: …`, or anything.
 */
export function closedError(said: string): CliError {
  const refusal = /^closed with 1008: ([a-z-]+): (.*)$/s.exec(said);
  const [, reason, message] = refusal ?? [];
  if (reason === undefined) {
    const text = `the service closed the connection for good: ${said}`;
    return new CliError(EXIT.disconnected, "closed", text);
  }
  const hint = hintFor(reason);
  return new CliError(EXIT.refused, reason, `${message} (${reason})`, { hint });
}

function codeOf(error: SenteError): number {
  if (error instanceof TimeoutError) return EXIT.timeout;
  // Whether it was done nobody can tell.
  if (
    error instanceof ConnectionLostError ||
    error instanceof OutcomeUnknownError
  ) {
    return EXIT.disconnected;
  }
  return EXIT.refused;
}
