/**
 * Publishing what comes line by line.
 *
 * @module
 */
import { createInterface } from "node:readline";

import type { Channel, Published } from "../src/client/index.ts";
import type { Context } from "./context.ts";
import { explain } from "./explain.ts";
import { publishedDocument } from "./messages.ts";
import { counted } from "./numbers.ts";
import { Turns } from "./turns.ts";
import { parseData } from "./values.ts";

/** Messages that may wait to be acknowledged: more are not read. */
const WINDOW = 500;

/** How lines are published. */
export interface LinesOptions {
  /** Whether they are plain text, not JSON. */
  readonly text: boolean;
  readonly ephemeral: boolean;
}

/**
 * Publishes each line of stdin, in order, until one is refused.
 *
 * @throws why one was, once all before it are settled.
 */
export async function publishLines(
  { output, interruption }: Context,
  channel: Pick<Channel, "publish" | "id">,
  { text, ephemeral }: LinesOptions,
): Promise<void> {
  const startedAt = performance.now();
  const turns = new Turns(WINDOW);
  const waiting = new Set<Promise<void>>();
  const seqs: number[] = [];
  let published = 0;
  let failure: { readonly error: unknown } | undefined;

  const settle = async (outcome: Promise<Published>, line: number) => {
    try {
      const result = await outcome;
      published += 1;
      if (result.seq !== undefined) seqs[published === 1 ? 0 : 1] = result.seq;
      if (output.json) await output.result(publishedDocument(result), String);
    } catch (error) {
      failure ??= { error: atLine(error, line) };
      stop();
    }
  };

  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  // Its iterator cannot be left while it waits for a line.
  const stop = () => lines.close();
  interruption.addEventListener("abort", stop);
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (failure !== undefined || interruption.aborted) break;
    if (line.trim() === "" && !text) continue;
    let data: unknown;
    try {
      data = parseData(line, text, `line ${number}`);
    } catch (error) {
      failure = { error };
      break;
    }
    const mayGo = await turns.begin(interruption).then(
      () => true,
      () => false,
    );
    if (!mayGo || failure !== undefined) break;
    const settled = settle(channel.publish(data, { ephemeral }), number);
    waiting.add(settled);
    settled.then(() => {
      waiting.delete(settled);
      turns.end();
    });
  }
  lines.close();
  interruption.removeEventListener("abort", stop);
  await Promise.all(waiting);

  const ms = Math.round(performance.now() - startedAt);
  const [first, last = first] = seqs;
  const range = first === undefined ? "" : `, numbers ${first} to ${last}`;
  const summary = `published ${counted(published, "message")} to ${channel.id}${range}, in ${ms} ms`;
  const fields = { published, "first-seq": first, "last-seq": last, ms };
  if (output.json) output.note("summary", summary, fields);
  else await output.text(`${summary}\n`);
  if (failure !== undefined) throw failure.error;
  interruption.throwIfAborted();
}

/** The error with the line it is about. */
function atLine(error: unknown, line: number): Error {
  const explained = explain(error);
  explained.message = `line ${line}: ${explained.message}`;
  return explained;
}
