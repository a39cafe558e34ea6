/**
 * `sente-lite request`: asks whoever responds on a channel.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { DeliverToSchema } from "../../src/protocol/fields.ts";
import { withClient } from "../connection.ts";
import { action, type Context, directOption, type Start } from "../context.ts";
import { dataText } from "../messages.ts";
import { ChannelIdSchema, parseData, TimeoutTextSchema } from "../values.ts";

const Input = v.object({
  channel: ChannelIdSchema,
  data: v.string(),
  text: v.optional(v.boolean(), false),
  timeout: v.optional(TimeoutTextSchema),
  to: v.optional(DeliverToSchema),
  parts: v.optional(v.boolean(), false),
  direct: v.optional(v.boolean()),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite request time-service '{"zone":"Europe/Berlin"}'
  $ sente-lite request jobs --to one --timeout 5000 --text 'resize photo.jpg'
  $ sente-lite request report --parts null

Prints the answer: text as it is, everything else as JSON; with --json always
JSON. Ctrl-C cancels the request, at the service too.
`;

/** Adds the command. */
export function addRequest(program: Command, start: Start): void {
  program
    .command("request")
    .summary("ask whoever responds on a channel")
    .description("Asks whoever responds on a channel, and prints the answer.")
    .argument("<channel>", "the channel-id")
    .argument("<data>", "what to ask, as JSON")
    .option("--text", "ask with plain text, not JSON")
    .option(
      "-t, --timeout <ms>",
      "how long to wait; else what the channel's configuration says",
    )
    .option("--to <one|all>", "ask all who respond (the default), or one")
    .option("--parts", "print each part of the answer as it comes")
    .addOption(directOption())
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, request));
}

async function request(context: Context, input: Input): Promise<void> {
  const { output, interruption } = context;
  const { channel: id, text, timeout, to, parts } = input;
  const data = parseData(input.data, text);
  const options = { timeoutMs: timeout, deliverTo: to, signal: interruption };
  const direct = input.direct ? id : undefined;
  await withClient(context, { direct }, async (client) => {
    const channel = client.channel(id);
    const print = (answer: unknown) =>
      output.result(answer, () => dataText(answer, output));
    if (!parts) {
      await print(await channel.request(data, options));
      return;
    }
    for await (const part of channel.requestParts(data, options)) {
      await print(part);
    }
  });
}
