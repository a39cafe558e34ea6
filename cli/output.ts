/**
 * What is written: results to stdout, everything else to stderr, for people
 * or, with `--json`, for programs.
 *
 * @module
 */
import { styleText } from "node:util";

import type { CliError } from "./exit.ts";

/** A colour or another look of text. */
export type Look = Parameters<typeof styleText>[0];

/** Where to write, and in which form. */
export class Output {
  /** Whether results are JSON documents, one a line. */
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** Whether stdout is a terminal. */
  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  /** Writes a result: as a document, or as text for people. */
  result(document: unknown, text: () => string): Promise<void> {
    const line = this.json ? JSON.stringify(document) : text();
    return write(`${line}\n`);
  }

  /** Writes text for people, in whatever form results are. */
  text(text: string): Promise<void> {
    return write(text);
  }

  /**
   * Tells of something that is no result.
   *
   * @param event what it is called where programs read it.
   */
  note(event: string, text: string, fields: object = {}): void {
    const line = this.json
      ? JSON.stringify({ event, message: text, ...fields })
      : paint(process.stderr, "dim", printable(text));
    process.stderr.write(`${line}\n`);
  }

  /** Tells why the program fails. */
  failure({ reason, message, hint }: CliError): void {
    if (this.json) {
      const error = {
        reason,
        message,
        ...(hint === undefined ? {} : { hint }),
      };
      process.stderr.write(`${JSON.stringify({ error })}\n`);
      return;
    }
    const name = paint(process.stderr, "red", "sente-lite:");
    const rest = hint === undefined ? "" : `; ${hint}`;
    const line = printable(message).replace(/\s*\n\s*/g, " ");
    process.stderr.write(`${name} ${line}${rest}\n`);
  }

  /** Gives text on stdout a look, where it is looked at. */
  look(look: Look, text: string): string {
    return paint(process.stdout, look, text);
  }
}

/** Resolves when all that was written to stdout is out. */
export function flush(): Promise<void> {
  return write("");
}

/**
 * Ends the program quietly when whoever reads it has gone, such as `head`:
 * it has what it wanted.
 */
export function leaveOnClosedPipe(code: number): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(code);
      throw error;
    });
  }
}

/** Whether a stream shows colours. */
export function hasColours(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Text of others, with nothing that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is shown in place of being obeyed
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function paint(
  stream: { readonly isTTY?: boolean },
  look: Look,
  text: string,
): string {
  if (!hasColours(stream)) return text;
  return styleText(look, text, { validateStream: false });
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
