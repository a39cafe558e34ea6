/**
 * Who is subscribed to a channel, for `GET /channels/:id/subscribers`.
 *
 * @module
 */
import type { SubscriberList } from "../protocol/answers.ts";
import type { ChannelState } from "./state.ts";

/** The most subscribers that one answer holds. */
const MAX_SUBSCRIBERS_SHOWN = 1_000;

/** The subscribers in order of subscription, or undefined without a channel. */
export function subscriberList(
  state: ChannelState,
): SubscriberList | undefined {
  if (state.existing === undefined) return undefined;
  const { connections, now } = state;
  const subscribers: SubscriberList["subscribers"] = [];
  for (const { id, userId, identity, order } of connections.subscribers()) {
    if (subscribers.length === MAX_SUBSCRIBERS_SHOWN) break;
    subscribers.push({
      "conn-id": id,
      "user-id": userId,
      via: identity.via === "direct" ? "direct" : "session",
      // The order is by time, and kept anyway: but of those who came within
      // one millisecond all but the first have a later one.
      "subscribed-at": Math.min(order ?? now, now),
    });
  }
  const { subscriberCount } = connections;
  return {
    "channel-id": state.id,
    "server-time": now,
    "subscriber-count": subscriberCount,
    subscribers,
    ...(subscriberCount > subscribers.length ? { truncated: true } : {}),
  };
}
