/**
 * What is done by frames, on a session and on a channel's own path.
 *
 * @module
 */
import { expect } from "vitest";

import type { ServerFrameType } from "../../../../src/protocol/server-frames.ts";
import { type Client, connect, type Outgoing } from "../client.ts";
import {
  listed,
  message,
  NONE_LISTED,
  name,
  notSubscribed,
  published,
  subscribed,
} from "./answers.ts";
import type { Actor, Answer, Deed } from "./deeds.ts";

/** Something done by a frame, on a session and on a channel's own path. */
interface FrameDeed extends Omit<Deed, "way" | "creates" | "nothing" | "does"> {
  readonly creates?: boolean;
  /** Absent: as `refused`. */
  readonly nothing?: Answer;
  does(client: Client, actor: Actor): Promise<object>;
}

const asks =
  (answer: ServerFrameType, frame: (actor: Actor) => Outgoing) =>
  (client: Client, actor: Actor): Promise<object> =>
    client.asks({ "channel-id": actor.channel, ...frame(actor) }, answer);

const subscribes = (fields: (actor: Actor) => object = () => ({})) =>
  asks("subscription-result", (actor) => ({
    type: "subscribe",
    ...fields(actor),
  }));

const FRAMES: readonly FrameDeed[] = [
  {
    what: "subscribe",
    operation: "subscribe",
    does: subscribes(),
    done: (id) => subscribed(id, { "retained-messages": expect.any(Array) }),
    refused: notSubscribed,
  },
  {
    what: "publish",
    operation: "publish",
    does: asks("publish-result", () => ({ type: "publish", data: 1 })),
    done: published,
    refused: (id) => ({
      type: "publish-result",
      "channel-id": id,
      success: false,
      reason: "forbidden",
      operation: "publish",
    }),
  },
  {
    what: "request",
    operation: "request",
    does: asks("rpc-request-result", () => ({ type: "rpc-request", data: 1 })),
    done: (id) => ({
      type: "rpc-request-result",
      "request-id": name,
      "channel-id": id,
      delivery: { success: true, "delivered-to": 1, subscribers: [name] },
    }),
    refused: (id) => ({
      type: "rpc-request-result",
      "request-id": null,
      "channel-id": id,
      delivery: { success: false, reason: "forbidden", operation: "request" },
    }),
  },
  {
    what: "respond",
    operation: "respond",
    beside: ["subscribe"],
    does: respond,
    done: () => ({
      type: "rpc-response-result",
      "request-id": name,
      success: true,
    }),
    refused: () => ({
      type: "rpc-response-result",
      "request-id": name,
      success: false,
      reason: "forbidden",
      operation: "respond",
    }),
  },
  {
    what: "retained messages",
    operation: "history",
    beside: ["subscribe"],
    does: subscribes(),
    done: (id) => subscribed(id, { "retained-messages": [message(id)] }),
    refused: (id) => subscribed(id, {}),
    nothing: notSubscribed,
  },
  {
    what: "recovery",
    operation: "history",
    beside: ["subscribe"],
    does: subscribes(({ epoch }) => ({ since: { epoch, seq: 0 } })),
    done: (id) =>
      subscribed(id, {
        "retained-messages": [message(id)],
        recovered: true,
      }),
    refused: (id) => subscribed(id, { recovered: false }),
    nothing: notSubscribed,
  },
  {
    what: "create by subscribing",
    operation: "create",
    beside: ["subscribe"],
    creates: true,
    does: subscribes(),
    done: (id) => subscribed(id, { "subscriber-count": 1, seq: 0 }),
    refused: (id) => notSubscribed(id, "create"),
    nothing: notSubscribed,
  },
  {
    what: "listing",
    operation: "info",
    does: (client, { channel }) =>
      client.asks({ type: "list-channels", prefix: channel }, "channel-list"),
    done: (id) => ({ type: "channel-list", ...listed(id) }),
    refused: () => ({ type: "channel-list", ...NONE_LISTED }),
  },
];

/** Answers what it is asked; who cannot be asked makes a request up. */
async function respond(client: Client, actor: Actor): Promise<object> {
  const { channel, witness } = actor;
  await client.asks(
    { type: "subscribe", "channel-id": channel },
    "subscription-result",
  );
  const { delivery } = await witness.asks(
    { type: "rpc-request", "channel-id": channel, data: 1 },
    "rpc-request-result",
  );
  const request = delivery.success
    ? await client.receives({ type: "rpc-request" })
    : { "request-id": `req-1-made-up@${channel}` };
  const { "request-id": id } = request;
  const frame = { type: "rpc-response", "request-id": id, data: "answer" };
  return client.asks(frame, "rpc-response-result");
}

/** All of it, by both ways. */
export const BY_FRAME: readonly Deed[] = (
  ["session", "direct"] as const
).flatMap((way) =>
  FRAMES.map((deed) => ({
    creates: false,
    nothing: deed.refused,
    ...deed,
    way,
    does: (actor: Actor) => by(way, actor, deed.does),
  })),
);

/** Does something on a connection of its own. */
async function by(
  way: "session" | "direct",
  actor: Actor,
  does: FrameDeed["does"],
): Promise<unknown> {
  const { server, token, channel } = actor;
  const where = way === "direct" ? { channel } : {};
  const client = await connect(server, { token, ...where });
  try {
    const { ref, ...answer } = { ref: 0, ...(await does(client, actor)) };
    return answer;
  } finally {
    await client.leaves();
  }
}
