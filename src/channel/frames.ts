/**
 * Frames whose text is built by hand, because they are encoded for many or
 * hold much that is encoded already.
 *
 * @module
 */
import { type Encoded, encoded } from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";

/** Who sent something, as others are shown it. */
export interface Sender {
  readonly connId: string | null;
  readonly userId: string | null;
}

/**
 * A `channel-message`.
 *
 * @param data as JSON.
 * @param seq absent on an ephemeral message.
 * @param now in ms since the Unix epoch.
 */
export function channelMessage(
  channelId: string,
  data: string,
  messageId: string,
  seq: number | undefined,
  { connId, userId }: Sender,
  now: number,
): Encoded {
  const number = seq === undefined ? "" : `"seq":${seq},`;
  return encoded(
    `{"type":"channel-message","channel-id":${JSON.stringify(channelId)},` +
      `"data":${data},"message-id":${JSON.stringify(messageId)},${number}` +
      `"published-at":${now},"broadcast-time":${now},` +
      `"sender-conn-id":${JSON.stringify(connId)},` +
      `"sender-user-id":${JSON.stringify(userId)}}`,
  );
}

/** A successful `subscription-result`. */
export function subscriptionResult(
  fields: {
    readonly ref: Ref | undefined;
    readonly channelId: string;
    readonly subscriberCount: number;
    readonly epoch: string;
    readonly seq: number;
    readonly recovered: boolean | undefined;
  },
  messages: readonly string[],
): Encoded {
  const { ref, channelId, subscriberCount, epoch, seq, recovered } = fields;
  const head = JSON.stringify({
    type: "subscription-result",
    ref,
    "channel-id": channelId,
    success: true,
    "subscriber-count": subscriberCount,
  });
  const tail = JSON.stringify({ epoch, seq, recovered });
  const list = `"retained-messages":[${messages.join(",")}]`;
  return encoded(`${head.slice(0, -1)},${list},${tail.slice(1)}`);
}
