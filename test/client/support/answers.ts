/**
 * What a server says to a client of a test.
 *
 * @module
 */
import type { ChannelMessage } from "../../../src/protocol/server-frames.ts";
import type { FakeSocket, Fields } from "./fake-socket.ts";

/** A message of a channel, as the server sends it. */
export function message(
  seq: number | undefined,
  fields: Partial<ChannelMessage> = {},
): ChannelMessage {
  return {
    type: "channel-message",
    "channel-id": "room",
    data: seq ?? "ephemeral",
    "message-id": seq === undefined ? "eph-x" : `msg-${seq}`,
    ...(seq === undefined ? {} : { seq }),
    "published-at": 1,
    "broadcast-time": 1,
    "sender-conn-id": null,
    "sender-user-id": null,
    ...fields,
  };
}

/** Answers the oldest `subscribe`: these are retained, and the last of them. */
export function subscribed(
  socket: FakeSocket,
  retained: readonly ChannelMessage[] = [],
  fields: Fields<"subscription-result"> = {},
): void {
  const { ref, "channel-id": id } = socket.takes("subscribe");
  socket.says("subscription-result", {
    ref,
    "channel-id": String(id),
    success: true,
    "subscriber-count": 1,
    "retained-messages": [...retained],
    epoch: "e1",
    seq: retained.at(-1)?.seq ?? 0,
    ...fields,
  });
}

/** Answers the oldest `publish`. */
export function published(
  socket: FakeSocket,
  fields: Fields<"publish-result"> = {},
): void {
  const frame = socket.takes("publish");
  socket.says("publish-result", {
    ref: frame.ref,
    "channel-id": String(frame["channel-id"]),
    success: true,
    "message-id": String(frame["message-id"]),
    "delivered-to": 1,
    ...fields,
  });
}

/** Answers the oldest `rpc-request`: it was passed on, as `req-1@room`. */
export function passedOn(
  socket: FakeSocket,
  fields: Fields<"rpc-request-result"> = {},
): void {
  const { ref, "channel-id": id } = socket.takes("rpc-request");
  socket.says("rpc-request-result", {
    ref,
    "request-id": REQUEST,
    "channel-id": String(id),
    delivery: { success: true, "delivered-to": 1, subscribers: ["conn-2"] },
    ...fields,
  });
}

/** Answers the request with the final answer, or whatever the fields say. */
export function answered(
  socket: FakeSocket,
  fields: Fields<"rpc-response"> = {},
): void {
  socket.says("rpc-response", {
    "request-id": REQUEST,
    "channel-id": "room",
    data: null,
    error: false,
    final: true,
    "responder-conn-id": "conn-2",
    "created-at": 1,
    ...fields,
  });
}

/** The server asks a responder. */
export function asks(
  socket: FakeSocket,
  fields: Fields<"rpc-request"> = {},
): void {
  socket.says("rpc-request", {
    "request-id": REQUEST,
    "channel-id": "room",
    data: 1,
    "sender-conn-id": "conn-2",
    "sender-user-id": null,
    "created-at": 1,
    "timeout-ms": 30_000,
    ...fields,
  });
}

/** The request of these tests. */
export const REQUEST = "req-1@room";
