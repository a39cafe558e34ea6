/**
 * `sente-lite pub`: publishes.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import * as v from "valibot";

import { OwnMessageIdSchema } from "../../src/protocol/fields.ts";
import { withClient } from "../connection.ts";
import { action, type Context, directOption, type Start } from "../context.ts";
import { UsageError } from "../exit.ts";
import { publishedDocument, publishedLine } from "../messages.ts";
import { publishLines } from "../publishing.ts";
import { ChannelIdSchema, parseData } from "../values.ts";

const Input = v.object({
  channel: ChannelIdSchema,
  data: v.string(),
  text: v.optional(v.boolean(), false),
  ephemeral: v.optional(v.boolean(), false),
  messageId: v.optional(OwnMessageIdSchema),
  direct: v.optional(v.boolean()),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite pub chat '{"text":"hello"}'
  $ sente-lite pub chat --text 'hello, all of you'
  $ sente-lite pub chat @message.json
  $ sente-lite pub chat --message-id order-17 '{"order":17}'
  $ tail -f access.log | sente-lite pub logs --text -
`;

/** Adds the command. */
export function addPub(program: Command, start: Start): void {
  program
    .command("pub")
    .summary("publish to a channel")
    .description(
      "Publishes to a channel; done when the message is stored and handed to every subscriber.",
    )
    .argument("<channel>", "the channel-id; the channel must exist")
    .argument("<data>", "JSON, @file, or - for each line of stdin")
    .option("--text", "publish plain text, not JSON")
    .option("--ephemeral", "deliver only: do not store, do not number")
    .option("--message-id <id>", "its own id, which the channel takes once")
    .addOption(directOption())
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, pub));
}

async function pub(context: Context, input: Input): Promise<void> {
  const { output } = context;
  const { channel: id, data: given, text, ephemeral, messageId } = input;
  const isLines = given === "-";
  if (isLines && messageId !== undefined) {
    throw new UsageError("--message-id is for one message, not for lines");
  }
  // Before anything is opened: it may be wrong.
  const data = isLines ? undefined : await readData(given, text);
  const direct = input.direct ? id : undefined;
  await withClient(context, { direct }, async (client) => {
    const channel = client.channel(id);
    if (isLines) {
      await publishLines(context, channel, { text, ephemeral });
      return;
    }
    const published = await channel.publish(data, { ephemeral, messageId });
    await output.result(publishedDocument(published), () =>
      publishedLine(published, output),
    );
  });
}

/** @throws {UsageError} when there is no such file, or it is not JSON. */
async function readData(given: string, isText: boolean): Promise<unknown> {
  if (!given.startsWith("@")) return parseData(given, isText);
  const path = given.slice(1);
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read: ${why}`);
  }
  return parseData(content, isText, path);
}
