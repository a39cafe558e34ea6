/**
 * Responders of tests.
 *
 * @module
 */
import { expect } from "vitest";

import type { Answer, Asked } from "../../../src/client/index.ts";
import { REQUEST, subscribed } from "./answers.ts";
import { soon, startConnected } from "./stage.ts";

export async function respond(
  answering: (asked: Asked) => Answer<unknown>,
  welcome: Parameters<typeof startConnected>[1] = {},
) {
  const stage = await startConnected({}, welcome);
  const room = stage.client.channel("room");
  const responding = room.respond(answering);
  await soon();
  subscribed(stage.socket);
  return { stage, room, responder: await responding, socket: stage.socket };
}

/** The answers that were sent, without what is the same in all of them. */
export function answers({ unseen }: { unseen: readonly object[] }) {
  return unseen
    .filter((frame) => "type" in frame && frame.type === "rpc-response")
    .map((frame) => {
      const { type: _, ref: __, "request-id": id, ...answer } = Object(frame);
      expect(id).toBe(REQUEST);
      return answer;
    });
}

export function raise(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

export function circle(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}
