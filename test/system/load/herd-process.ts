/**
 * The process of a herd: does what it is told, one thing after another.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import * as v from "valibot";

import { eventually } from "../support/waiting.ts";
import { Light } from "./light.ts";

/** How long all of them may take for one thing, in ms. */
const PATIENCE_MS = 120_000;
/**
 * How many connect at a time; who is connected does not count. More would
 * overflow the kernel's queue of a listener that is busy, and their waiting
 * for TCP to try again, up to half a minute, would be measured instead.
 */
const CONNECTING = 500;

/** What a herd can be told. */
export const CommandSchema = v.variant("do", [
  v.object({
    do: v.literal("gather"),
    /** Each with its path, and how many are to subscribe to it there. */
    channels: v.array(v.object({ id: v.string(), url: v.string() })),
    each: v.number(),
  }),
  v.object({ do: v.literal("vanish") }),
  v.object({ do: v.literal("return") }),
  /** Wait until all have been handed these numbers, channel by channel. */
  v.object({ do: v.literal("hear"), seqs: v.array(v.number()) }),
]);
export type Command = v.InferOutput<typeof CommandSchema>;

/** What it answers. */
export const DoneSchema = v.object({
  /** How long it took, in ms. */
  ms: v.number(),
  /** The part of that time in which the process was busy, from 0 to 1. */
  busy: v.number(),
  /** How many came back and missed nothing, each time counted. */
  recovered: v.number(),
  /** What any of them was handed that was wrong. */
  fault: v.optional(v.string()),
});
export type Done = v.InferOutput<typeof DoneSchema>;

let herd: Light[] = [];
let ids: string[] = [];

async function obey(command: Command): Promise<void> {
  switch (command.do) {
    case "gather":
      ids = command.channels.map(({ id }) => id);
      herd = command.channels.flatMap(({ id, url }) =>
        Array.from({ length: command.each }, () => new Light(url, id)),
      );
      await subscribe();
      break;
    case "vanish":
      for (const each of herd) each.vanishes();
      break;
    case "return":
      await subscribe();
      break;
    case "hear":
      await eventually(
        "all have heard everything",
        () =>
          herd.every(
            ({ channelId, seq }) =>
              seq === command.seqs[ids.indexOf(channelId)],
          ),
        PATIENCE_MS,
      );
      break;
  }
}

async function subscribe(): Promise<void> {
  const waiting = herd.values();
  const subscriptions: Promise<void>[] = [];
  const lane = async () => {
    for (const each of waiting) {
      const { connected, subscribed } = each.subscribes();
      subscriptions.push(subscribed);
      await Promise.race([connected, subscribed]);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, lane));
  await Promise.all(subscriptions);
}

process.on("message", async (message) => {
  const start = performance.now();
  const before = performance.eventLoopUtilization();
  let fault: string | undefined;
  try {
    await obey(v.parse(CommandSchema, message));
  } catch (error) {
    fault = String(error);
  }
  fault ??= herd.find((each) => each.fault !== undefined)?.fault;
  const done: Done = {
    ms: performance.now() - start,
    busy: performance.eventLoopUtilization(before).utilization,
    recovered: herd.reduce((sum, each) => sum + each.recovered, 0),
    ...(fault === undefined ? {} : { fault }),
  };
  process.send?.(done);
});

// Whoever started it is gone.
process.on("disconnect", () => process.exit());
