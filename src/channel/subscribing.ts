/**
 * Who listens: subscribing, unsubscribing, and coming back.
 *
 * @module
 */
import { allows } from "../access/grants.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { encode, encoded } from "../protocol/codec.ts";
import type { Position } from "../protocol/fields.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import type {
  Resume,
  ResumeOutcome,
  UpstreamHeader,
} from "../protocol/upstream.ts";
import type { Connection } from "./connection.ts";
import { subscriptionResult } from "./frames.ts";
import { create } from "./lifetime.ts";
import { dropRequest } from "./requests.ts";
import type { ChannelState, Existing } from "./state.ts";

/**
 * Handles a `subscribe` frame.
 *
 * @returns the bytes of replay that it put in the outbox.
 */
export function subscribe(
  state: ChannelState,
  connection: Connection,
  frame: ClientFrameOf<"subscribe">,
): number {
  const { ref } = frame;
  const refuse = (
    rest: Pick<
      ServerFrameOf<"subscription-result">,
      "reason" | "operation" | "current" | "max"
    >,
  ): number => {
    const head = { type: "subscription-result", ref } as const;
    const where = { "channel-id": state.id, success: false };
    state.reply(connection, { ...head, ...where, ...rest });
    return 0;
  };
  if (!allows(connection.grants, "subscribe")) {
    return refuse({ reason: "forbidden", operation: "subscribe" });
  }
  let { existing } = state;
  if (existing === undefined) {
    if (!state.settings.autoCreate) {
      return refuse({ reason: "channel-not-found" });
    }
    if (!allows(connection.grants, "create")) {
      return refuse({ reason: "forbidden", operation: "create" });
    }
    existing = create(state, state.settings.channelDefaults, true);
  }
  if (isFull(state, existing, connection)) {
    const max = existing.record.config["max-subscribers"];
    const current = state.connections.subscriberCount;
    return refuse({ reason: "max-subscribers-reached", current, max });
  }
  const { recovered, messages } = replay(
    state,
    existing,
    connection,
    frame.since,
    frame["retained-limit"],
  );
  if (!connection.subscribed) {
    state.backpressure.started(connection);
  }
  const header = join(state, existing, connection);
  const result = subscriptionResult(
    {
      ref,
      channelId: state.id,
      subscriberCount: state.connections.subscriberCount,
      epoch: existing.record.epoch,
      seq: existing.log.seq,
      recovered,
    },
    messages,
  );
  state.outbox.reply(connection, result);
  header.seq = existing.log.seq;
  return result.bytes;
}

/** Handles an `unsubscribe` frame. */
export function unsubscribe(
  state: ChannelState,
  connection: Connection,
  { ref }: ClientFrameOf<"unsubscribe">,
): void {
  const head = { type: "unsubscription-result", ref } as const;
  const where = { "channel-id": state.id };
  if (state.existing === undefined || !connection.subscribed) {
    const reason =
      state.existing === undefined ? "channel-not-found" : "not-subscribed";
    state.reply(connection, { ...head, ...where, success: false, reason });
    return;
  }
  const { header } = state.outbox.separate(connection);
  leave(state, connection);
  header.subscribed = false;
  state.reply(connection, { ...head, ...where, success: true });
}

/** Ends a subscription that is not allowed any more, and says so. */
export function expel(state: ChannelState, connection: Connection): void {
  if (!connection.subscribed || allows(connection.grants, "subscribe")) return;
  const { header } = state.outbox.separate(connection);
  leave(state, connection);
  header.subscribed = false;
  const frame = { type: "unsubscribed", "channel-id": state.id } as const;
  state.outbox.send(connection, encode({ ...frame, reason: "forbidden" }));
}

/** Ends a subscription, if there is one. */
export function leave(state: ChannelState, connection: Connection): void {
  if (!connection.subscribed) return;
  state.connections.unsubscribe(connection);
  const { subscriberCount } = state.connections;
  if (subscriberCount === 0 && state.existing?.record.autoCreated) {
    state.change({ idleSince: state.now });
  }
  state.telemetry.emit("sente-lite.channels/subscription-removed", () => ({
    "conn-id": connection.id,
    "channel-id": state.id,
    "subscriber-count": subscriberCount,
  }));
}

/**
 * Handles the first frame of a session's socket that replaces another: the
 * subscription goes on where it stood, and so do the open requests.
 *
 * @returns the bytes of replay that it put in the outbox.
 */
export function resume(
  state: ChannelState,
  connection: Connection,
  { subscription, requests }: Resume,
): number {
  const { header, frames } = state.outbox.separate(connection);
  const named = new Set(requests);
  const held = state.takeHeld(connection.id).filter(({ id }) => named.has(id));
  const ended = held.filter(({ final }) => final);
  const known = new Set(ended.map(({ id }) => id));
  for (const call of state.calls.of(connection.id)) {
    // Its session never learnt of it, so nobody waits for the answer.
    if (named.has(call.id)) known.add(call.id);
    else dropRequest(state, call);
  }
  let bytes = 0;
  let outcome: ResumeOutcome | null = null;
  if (subscription !== null) {
    const resumed = resumeSubscription(state, connection, subscription);
    outcome = resumed.outcome;
    for (const message of resumed.messages) {
      const frame = encoded(message);
      frames.push(frame);
      bytes += frame.bytes;
    }
    state.backpressure.started(connection);
  }
  for (const { id, frame, final } of held) {
    state.sendAnswer(connection.id, id, frame, final);
  }
  header.resumed = {
    subscription: outcome,
    "unknown-requests": requests.filter((id) => !known.has(id)),
  };
  return bytes;
}

function resumeSubscription(
  state: ChannelState,
  connection: Connection,
  since: Position & { order: number },
): { outcome: ResumeOutcome; messages: readonly string[] } {
  const { existing } = state;
  const none: readonly string[] = [];
  if (!allows(connection.grants, "subscribe")) {
    return { outcome: "forbidden", messages: none };
  }
  if (existing === undefined) {
    return { outcome: "channel-not-found", messages: none };
  }
  if (isFull(state, existing, connection)) {
    return { outcome: "max-subscribers-reached", messages: none };
  }
  const replayed = replay(state, existing, connection, since, 0);
  const header = join(state, existing, connection, since.order);
  header.seq = existing.log.seq;
  return replayed.recovered
    ? { outcome: "recovered", messages: replayed.messages }
    : { outcome: "gap", messages: none };
}

/** What a subscriber is handed, as far as it may see history. */
function replay(
  state: ChannelState,
  existing: Existing,
  { grants }: Connection,
  since: Position | undefined,
  retainedLimit: number | undefined,
) {
  const replayed = allows(grants, "history")
    ? existing.log.replay(since, retainedLimit, state.now)
    : replayNothing(existing, since);
  if (replayed.recovered !== undefined) {
    state.counters.recovery(replayed.recovered ? "recovered" : "gap");
  }
  return replayed;
}

function replayNothing(
  { log, record }: Existing,
  since: Position | undefined,
): { recovered: boolean | undefined; messages: string[] } {
  const current = since?.epoch === record.epoch && since.seq === log.seq;
  return { recovered: since === undefined ? undefined : current, messages: [] };
}

function isFull(
  state: ChannelState,
  { record }: Existing,
  connection: Connection,
): boolean {
  return (
    !connection.subscribed &&
    state.connections.subscriberCount >= record.config["max-subscribers"]
  );
}

/** @param order its place before it broke off. */
function join(
  state: ChannelState,
  { record }: Existing,
  connection: Connection,
  order?: number,
): UpstreamHeader {
  const { header } = state.outbox.separate(connection);
  if (!connection.subscribed) {
    state.connections.subscribe(connection, order);
    if (record.idleSince !== null) state.change({ idleSince: null });
    state.telemetry.emit("sente-lite.channels/subscription-added", () => ({
      "conn-id": connection.id,
      "channel-id": state.id,
      "subscriber-count": state.connections.subscriberCount,
    }));
  }
  header.subscribed = true;
  header.epoch = record.epoch;
  header.order = connection.order ?? 0;
  return header;
}
