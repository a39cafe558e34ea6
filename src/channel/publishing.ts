/**
 * Publishing (docs/protocol.md §4).
 *
 * @module
 */
import { allows } from "../access/grants.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { isLongerThan, randomName } from "../protocol/names.ts";
import type { Grants } from "../protocol/operations.ts";
import type { PublishReason } from "../protocol/reasons.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";
import type { Connection } from "./connection.ts";
import { channelMessage, type Sender } from "./frames.ts";
import type { ChannelState, Existing } from "./state.ts";

/** A `publish-result`. */
export type PublishResult = ServerFrameOf<"publish-result">;

/** What is published, and by whom. */
export interface Publication {
  /** As JSON. */
  readonly data: string;
  readonly messageId: string | undefined;
  readonly ephemeral: boolean;
  readonly sender: Sender;
  readonly grants: Grants;
  /** The publisher's connection when it wants no copy. */
  readonly except?: Connection | undefined;
}

/** Handles a `publish` frame. */
export function publishFrame(
  state: ChannelState,
  connection: Connection,
  frame: ClientFrameOf<"publish">,
): void {
  const result = publish(state, {
    data: JSON.stringify(frame.data),
    messageId: frame["message-id"],
    ephemeral: frame.ephemeral,
    sender: { connId: connection.publicId, userId: connection.userId },
    grants: connection.grants,
    except: frame["exclude-sender"] ? connection : undefined,
  });
  state.reply(connection, { ...result, ref: frame.ref });
}

/** Publishes what came over HTTP or from another Worker. */
export function broadcast(
  state: ChannelState,
  publication: Publication,
): PublishResult {
  const target = state.connections.subscriberCount;
  state.telemetry.emit("sente-lite.server/channel-broadcast-start", () => ({
    "channel-id": state.id,
    "target-count": target,
  }));
  const result = publish(state, publication);
  state.telemetry.emit("sente-lite.server/channel-broadcast-complete", () => ({
    "channel-id": state.id,
    delivered: result["delivered-to"] ?? 0,
    "target-count": target,
  }));
  return result;
}

function publish(state: ChannelState, publication: Publication): PublishResult {
  const { existing } = state;
  const { data, messageId, ephemeral, sender, except } = publication;
  const head = { type: "publish-result", "channel-id": state.id } as const;
  const refuse = (
    reason: PublishReason,
    rest: Pick<PublishResult, "operation" | "retry-after-ms"> = {},
  ): PublishResult => {
    state.counters.publishRefused(reason);
    return { ...head, success: false, reason, ...rest };
  };
  if (!allows(publication.grants, "publish")) {
    return refuse("forbidden", { operation: "publish" });
  }
  if (existing === undefined) return refuse("channel-not-found");
  if (isLongerThan(data, state.settings.MAX_DATA_BYTES)) {
    return refuse("payload-too-large");
  }
  const retryAfterMs = state.publishes.take(state.now);
  if (retryAfterMs > 0) {
    state.counters.limited("publishes");
    return refuse("rate-limited", { "retry-after-ms": retryAfterMs });
  }
  const { log } = existing;
  const key = messageId && messageKey(sender.userId, messageId);
  const first = key === undefined ? undefined : log.find(key);
  if (messageId !== undefined && first !== undefined) {
    const known = { "message-id": messageId, seq: first };
    return { ...head, success: true, ...known, duplicate: true };
  }
  const build = (id: string, seq?: number) =>
    channelMessage(state.id, data, id, seq, sender, state.now);
  const { subscriberCount } = state.connections;
  const delivered = subscriberCount - (except?.subscribed ? 1 : 0);
  const result = ephemeral
    ? sendOnly(state, build, publication)
    : store(state, existing, build, publication, key);
  state.counters.published(delivered);
  state.telemetry.emit("sente-lite.channels/message-published", () => ({
    "channel-id": state.id,
    "message-id": result["message-id"],
    "target-subscriber-count": delivered,
    "total-subscriber-count": subscriberCount,
  }));
  return { ...head, success: true, ...result, "delivered-to": delivered };
}

type Build = (id: string, seq?: number) => ReturnType<typeof channelMessage>;

function store(
  state: ChannelState,
  { log }: Existing,
  build: Build,
  { messageId, except }: Publication,
  key: string | undefined,
): { "message-id": string; seq: number } {
  let id = "";
  const message = log.append((seq) => {
    id = messageId ?? `msg-${seq}`;
    return build(id, seq);
  }, key);
  state.outbox.broadcast(message, log.seq, except);
  return { "message-id": id, seq: log.seq };
}

function sendOnly(
  state: ChannelState,
  build: Build,
  { messageId, except }: Publication,
): { "message-id": string } {
  const id = messageId ?? `eph-${randomName()}`;
  state.outbox.broadcast(build(id), undefined, except);
  return { "message-id": id };
}

/** A message-id is its user's; anonymous publishers count as one user. */
function messageKey(userId: string | null, messageId: string): string {
  return JSON.stringify(userId === null ? [messageId] : [messageId, userId]);
}
