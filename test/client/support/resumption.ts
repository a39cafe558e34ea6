/**
 * Subscriptions of tests that note what they are handed.
 *
 * @module
 */
import type { Gap, Subscription } from "../../../src/client/index.ts";
import type { SubscribeOptions } from "../../../src/client/subscription.ts";
import { message, subscribed } from "./answers.ts";
import { type Stage, soon, startConnected } from "./stage.ts";

export interface Subscribed extends Stage {
  readonly subscription: Subscription;
  /** What was handed over. */
  readonly got: (number | undefined)[];
  readonly gaps: Gap[];
}

export async function subscribe(
  first: Parameters<typeof subscribed>[1] = [],
  fields: Parameters<typeof subscribed>[2] = {},
  options: SubscribeOptions = {},
): Promise<Subscribed> {
  const stage = await startConnected();
  const got: (number | undefined)[] = [];
  const gaps: Gap[] = [];
  const subscribing = stage.client
    .channel("room")
    .subscribe(({ seq }) => got.push(seq), options);
  await soon();
  subscribed(stage.socket, first, fields);
  const subscription = await subscribing;
  subscription.on("gap", (gap) => gaps.push(gap));
  return Object.assign(Object.create(stage), { subscription, got, gaps });
}

export function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}
