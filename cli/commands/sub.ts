/**
 * `sente-lite sub`: prints a channel's messages.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import type { Client, Message, Subscription } from "../../src/client/index.ts";
import { withClient } from "../connection.ts";
import { action, type Context, directOption, type Start } from "../context.ts";
import { aborted } from "../interruption.ts";
import { messageDocument, messageLine } from "../messages.ts";
import { counted } from "../numbers.ts";
import {
  ChannelIdSchema,
  PositionTextSchema,
  positionText,
  wholeNumber,
} from "../values.ts";

const Input = v.object({
  channel: ChannelIdSchema,
  since: v.optional(PositionTextSchema),
  count: v.optional(wholeNumber(1)),
  retained: v.optional(wholeNumber(0, 1_000)),
  direct: v.optional(v.boolean()),
  wait: v.optional(v.boolean()),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite sub chat
  $ sente-lite sub chat --retained 0 --count 1
  $ sente-lite sub chat --json | jq .data
  $ sente-lite sub chat --since c8iFd2EJjxBjiizJ:41

Goes on by itself when the connection is lost. When it ends, it says on stderr
which --since goes on where it stopped.
`;

/** Adds the command. */
export function addSub(program: Command, start: Start): void {
  program
    .command("sub")
    .summary("print a channel's messages")
    .description(
      "Subscribes to a channel and prints its messages as they come.",
    )
    .argument("<channel>", "the channel-id; a missing channel is made")
    .option(
      "-s, --since <epoch:seq>",
      "begin after the message with this number",
    )
    .option("-n, --count <n>", "end after so many messages")
    .option("--retained <n>", "at most so many of the retained messages first")
    .addOption(directOption())
    .option("--wait", "keep trying where no first connection comes about")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, sub));
}

async function sub(context: Context, input: Input): Promise<void> {
  const { output } = context;
  const { channel: id, direct, wait } = input;
  let place: Pick<Subscription, "position"> | undefined;
  try {
    await withClient(
      context,
      { direct: direct ? id : undefined, wait },
      (client) =>
        follow(context, input, client, (stands) => {
          place = stands;
        }),
    );
  } finally {
    const position = place?.position;
    if (position !== undefined) {
      const since = positionText(position);
      output.note("position", `go on with --since ${since}`, { since });
    }
  }
}

/**
 * Prints until it is enough, interrupted, or over.
 *
 * @param onPlace told what knows where it stands.
 */
async function follow(
  { output, interruption }: Context,
  { channel: id, since, count = Infinity, retained }: Input,
  client: Client,
  onPlace: (place: Pick<Subscription, "position">) => void,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  let printed = 0;
  const print = async (message: Message): Promise<void> => {
    // What is not printed must not count as processed: --since begins there.
    if (printed === count) return new Promise(() => {});
    printed += 1;
    await output.result(messageDocument(message), () =>
      messageLine(message, output),
    );
    if (printed === count) over.resolve();
  };
  const subscription = await client.channel(id).subscribe(print, {
    since,
    retainedLimit: retained,
    sequential: true,
  });
  onPlace(subscription);
  subscription.on("gap", ({ missed, position }) => {
    const many =
      missed === undefined ? "some messages" : counted(missed, "message");
    const text = `missed: ${many} up to number ${position.seq}, which the channel holds no more`;
    output.note("gap", text, { missed, since: positionText(position) });
  });
  subscription.on("end", ({ error }) => {
    if (error === undefined) over.resolve();
    else over.reject(error);
  });
  output.note("subscribed", `subscribed to ${id}`, { "channel-id": id });
  await Promise.race([over.promise, aborted(interruption)]);
  // Only in the next turn what was printed last counts as processed.
  await new Promise((resolve) => setImmediate(resolve));
  onPlace({ position: subscription.position });
  await subscription.unsubscribe();
  interruption.throwIfAborted();
}
