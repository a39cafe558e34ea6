/**
 * How the program ends: its exit codes, and the errors that lead to them.
 *
 * @module
 */

/** The exit codes, the same for all commands. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  disconnected: 3,
  timeout: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** What each exit code says, for `--help`. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.refused, "refused by the service, or failed there"],
  [EXIT.usage, "wrong usage: nothing was sent"],
  [EXIT.disconnected, "no connection, or lost for good"],
  [EXIT.timeout, "no answer in time"],
  [EXIT.interrupted, "ended by Ctrl-C (143: by SIGTERM)"],
];

/** Ends the program with a message and a code. */
export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly exitCode: number;
  /** One of docs/protocol.md §8, or of the program's own. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(
    exitCode: number,
    reason: string,
    message: string,
    { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.reason = reason;
    this.hint = hint;
  }
}

/** The command line, or what it names, is wrong. */
export class UsageError extends CliError {
  override readonly name = "UsageError";

  constructor(message: string, hint?: string) {
    super(EXIT.usage, "usage", message, { hint });
  }
}

/** A signal asked the program to end. */
export class Interrupted extends CliError {
  override readonly name = "Interrupted";

  constructor(signal: "SIGINT" | "SIGTERM") {
    const code = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    super(code, "interrupted", `ended by ${signal}`);
  }
}
