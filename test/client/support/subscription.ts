/**
 * Subscriptions of tests.
 *
 * @module
 */
import type { Subscription } from "../../../src/client/index.ts";
import { message, subscribed } from "./answers.ts";
import { type Stage, soon } from "./stage.ts";

export async function subscribe(
  stage: Stage,
  handler: (seq: number | undefined) => unknown = () => {},
): Promise<Subscription> {
  const room = stage.client.channel("room");
  const subscribing = room.subscribe(({ seq }) => handler(seq));
  await soon();
  subscribed(stage.socket);
  return subscribing;
}

export function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}

/** How often the client sent a frame of this type over this connection. */
export function times({ socket }: Stage, type: string): number {
  return socket.messages.join().split(`"type":"${type}"`).length - 1;
}

export function withAbort() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
