/**
 * `sente-lite bench`: how fast a service is, as its clients see it.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { randomName } from "../../src/protocol/names.ts";
import { Progress } from "../bench/progress.ts";
import { reportDocument, reportText } from "../bench/report.ts";
import { measure } from "../bench/run.ts";
import { action, type Context, directOption, type Start } from "../context.ts";
import { ChannelInfoSchema } from "../schemas.ts";
import { channelPath } from "../service.ts";
import { wholeNumber } from "../values.ts";

const Input = v.object({
  subscribers: v.optional(wholeNumber(1, 30_000), "10"),
  publishers: v.optional(wholeNumber(1, 1_000), "1"),
  seconds: v.optional(wholeNumber(1, 3_600), "5"),
  size: v.optional(wholeNumber(64, 60_000), "64"),
  window: v.optional(wholeNumber(1, 1_000), "10"),
  direct: v.optional(v.boolean(), false),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite bench
  $ sente-lite bench --window 1 --subscribers 1
  $ sente-lite bench --subscribers 100 --publishers 4 --seconds 30 --direct --json

Makes a channel and deletes it in the end. Every publisher keeps --window
messages unacknowledged: with 1, latencies are those of an idle service, with
more the service is kept as busy as that keeps it, and messages wait for each
other. What says the same on every machine: that nothing is lost, repeated or
out of order, and deliveries per message. Rates and latencies say something only
beside others of the same machines and network; where this program itself uses
most of a processor, they are its own. The service's limits of rates hold.
`;

/** Adds the command. */
export function addBench(program: Command, start: Start): void {
  program
    .command("bench")
    .summary("measure throughput and latencies")
    .description("Publishes as fast as it is acknowledged, and measures.")
    .option("--subscribers <n>", "connections that listen (10)")
    .option("--publishers <n>", "connections that publish (1)")
    .option("--seconds <n>", "for how long (5)")
    .option("--size <bytes>", "of a message's data as JSON (64)")
    .option("--window <n>", "unacknowledged messages of a publisher (10)")
    .addOption(directOption())
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, bench));
}

async function bench(context: Context, input: Input): Promise<void> {
  const { service, output, interruption } = context;
  const channelId = `bench-${randomName()}`;
  const path = channelPath(channelId);
  await service.call({
    method: "PUT",
    path,
    body: { "max-subscribers": input.subscribers },
    schema: ChannelInfoSchema,
  });
  const progress = new Progress(input.seconds);
  try {
    const result = await measure(context, { ...input, channelId }, progress);
    progress.end();
    await output.result(reportDocument(input, result), () =>
      reportText(input, result, output),
    );
  } finally {
    progress.end();
    // In spite of Ctrl-C.
    const schema = v.undefined();
    await service.call({ method: "DELETE", path, schema, isLast: true });
  }
  interruption.throwIfAborted();
}
