/**
 * `sente-lite respond`: answers a channel's requests with a command.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import type { Asked, Client } from "../../src/client/index.ts";
import { withClient } from "../connection.ts";
import { action, type Context, directOption, type Start } from "../context.ts";
import { type Exit, killAll, runCommand } from "../exec.ts";
import { aborted } from "../interruption.ts";
import { clockTime } from "../messages.ts";
import { counted, milliseconds } from "../numbers.ts";
import { type Output, printable } from "../output.ts";
import { Turns } from "../turns.ts";
import { ChannelIdSchema, wholeNumber } from "../values.ts";

const Input = v.object({
  channel: ChannelIdSchema,
  exec: v.pipe(v.string(), v.minLength(1, "must be a command")),
  concurrency: v.optional(wholeNumber(1, 1_000), "8"),
  direct: v.optional(v.boolean()),
  wait: v.optional(v.boolean()),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite respond time --exec date
  $ sente-lite respond resize --exec 'jq -r .file | xargs ./resize.sh' --concurrency 2

The shell runs the command for every request, with the request's data as JSON
on stdin and SENTE_CHANNEL, SENTE_REQUEST_ID, SENTE_SENDER (the user, if known)
and SENTE_SENDER_CONN in the environment; SENTE_TOKEN is kept from it. Its
stdout is the answer: as JSON if it is JSON, else as text. If it fails, the
last line of its stderr is the error. When the request is cancelled or its time
is up, the command and what it started are ended. Never put data of a request
into the command line: read it from stdin.
`;

/** Adds the command. */
export function addRespond(program: Command, start: Start): void {
  program
    .command("respond")
    .summary("answer a channel's requests with a command")
    .description("Answers a channel's requests with what a command prints.")
    .argument("<channel>", "the channel-id; a missing channel is made")
    .requiredOption("-x, --exec <command>", "the command that answers")
    .option("-c, --concurrency <n>", "run at most so many at once (8)")
    .addOption(directOption())
    .option("--wait", "keep trying where no first connection comes about")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, respond));
}

async function respond(context: Context, input: Input): Promise<void> {
  const { channel: id, direct, wait } = input;
  const options = { direct: direct ? id : undefined, wait, lingers: true };
  try {
    await withClient(context, options, (client) =>
      answer(context, input, client),
    );
  } finally {
    killAll();
  }
}

/** Answers until it is interrupted, or the subscription is over. */
async function answer(
  { output, interruption }: Context,
  { channel: id, exec, concurrency }: Input,
  client: Client,
): Promise<void> {
  const channel = client.channel(id);
  const turns = new Turns(concurrency);
  let running = 0;
  const responder = await channel.respond(async (asked) => {
    running += 1;
    const startedAt = performance.now();
    try {
      await turns.begin(asked.signal);
      const exit = await runCommand(exec, asked).finally(() => turns.end());
      report(output, asked, exit, performance.now() - startedAt);
      if (exit.error !== undefined) throw new Error(exit.error);
      return exit.answer;
    } finally {
      running -= 1;
    }
  });
  output.note("responding", `responding on ${id}`, { "channel-id": id });
  const error = await Promise.race([responder.ended, aborted(interruption)]);
  if (error) throw error;
  if (running > 0) {
    const text = `waiting for ${counted(running, "command")}; Ctrl-C again ends all`;
    output.note("waiting", text, { running });
  }
  await responder.stop();
  interruption.throwIfAborted();
}

/** One line about each request. */
function report(output: Output, asked: Asked, exit: Exit, ms: number): void {
  const { requestId, senderUserId, senderConnId, data } = asked;
  const { answer, error } = exit;
  const document = {
    "request-id": requestId,
    "sender-conn-id": senderConnId,
    "sender-user-id": senderUserId,
    data,
    ms: Math.round(ms),
    ...(error === undefined ? { answer } : { error }),
  };
  output.result(document, () => {
    const outcome =
      error === undefined
        ? output.look("green", "answered")
        : output.look("red", printable(error));
    return [
      output.look("dim", clockTime(Date.now())),
      output.look("magenta", printable(senderUserId ?? "-")),
      printable(JSON.stringify(data)),
      outcome,
      output.look("dim", milliseconds(ms)),
    ].join("  ");
  });
}
