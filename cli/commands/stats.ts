/**
 * `sente-lite stats`: what is going on.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { action, type Context, type Start } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { pause } from "../interruption.ts";
import { clockTime } from "../messages.ts";
import { type Stats, StatsSchema } from "../schemas.ts";
import { type Rates, ratesOf, statsLine, statsText } from "../stats-text.ts";

const Input = v.object({ watch: v.optional(v.boolean(), false) });
type Input = v.InferOutput<typeof Input>;

const INTERVAL_MS = 1_000;
/** To the upper left, and everything below it away. */
const REDRAW = "\u001b[H\u001b[J";

const EXAMPLES = `
Examples:
  $ sente-lite stats
  $ sente-lite stats --watch
  $ sente-lite stats --json | jq '."delivery-stats"'

For tokens that grant admin on every channel; up to two seconds old.
`;

/** Adds the command. */
export function addStats(program: Command, start: Start): void {
  program
    .command("stats")
    .summary("show what is going on")
    .description("Shows connections, channels, messages and requests.")
    .option(
      "-w, --watch",
      "once a second: redrawn on a terminal, else a line each time",
    )
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, stats));
}

async function stats(context: Context, { watch }: Input): Promise<void> {
  const { output, interruption } = context;
  const first = await read(context);
  if (!watch) {
    await output.result(first.document, () => statsText(first.value, output));
    return;
  }
  let [before, last]: (Reading | undefined)[] = [undefined, first];
  let isAway = false;
  for (;;) {
    if (last !== undefined) await show(context, last, ratesOf(last, before));
    await pause(INTERVAL_MS, interruption);
    interruption.throwIfAborted();
    try {
      const next = await read(context);
      [before, last] = [last ?? before, next];
      if (isAway) output.note("connected", "it answers again");
      isAway = false;
    } catch (error) {
      const passes =
        error instanceof CliError &&
        (error.exitCode === EXIT.disconnected ||
          error.exitCode === EXIT.timeout);
      if (!passes) throw error;
      if (!isAway)
        output.note("disconnected", `${error.message}: trying again`);
      isAway = true;
      [before, last] = [undefined, undefined];
    }
  }
}

interface Reading {
  readonly at: number;
  readonly document: unknown;
  readonly value: Stats;
}

async function read({ service }: Context): Promise<Reading> {
  const call = { path: "/stats", schema: StatsSchema };
  const { document, value } = await service.call(call);
  return { at: Date.now(), document, value };
}

async function show(
  { output, service }: Context,
  { at, document, value }: Reading,
  rates: Rates | undefined,
): Promise<void> {
  if (output.json) return output.result(document, String);
  const time = output.look("dim", clockTime(at));
  if (!output.isTerminal) {
    return output.text(`${time}  ${statsLine(value, rates)}\n`);
  }
  const text = statsText(value, output, rates);
  return output.text(`${REDRAW}${service.url}  ${time}\n\n${text}\n`);
}
