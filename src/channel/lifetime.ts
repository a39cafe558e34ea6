/**
 * A channel's beginning, configuration and end.
 *
 * @module
 */
import type { ChannelInfo } from "../protocol/answers.ts";
import {
  type ChannelConfig,
  type PartialChannelConfig,
  sameConfig,
  withChanges,
} from "../protocol/channel-config.ts";
import { encode } from "../protocol/codec.ts";
import { randomName } from "../protocol/names.ts";
import { endRequest } from "./requests.ts";
import type { ChannelState, Existing } from "./state.ts";

/** Creates the channel; it must not exist. */
export function create(
  state: ChannelState,
  config: ChannelConfig,
  autoCreated: boolean,
): Existing {
  const { now } = state;
  const existing = state.begin({
    epoch: randomName(),
    createdAt: now,
    config,
    autoCreated,
    seq: 0,
    lastAt: now,
    idleSince: null,
    awayUntil: null,
  });
  state.telemetry.emit("sente-lite.channels/channel-created", () => ({
    "channel-id": state.id,
    config,
    "auto-created": autoCreated,
  }));
  return existing;
}

/** How `PUT /channels/:id` ended. */
export type PutOutcome = "created" | "same" | "channel-exists";

/**
 * Creates the channel if it does not exist. One that was auto-created is none
 * any more, whatever the outcome: somebody wants it by name.
 */
export function put(
  state: ChannelState,
  changes: PartialChannelConfig,
): PutOutcome {
  const config = withChanges(state.settings.channelDefaults, changes);
  if (state.existing === undefined) {
    create(state, config, false);
    return "created";
  }
  const { record } = state.existing;
  if (record.autoCreated) state.change({ autoCreated: false });
  return sameConfig(record.config, config) ? "same" : "channel-exists";
}

/**
 * Changes some settings; history and subscribers stay.
 *
 * @returns the new configuration, or undefined when there is no channel.
 */
export function configure(
  state: ChannelState,
  changes: PartialChannelConfig,
): ChannelConfig | undefined {
  if (state.existing === undefined) return undefined;
  const config = withChanges(state.existing.record.config, changes);
  state.change({ config });
  sweepLog(state);
  return config;
}

/** Deletes from storage what need not be kept any more. */
export function sweepLog(state: ChannelState): void {
  state.existing?.log.sweep(state.now);
}

/**
 * Deletes the channel and tells everybody.
 *
 * @returns whether it existed.
 */
export function remove(
  state: ChannelState,
  cause: "requested" | "idle",
): boolean {
  if (state.existing === undefined) return false;
  const { connections, calls, outbox } = state;
  for (const call of [...calls.all()]) {
    endRequest(state, call, "channel-deleted");
  }
  const subscribers = [...connections.subscribers()];
  const frame = encode({ type: "channel-deleted", "channel-id": state.id });
  outbox.broadcast(frame);
  for (const connection of subscribers) {
    const { header } = outbox.separate(connection);
    connections.unsubscribe(connection);
    header.subscribed = false;
  }
  state.end();
  state.telemetry.emit("sente-lite.channels/channel-deleted", () => ({
    "channel-id": state.id,
    "subscriber-count": subscribers.length,
    cause,
  }));
  return true;
}

/** When an auto-created channel is to be removed, in ms, or undefined. */
export function idleAt(state: ChannelState): number | undefined {
  if (state.existing === undefined) return undefined;
  const { record, log } = state.existing;
  const ttl = record.config["idle-ttl-ms"];
  if (!record.autoCreated || ttl === 0) return undefined;
  if (state.connections.subscriberCount > 0) return undefined;
  const lastMessageAt = log.lastStoredAt ?? record.lastAt;
  return Math.max(lastMessageAt, record.idleSince ?? state.now) + ttl;
}

/** The channel at this moment, or undefined when it does not exist. */
export function info(state: ChannelState): ChannelInfo | undefined {
  if (state.existing === undefined) return undefined;
  const { record, log } = state.existing;
  return {
    config: record.config,
    "created-at": record.createdAt,
    "message-count": log.seq,
    "subscriber-count": state.connections.subscriberCount,
    seq: log.seq,
    epoch: record.epoch,
    "pending-rpc-requests": state.calls.size,
  };
}
