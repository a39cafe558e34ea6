/**
 * The events of the system, under the names and with the data keys of the
 * sente-lite channel system, and the level at which each is logged. Events
 * that every message causes are `debug`; those of a channel's or connection's
 * life are `info`.
 *
 * @module
 */

/** The data of every event. */
export interface TelemetryEvents {
  "sente-lite.channels/channel-created": {
    "channel-id": string;
    config: object;
    "auto-created": boolean;
  };
  "sente-lite.channels/channel-deleted": {
    "channel-id": string;
    "subscriber-count": number;
    cause: "requested" | "idle";
  };
  "sente-lite.channels/subscription-added": {
    "conn-id": string;
    "channel-id": string;
    "subscriber-count": number;
  };
  "sente-lite.channels/subscription-removed": {
    "conn-id": string;
    "channel-id": string;
    "subscriber-count": number;
  };
  "sente-lite.channels/message-published": {
    "channel-id": string;
    "message-id": string;
    "target-subscriber-count": number;
    "total-subscriber-count": number;
  };
  "sente-lite.channels/rpc-request-sent": {
    "request-id": string | null;
    "conn-id": string | null;
    "target-channel-id": string;
    "timeout-ms": number;
    "delivery-result": object;
  };
  "sente-lite.channels/rpc-response-sent": {
    "request-id": string;
    "target-conn-id": string;
    "error?": boolean;
  };
  "sente-lite.channels/rpc-cleanup-completed": {
    "channel-id": string;
    "expired-count": number;
  };
  "sente-lite.server/message-routing": {
    "conn-id": string;
    "message-type": string;
  };
  "sente-lite.server/channel-broadcast-start": {
    "channel-id": string;
    "target-count": number;
  };
  "sente-lite.server/channel-broadcast-complete": {
    "channel-id": string;
    delivered: number;
    "target-count": number;
  };
  "sente-lite.server/connection-added": {
    "conn-id": string;
    via: "session" | "direct" | "http";
  };
  "sente-lite.server/connection-removed": {
    "conn-id": string;
    via: "session" | "direct" | "http";
    code: number;
  };
}

/** The name of an event. */
export type TelemetryEvent = keyof TelemetryEvents;

/** The level at which each event is logged. */
export const EVENT_LEVELS: Record<TelemetryEvent, "debug" | "info"> = {
  "sente-lite.channels/channel-created": "info",
  "sente-lite.channels/channel-deleted": "info",
  "sente-lite.channels/subscription-added": "info",
  "sente-lite.channels/subscription-removed": "info",
  "sente-lite.channels/message-published": "debug",
  "sente-lite.channels/rpc-request-sent": "debug",
  "sente-lite.channels/rpc-response-sent": "debug",
  "sente-lite.channels/rpc-cleanup-completed": "info",
  "sente-lite.server/message-routing": "debug",
  "sente-lite.server/channel-broadcast-start": "debug",
  "sente-lite.server/channel-broadcast-complete": "debug",
  "sente-lite.server/connection-added": "info",
  "sente-lite.server/connection-removed": "info",
};

/** Every event, in the order of the table. */
export const EVENT_NAMES = Object.keys(EVENT_LEVELS) as TelemetryEvent[];
