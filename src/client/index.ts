/**
 * The client of sente-lite, for browsers, Node 22 and later, Deno, Bun and
 * Workers.
 *
 * @example
 * ```ts
 * import { connect } from "sente-lite/client";
 *
 * const client = connect("wss://realtime.example.com/ws");
 * const room = client.channel("chat-room-42");
 * await room.subscribe((message) => console.log(message.data));
 * await room.publish({ text: "hello" });
 * ```
 *
 * @module
 */
import { Client, type ConnectOptions } from "./client.ts";

export type { Position } from "../protocol/fields.ts";
export {
  type Answer,
  Channel,
  type Message,
  type Messages,
  type Responder,
} from "./channel.ts";
export { Client, type ClientEvents, type ConnectOptions } from "./client.ts";
export * from "./errors.ts";
export type {
  ConnectionState,
  StateChange,
} from "./link.ts";
export type { Published, PublishOptions } from "./publishing.ts";
export type { RequestOptions } from "./requests.ts";
export type { Asked } from "./responding.ts";
export type { StandardSchema } from "./schema.ts";
export type {
  Gap,
  SubscribeOptions,
  Subscription,
  SubscriptionEvents,
} from "./subscription.ts";
export type { TokenSource } from "./tokens.ts";
export type { ChannelSchemas, ChannelTypes } from "./types.ts";
export type { WebSocketConstructor, WebSocketLike } from "./websocket.ts";

/**
 * Connects to the service, and stays connected: after every break it connects
 * again and goes on where it was.
 *
 * `Channels` says what is said on which channels, by patterns of their ids:
 * `{ "chat-*": { message: { text: string } } }`.
 *
 * @param url of the service's session, `wss://…/ws`, or of the service alone.
 * @throws {TypeError} when that is no URL.
 */
export function connect<Channels = object>(
  url: string | URL,
  options: ConnectOptions = {},
): Client<Channels> {
  return new Client(url, options);
}
