/**
 * `sente-lite channels`: all of them.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import type { ChannelSummary } from "../../src/protocol/server-frames.ts";
import { action, type Context, type Start } from "../context.ts";
import { columns, grouped } from "../numbers.ts";
import { ChannelPageSchema } from "../schemas.ts";

const Input = v.object({ prefix: v.optional(v.string(), "") });
type Input = v.InferOutput<typeof Input>;

const PAGE = 1_000;
const HEADER = ["SUBSCRIBERS", "MESSAGES", "CREATED", "CHANNEL"];

const EXAMPLES = `
Examples:
  $ sente-lite channels
  $ sente-lite channels --prefix chat- --json | jq -r '."channel-id"'

In byte order of the ids; up to two seconds old.
`;

/** Adds the command. */
export function addChannels(program: Command, start: Start): void {
  program
    .command("channels")
    .summary("list the channels")
    .description("Lists the channels that you may know of.")
    .option("-p, --prefix <text>", "only those whose ids begin with it")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, channels));
}

async function channels(
  { service, output }: Context,
  { prefix }: Input,
): Promise<void> {
  let cursor: string | null = "";
  let header = [HEADER];
  while (cursor !== null) {
    const query = new URLSearchParams({ prefix, limit: String(PAGE) });
    if (cursor !== "") query.set("cursor", cursor);
    const { value }: { value: v.InferOutput<typeof ChannelPageSchema> } =
      await service.call({
        path: `/channels?${query}`,
        schema: ChannelPageSchema,
      });
    cursor = value.cursor;
    const page = Object.entries(value.channels);
    if (output.json) {
      for (const [id, channel] of page) {
        await output.result({ "channel-id": id, ...channel }, String);
      }
      continue;
    }
    const rows = columns(
      [...header, ...page.map(rowOf)],
      [true, true, false, false],
    );
    if (header.length > 0) rows[0] = output.look("dim", rows[0] ?? "");
    header = [];
    if (rows.length > 0) await output.text(`${rows.join("\n")}\n`);
  }
}

function rowOf([id, channel]: [string, ChannelSummary]): string[] {
  return [
    grouped(channel["subscriber-count"]),
    grouped(channel["message-count"]),
    new Date(channel["created-at"]).toISOString().replace(/\.\d+/, ""),
    id,
  ];
}
