/**
 * All commands, and what they have in common.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command, CommanderError } from "commander";
import * as v from "valibot";

import { addBench } from "./commands/bench.ts";
import { addChannel } from "./commands/channel.ts";
import { addChannels } from "./commands/channels.ts";
import { addHealth } from "./commands/health.ts";
import { addPub } from "./commands/pub.ts";
import { addRequest } from "./commands/request.ts";
import { addRespond } from "./commands/respond.ts";
import { addStats } from "./commands/stats.ts";
import { addSub } from "./commands/sub.ts";
import { addToken } from "./commands/token.ts";
import { addGlobalOptions, type Start } from "./context.ts";
import { EXIT, EXIT_MEANINGS } from "./exit.ts";
import { explain } from "./explain.ts";
import { Output } from "./output.ts";

const COMMANDS: readonly ((program: Command, start: Start) => void)[] = [
  addSub,
  addPub,
  addRequest,
  addRespond,
  addChannels,
  addChannel,
  addStats,
  addHealth,
  addToken,
  addBench,
];

const EPILOGUE = `
Examples:
  $ sente-lite sub chat
  $ sente-lite pub chat '{"text":"hello"}'
  $ sente-lite respond time --exec date
  $ sente-lite request time null

Exit codes:
${EXIT_MEANINGS.map(([code, text]) => `  ${String(code).padEnd(4)} ${text}`).join("\n")}
`;

/**
 * Runs the program.
 *
 * @param argv as the process was given it.
 * @returns the exit code.
 */
export async function runProgram(
  argv: readonly string[],
  interruption: AbortSignal,
): Promise<number> {
  // Asked of the line itself: it may be wrong, and then there are no options.
  const output = new Output(argv.includes("--json"));
  try {
    await newProgram(interruption).parseAsync(argv);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    const failure = explain(error);
    if (argv.includes("--debug")) console.error(error);
    if (failure !== interruption.reason) output.failure(failure);
    return failure.exitCode;
  }
}

function newProgram(interruption: AbortSignal): Command {
  const program = new Command("sente-lite")
    .description("Real-time messaging from a terminal: channels and requests.")
    .version(readVersion())
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(sente-lite --help says more)")
    .exitOverride()
    .addHelpText("after", EPILOGUE);
  addGlobalOptions(program);
  for (const add of COMMANDS) add(program, { interruption });
  return program;
}

/** Commander has said what there is to say. */
function exitCodeOf({ code }: CommanderError): number {
  const asked = ["commander.helpDisplayed", "commander.version"];
  return asked.includes(code) ? EXIT.ok : EXIT.usage;
}

/** That of the package, wherever this file is built to. */
function readVersion(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) {
    directory = dirname(directory);
  }
  const text = readFileSync(join(directory, "package.json"), "utf8");
  return v.parse(v.object({ version: v.string() }), JSON.parse(text)).version;
}
