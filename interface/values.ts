/**
 * Values that examples share. Tests replace those that the server makes up by
 * those of its answers.
 *
 * @module
 */

export const EPOCH = "gbI-C3sz0aVqKx7P";
export const CREATED_AT = 1795414434242;
export const PUBLISHED_AT = 1795414561853;

/** Connections, by who they are of. */
export const CONNECTIONS = {
  client: "conn-1795414518612-zcdhK2mWq8RtYx0A",
  other: "conn-1795414519377-hXQgkMZX8_8behNz",
  service: "conn-1795414520149-_FVpr3nLd5uEoB1s",
} as const;

/** An RPC request on a channel. */
export function requestOn(channel: string): string {
  return `req-1795414522014-vVbFhG28H2A9TvsF@${channel}`;
}

/**
 * Stands for a token, and is none: what looks like one would be taken for a
 * secret that is out. Tests replace it by one that is good.
 */
export const TOKEN = "<jwt>";
/** One that grants less. */
export const LESSER_TOKEN = "<jwt that grants less>";

/** A whole configuration. */
export const CONFIG = {
  "max-subscribers": 1_000,
  "message-retention": 50,
  "recovery-window": 1_000,
  "recovery-window-bytes": 524_288,
  "recovery-ttl-ms": 3_600_000,
  "rpc-timeout-ms": 30_000,
  "idle-ttl-ms": 86_400_000,
  "max-pending-rpc": 10_000,
} as const;

/** A stored message that came over HTTP. */
export function storedMessage(seq: number, data: unknown) {
  return {
    type: "channel-message",
    "channel-id": "chat",
    data,
    "message-id": `msg-${seq}`,
    seq,
    "published-at": PUBLISHED_AT,
    "broadcast-time": PUBLISHED_AT,
    "sender-conn-id": null,
    "sender-user-id": null,
  } as const;
}

/** The body of a refusal. */
export function refusal(reason: string, message: string) {
  return { error: { reason, message } } as const;
}
