/**
 * The protocol (docs/protocol.md) for those who write a client of their own,
 * or test one: schemas and types of all frames, how they are read and written,
 * and the closed sets. The parts that need no validation import no library:
 * bundlers leave it out where no schema is used.
 *
 * @example
 * ```ts
 * import { type ClientFrameInput, decodeServer } from "sente-lite/protocol";
 *
 * const hello: ClientFrameInput = { type: "subscribe", "channel-id": "chat" };
 * socket.send(JSON.stringify(hello));
 * socket.onmessage = ({ data }) => {
 *   for (const frame of decodeServer(data)) {
 *     if (frame.type === "channel-message") console.log(frame.data);
 *   }
 * };
 * ```
 *
 * @module
 */
export {
  type ChannelInfo,
  ChannelInfoSchema,
  type ChannelPage,
  ChannelPageSchema,
  type Disconnected,
  DisconnectedSchema,
  type Health,
  HealthSchema,
  type HistoryPage,
  HistoryPageSchema,
  LiveSchema,
  ProbeSchema,
  ReadySchema,
  type ServerStats,
  ServerStatsSchema,
} from "./answers.ts";
export {
  CHANNEL_CONFIG,
  CHANNEL_CONFIG_KEYS,
  type ChannelConfig,
  type ChannelConfigKey,
  ChannelConfigSchema,
  DEFAULT_CHANNEL_CONFIG,
  type NumberSetting,
  type PartialChannelConfig,
  PartialChannelConfigSchema,
} from "./channel-config.ts";
export {
  CLIENT_FRAMES,
  type ClientFrame,
  type ClientFrameInput,
  type ClientFrameOf,
  type ClientFrameType,
  MAX_LIST_LIMIT,
} from "./client-frames.ts";
export {
  decodeClient,
  decodeServer,
  type Encoded,
  encode,
  type Inbound,
  type JsonObject,
  toMessages,
} from "./codec.ts";
export { ErrorBodySchema } from "./error-body.ts";
export {
  type DeliverTo,
  type Position,
  PositionSchema,
  type Ref,
  RefSchema,
} from "./fields.ts";
export {
  BATCH_SUBPROTOCOL,
  DEFAULT_MAX_DEPTH,
  HEARTBEAT_PING,
  HEARTBEAT_PONG,
  MAX_BATCH_BYTES,
  MAX_BATCH_OBJECTS,
  PLAIN_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "./framing.ts";
export {
  CHANNEL_ID_RULE,
  channelOfRequest,
  isChannelId,
  isOwnMessageId,
  MAX_CHANNEL_ID_BYTES,
  MAX_MESSAGE_ID_LENGTH,
  utf8Length,
} from "./names.ts";
export { type Grants, OPERATIONS, type Operation } from "./operations.ts";
export {
  AUTHENTICATE_REASONS,
  type AuthenticateReason,
  CANCEL_REASONS,
  type CancelReason,
  CLOSE_CODES,
  type CloseCode,
  ERROR_REASONS,
  type ErrorReason,
  EVENTS_END_REASONS,
  type EventsEndReason,
  HTTP_REASONS,
  type HttpReason,
  PUBLISH_REASONS,
  type PublishReason,
  REQUEST_REASONS,
  RESPONSE_REASONS,
  type RequestReason,
  type ResponseReason,
  RPC_END_REASONS,
  type RpcEndReason,
  SUBSCRIBE_REASONS,
  SUBSCRIPTION_LOST_REASONS,
  type SubscribeReason,
  type SubscriptionLostReason,
  UNSUBSCRIBE_REASONS,
  UNSUBSCRIBED_REASONS,
  type UnsubscribedReason,
  type UnsubscribeReason,
} from "./reasons.ts";
export {
  type ChannelMessage,
  ChannelMessageSchema,
  type ChannelSummary,
  ChannelSummarySchema,
  isServerFrameType,
  SERVER_FRAMES,
  type ServerFrame,
  type ServerFrameOf,
  type ServerFrameType,
} from "./server-frames.ts";
