/**
 * RPC: requests, answers, cancellation, and how a request ends that nobody
 * answers (docs/protocol.md §5).
 *
 * @module
 */
import { allows } from "../access/grants.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { encode } from "../protocol/codec.ts";
import { newRequestId } from "../protocol/names.ts";
import type { RequestReason, RpcEndReason } from "../protocol/reasons.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import type { RpcCounts } from "../telemetry/counters.ts";
import type { Call } from "./calls.ts";
import type { Connection } from "./connection.ts";
import type { ChannelState } from "./state.ts";

/** The most subscribers that a result lists. */
const MAX_LISTED_SUBSCRIBERS = 100;

/** Handles an `rpc-request` frame. */
export function request(
  state: ChannelState,
  requester: Connection,
  frame: ClientFrameOf<"rpc-request">,
): void {
  const { existing, connections } = state;
  const timeoutMs =
    frame["timeout-ms"] ??
    (existing?.record.config ?? state.settings.channelDefaults)[
      "rpc-timeout-ms"
    ];
  const reply = (
    requestId: string | null,
    delivery: ServerFrameOf<"rpc-request-result">["delivery"],
  ) => {
    const type = "rpc-request-result";
    const ids = { "request-id": requestId, "channel-id": state.id };
    const header = state.reply(requester, {
      type,
      ref: frame.ref,
      ...ids,
      delivery,
    });
    if (requestId !== null) {
      header.opened = [...(header.opened ?? []), requestId];
    }
    state.telemetry.emit("sente-lite.channels/rpc-request-sent", () => ({
      "request-id": requestId,
      "conn-id": requester.publicId,
      "target-channel-id": state.id,
      "timeout-ms": timeoutMs,
      "delivery-result": delivery,
    }));
  };
  const isOneOfThem = requester.subscribed && requester.mayRespond;
  const others = connections.responderCount - (isOneOfThem ? 1 : 0);
  const reason = refusal(state, requester, others);
  if (existing === undefined || reason !== undefined) {
    const why = reason ?? "channel-not-found";
    state.counters.requestRefused(why);
    reply(null, {
      success: false,
      reason: why,
      ...(reason === "forbidden" ? { operation: "request" } : {}),
    });
    return;
  }
  const { id, createdAt, recipient } = open(state, requester, frame, timeoutMs);
  const listed =
    recipient === undefined ? listOthers(state, requester) : [recipient.id];
  reply(id, {
    success: true,
    "delivered-to": recipient === undefined ? others : 1,
    subscribers: listed,
  });
  const delivered = encode({
    type: "rpc-request",
    "request-id": id,
    "channel-id": state.id,
    data: frame.data,
    "sender-conn-id": requester.publicId,
    "sender-user-id": requester.userId,
    "created-at": createdAt,
    "timeout-ms": timeoutMs,
  });
  if (recipient !== undefined) {
    state.outbox.send(recipient, delivered);
  } else if (connections.responderCount === connections.subscriberCount) {
    state.outbox.broadcast(delivered, undefined, requester);
  } else {
    for (const each of connections.responders()) {
      if (each !== requester) state.outbox.send(each, delivered);
    }
  }
}

/** Handles an `rpc-response` frame. */
export function respond(
  state: ChannelState,
  responder: Connection,
  frame: ClientFrameOf<"rpc-response">,
): void {
  const requestId = frame["request-id"];
  const head = { type: "rpc-response-result", ref: frame.ref } as const;
  const call = state.calls.get(requestId);
  if (!allows(responder.grants, "respond")) {
    const refused = { reason: "forbidden", operation: "respond" } as const;
    const ids = { "request-id": requestId, success: false };
    state.reply(responder, { ...head, ...ids, ...refused });
    return;
  }
  const reason =
    call === undefined
      ? "request-not-found"
      : state.calls.isRecipient(call, responder.id)
        ? undefined
        : "not-a-recipient";
  if (call === undefined || reason !== undefined) {
    const ids = { "request-id": requestId, success: false };
    state.reply(responder, { ...head, ...ids, reason });
    return;
  }
  const answer = encode({
    type: "rpc-response",
    "request-id": requestId,
    "channel-id": state.id,
    data: frame.data,
    error: frame.error,
    final: frame.final,
    "responder-conn-id": responder.publicId,
    "created-at": state.now,
  });
  state.reply(responder, { ...head, "request-id": requestId, success: true });
  if (frame.final) {
    state.calls.end(call);
    const how = frame.error ? "failed" : "answered";
    state.counters.requestEnded(how, state.now - call.createdAt);
  }
  state.sendAnswer(call.requester, call.id, answer, frame.final);
  state.telemetry.emit("sente-lite.channels/rpc-response-sent", () => ({
    "request-id": requestId,
    "target-conn-id": call.requester,
    "error?": frame.error,
  }));
}

/** Handles an `rpc-cancel` frame. */
export function cancel(
  state: ChannelState,
  connection: Connection,
  { ref, "request-id": requestId }: ClientFrameOf<"rpc-cancel">,
): void {
  const head = { type: "rpc-cancel-result", ref } as const;
  const call = state.calls.get(requestId);
  if (call === undefined || call.requester !== connection.id) {
    const reason =
      call === undefined ? "request-not-found" : "not-the-requester";
    const rest = { "request-id": requestId, success: false, reason } as const;
    state.reply(connection, { ...head, ...rest });
    return;
  }
  state.reply(connection, { ...head, "request-id": requestId, success: true });
  cancelRequest(state, call);
}

/** Ends a request at its requester's wish; everybody is told. */
function cancelRequest(state: ChannelState, call: Call): void {
  tellServices(state, call);
  endRequest(state, call, "cancelled");
}

/** Ends a request whose requester waits for nothing any more. */
export function dropRequest(state: ChannelState, call: Call): void {
  tellServices(state, call);
  state.calls.end(call);
  state.counters.requestEnded("cancelled");
}

/** Tells the services that nobody waits for their answer. */
function tellServices(state: ChannelState, call: Call): void {
  const frame = encode({ type: "rpc-cancel", "request-id": call.id });
  for (const id of state.calls.presentRecipients(call)) {
    const recipient = state.connections.get(id);
    if (recipient !== undefined) state.outbox.send(recipient, frame);
  }
}

/** Ends a request that no service answered, and tells its requester. */
export function endRequest(
  state: ChannelState,
  call: Call,
  reason: RpcEndReason,
): void {
  state.calls.end(call);
  state.counters.requestEnded(COUNTED_AS[reason]);
  const frame = encode({
    type: "rpc-response",
    "request-id": call.id,
    "channel-id": state.id,
    data: null,
    error: true,
    final: true,
    "responder-conn-id": null,
    "created-at": state.now,
    reason,
  });
  state.sendAnswer(call.requester, call.id, frame, true);
}

/** Ends the requests whose deadline has come. */
export function expireRequests(state: ChannelState): void {
  const expired = state.calls.expired(state.now);
  if (expired.length === 0) return;
  for (const call of expired) endRequest(state, call, "timeout");
  state.telemetry.emit("sente-lite.channels/rpc-cleanup-completed", () => ({
    "channel-id": state.id,
    "expired-count": expired.length,
  }));
}

/** Ends what depended on a connection that is gone for good. */
export function connectionGone(state: ChannelState, connId: string): void {
  state.takeHeld(connId);
  for (const call of state.calls.of(connId)) dropRequest(state, call);
  responderGone(state, connId);
}

/** Ends what a connection was asked alone, since it will not answer. */
export function responderGone(state: ChannelState, connId: string): void {
  for (const call of state.calls.recipientGone(connId)) {
    endRequest(state, call, "responders-gone");
  }
}

const COUNTED_AS: Record<RpcEndReason, keyof RpcCounts> = {
  timeout: "timed-out",
  "responders-gone": "failed",
  "channel-deleted": "failed",
  cancelled: "cancelled",
  "outcome-unknown": "failed",
};

function refusal(
  state: ChannelState,
  requester: Connection,
  others: number,
): RequestReason | undefined {
  const { existing, calls } = state;
  if (!allows(requester.grants, "request")) return "forbidden";
  if (existing === undefined) return "channel-not-found";
  if (others === 0) return "no-subscribers";
  const max = existing.record.config["max-pending-rpc"];
  const { MAX_PENDING_REQUESTS } = state.settings;
  const isFull =
    calls.size >= max || calls.openOf(requester.id) >= MAX_PENDING_REQUESTS;
  return isFull ? "too-many-requests" : undefined;
}

/** Opens a request; its recipient is undefined when all are asked. */
function open(
  state: ChannelState,
  requester: Connection,
  frame: ClientFrameOf<"rpc-request">,
  timeoutMs: number,
): { id: string; createdAt: number; recipient: Connection | undefined } {
  const { connections, calls } = state;
  const createdAt = state.now;
  const id = newRequestId(createdAt, state.id);
  const recipient =
    frame["deliver-to"] === "one"
      ? connections.next(requester, ({ id }) => calls.openFor(id))
      : undefined;
  const asked =
    recipient ??
    calls.audience(connections.version, () => connections.responders());
  const asksSessions = "members" in asked ? asked.hasSessions : asked.upstream;
  calls.open({
    id,
    requester: requester.id,
    createdAt,
    deadline: createdAt + timeoutMs,
    asked: "members" in asked ? asked : asked.id,
    hasSessions: requester.upstream || asksSessions,
  });
  return { id, createdAt, recipient };
}

function listOthers(state: ChannelState, requester: Connection): string[] {
  const ids: string[] = [];
  for (const connection of state.connections.responders()) {
    if (connection === requester) continue;
    if (ids.push(connection.id) === MAX_LISTED_SUBSCRIBERS) break;
  }
  return ids;
}
