/**
 * What the programs of this folder do with their command lines.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Runs a program and sets the exit code: what `run` resolves with, or 2 when
 * the command line is wrong.
 */
export async function main(
  name: string,
  usage: string,
  run: () => Promise<number>,
): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${name}: ${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

/**
 * The flags of the command line, each with a value, and `--help`.
 *
 * @throws {UsageError} when there are others.
 */
export function readFlags<Name extends string>(
  names: readonly Name[],
): Partial<Record<Name, string>> & { readonly help: boolean } {
  const flags = names.map((name) => [name, { type: "string" }] as const);
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(flags),
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { help, ...given } = values;
    const texts = Object.entries(given).map(([name, text]) => [
      name,
      `${text}`,
    ]);
    return { ...Object.fromEntries(texts), help: help === true };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "");
  }
}

/** @throws {UsageError} when the text is no whole number above 0. */
export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && Number.isSafeInteger(value)) {
    return value;
  }
  throw new UsageError(`${flag} must be a whole number above 0, not ${text}`);
}
