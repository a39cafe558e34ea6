// Asks the service: `node ask.ts convert 100 EUR USD`.
import {
  ChannelNotFoundError,
  connect,
  NoSubscribersError,
  RemoteError,
} from "sente-lite/client";

import type { Channels, Question } from "./channels.ts";

const USAGE = `node ask.ts list
node ask.ts convert <amount> <from> <to>
node ask.ts watch <from> <to> [<times>]`;

function questionOf(words: readonly string[]): Question | undefined {
  const [action, a = "", b = "", c = ""] = words;
  switch (action) {
    case "list":
      return { action };
    case "convert":
      return { action, amount: Number(a), from: b, to: c };
    case "watch":
      return { action, from: a, to: b, times: Number(c || 10) };
  }
}

function kindly(error: unknown): string {
  // Where nobody ever was, there is no channel either.
  const isAlone =
    error instanceof NoSubscribersError ||
    error instanceof ChannelNotFoundError;
  if (isAlone) return "Nobody answers. Is the service running?";
  if (error instanceof RemoteError) return `It says: ${error.message}.`;
  return error instanceof Error ? error.message : String(error);
}

const question = questionOf(process.argv.slice(2));
if (question === undefined) {
  console.error(USAGE);
  process.exit(2);
}

const url = process.env.SENTE_URL ?? "ws://127.0.0.1:8787/ws";
const client = connect<Channels>(url, { token: process.env.SENTE_TOKEN });

// Ctrl-C cancels the request, here and at the service.
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

try {
  const { signal } = interrupted;
  // One answer is one part: this does for all actions.
  const parts = client.channel("rates").requestParts(question, { signal });
  for await (const part of parts) console.log(JSON.stringify(part));
} catch (error) {
  if (interrupted.signal.aborted) console.error("cancelled");
  else console.error(kindly(error));
  process.exitCode = 1;
}
await client.close();
