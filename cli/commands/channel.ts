/**
 * `sente-lite channel`: one of them.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { action, type Context, type Start } from "../context.ts";
import { UsageError } from "../exit.ts";
import { columns } from "../numbers.ts";
import {
  type ChannelInfo,
  ChannelInfoSchema,
  ConfigSchema,
} from "../schemas.ts";
import { channelPath } from "../service.ts";
import { ChannelIdSchema, ConfigTextSchema } from "../values.ts";

const Input = v.object({
  channel: ChannelIdSchema,
  create: v.optional(v.union([v.literal(true), ConfigTextSchema])),
  set: v.optional(ConfigTextSchema),
  delete: v.optional(v.boolean(), false),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite channel chat
  $ sente-lite channel chat --create
  $ sente-lite channel chat --create message-retention=50,max-subscribers=20
  $ sente-lite channel chat --set '{"idle-ttl-ms":0}'
  $ sente-lite channel chat --delete

README.md and docs/protocol.md §7 list what can be set.
`;

/** Adds the command. */
export function addChannel(program: Command, start: Start): void {
  program
    .command("channel")
    .summary("show, make, change or delete a channel")
    .description("Shows a channel, or makes, changes or deletes it.")
    .argument("<channel>", "the channel-id")
    .option("--create [config]", "make it: key=value,… or JSON")
    .option("--set <config>", "change its configuration: key=value,… or JSON")
    .option("--delete", "delete it, with all its messages")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, channel));
}

async function channel(context: Context, input: Input): Promise<void> {
  const { create, set, delete: deletes } = input;
  const deeds = [create !== undefined, set !== undefined, deletes];
  if (deeds.filter(Boolean).length > 1) {
    throw new UsageError("--create, --set and --delete exclude each other");
  }
  const path = channelPath(input.channel);
  const { service, output } = context;
  if (deletes) {
    const schema = v.undefined();
    await service.call({ method: "DELETE", path, schema });
    const document = { "channel-id": input.channel, deleted: true };
    await output.result(document, () => `deleted ${input.channel}`);
  } else if (set !== undefined) {
    const schema = ConfigSchema;
    const call = { method: "PATCH", path, body: set, schema };
    const { document, value } = await service.call(call);
    await output.result(document, () => table(Object.entries(value)));
  } else {
    const method = create === undefined ? "GET" : "PUT";
    const body = create === true ? {} : create;
    const schema = ChannelInfoSchema;
    const { document, value, status } = await service.call({
      method,
      path,
      body,
      schema,
    });
    await output.result(document, () => {
      const shown = table(rowsOf(value));
      if (create === undefined) return shown;
      const outcome = status === 201 ? "created" : "exists already";
      return `${outcome}\n${shown}`;
    });
  }
}

function rowsOf(info: ChannelInfo): [string, number | string][] {
  return [
    ["subscribers", info["subscriber-count"]],
    ["newest number", info.seq],
    ["epoch", info.epoch],
    ["open requests", info["pending-rpc-requests"]],
    ["created", new Date(info["created-at"]).toISOString()],
    ...Object.entries(info.config),
  ];
}

function table(rows: [string, number | string][]): string {
  // Without commas: --set takes numbers as they stand here.
  const cells = rows.map(([name, value]) => [name, String(value)]);
  return columns(cells, [false, false]).join("\n");
}
