// A service: it answers questions about exchange rates on a channel.
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "sente-lite/client";

import type { Answer, Channels } from "./channels.ts";

/** What one euro is worth. The rates are made up. */
const RATES = new Map([
  ["EUR", 1],
  ["USD", 1.25],
  ["GBP", 0.8],
  ["JPY", 160],
]);
/** How often a rate is looked at for who watches it, in ms. */
const WATCH_MS = 250;

function rateOf(currency: string): number {
  const rate = RATES.get(currency);
  // Whoever asked gets the message, and nothing else of the error.
  if (rate === undefined) throw new Error(`no such currency: ${currency}`);
  return rate;
}

function rate(from: string, to: string): number {
  return rateOf(to) / rateOf(from);
}

/** Each part that it yields is sent at once. */
async function* watch(
  from: string,
  to: string,
  times: number,
  signal: AbortSignal,
): AsyncGenerator<Answer> {
  const settled = rate(from, to);
  try {
    for (let i = 0; i < times; i += 1) {
      if (i > 0) await sleep(WATCH_MS, undefined, { signal });
      const wobble = 1 + Math.sin(i) / 100;
      yield { rate: Number((settled * wobble).toFixed(4)) };
    }
  } finally {
    if (signal.aborted) console.log(`nobody watches ${from}/${to} any more`);
  }
}

const url = process.env.SENTE_URL ?? "ws://127.0.0.1:8787/ws";
const client = connect<Channels>(url, { token: process.env.SENTE_TOKEN });
client.on("state", ({ state, reason }) => {
  console.log(reason ? `${state}: ${reason}` : state);
});

const responder = await client.channel("rates").respond(({ data, signal }) => {
  switch (data.action) {
    case "list":
      return { currencies: [...RATES.keys()] };
    case "convert":
      return {
        amount: data.amount * rate(data.from, data.to),
        currency: data.to,
      };
    case "watch":
      return watch(data.from, data.to, data.times, signal);
    default:
      // Callers are programs of others: they may say anything.
      throw new Error("the actions are list, convert and watch");
  }
});
console.log(`answering on "${responder.channelId}"`);

for (const name of ["SIGINT", "SIGTERM"]) {
  process.once(name, async () => {
    // What was asked already is answered still.
    await responder.stop();
    await client.close();
  });
}
