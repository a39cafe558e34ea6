/**
 * What every command is given: the global options, and its own, validated.
 *
 * @module
 */
import { type Command, Option } from "commander";
import * as v from "valibot";

import { UsageError } from "./exit.ts";
import { Output } from "./output.ts";
import { parseServiceUrl, Service } from "./service.ts";

/** What commands begin with. */
export interface Start {
  /** Aborts at Ctrl-C. */
  readonly interruption: AbortSignal;
}

/** What a command works with. */
export interface Context extends Start {
  readonly service: Service;
  readonly output: Output;
}

const GlobalsSchema = v.object({
  url: v.string(),
  token: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      // A wrong one is not repeated: it may be a right one of something else.
      v.regex(/^[\w.-]*$/, "must be a JWT, such as `sente-lite token` prints"),
      v.transform((token) => token || undefined),
    ),
  ),
  json: v.optional(v.boolean(), false),
});

/** Adds the options of all commands. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option("-u, --url <url>", "the service")
        .env("SENTE_URL")
        .default("http://127.0.0.1:8787"),
    )
    .addOption(
      new Option("--token <jwt>", "who you are, and what you may do").env(
        "SENTE_TOKEN",
      ),
    )
    .option("--json", "write JSON, one document a line")
    .option("--debug", "show where errors come from");
}

/** The option of commands that may choose their path. */
export function directOption(): Option {
  return new Option(
    "--direct",
    "use the channel's own path: one hop less than a session",
  );
}

/**
 * What commander calls for a command.
 *
 * @param schema of its options and its arguments together, by their names.
 */
export function action<T>(
  start: Start,
  schema: v.GenericSchema<unknown, T>,
  run: (context: Context, input: T) => Promise<void>,
): (this: Command) => Promise<void> {
  return async function (this: Command) {
    const names = this.registeredArguments.map((each) => each.name());
    const given = names.map((name, at) => [name, this.args[at]]);
    const input = { ...this.opts(), ...Object.fromEntries(given) };
    const globals = read(GlobalsSchema, this.optsWithGlobals(), []);
    const service = new Service(
      parseServiceUrl(globals.url),
      globals.token,
      start.interruption,
    );
    const output = new Output(globals.json);
    await run({ ...start, service, output }, read(schema, input, names));
  };
}

/** @throws {UsageError} that names the option or argument. */
function read<T>(
  schema: v.GenericSchema<unknown, T>,
  input: unknown,
  names: readonly string[],
): T {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const name = String(issue.path?.[0]?.key ?? "");
  const flag = name.replace(/[A-Z]/g, (each) => `-${each.toLowerCase()}`);
  const what = names.includes(name) ? `<${name}>` : `--${flag}`;
  throw new UsageError(`${what} ${issue.message}`);
}
