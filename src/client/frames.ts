/**
 * What the server sends, looked at before it is believed. The schemas of
 * `protocol/` would be half of the client's size; these check only what the
 * client itself depends on.
 *
 * @module
 */
import type {
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../protocol/server-frames.ts";
import { ProtocolError } from "./errors.ts";

/** What a field holds; with a `?` it may be missing or null. */
type Kind = "string" | "number" | "boolean" | "object" | "string?" | "number?";

type Shape<T extends ServerFrameType> = {
  readonly [Field in keyof ServerFrameOf<T>]?: Kind;
};

const id = "string";
const flag = "boolean";

const SHAPES: { readonly [T in ServerFrameType]: Shape<T> } = {
  welcome: {
    "conn-id": id,
    protocol: "number",
    "heartbeat-ms": "number",
    "max-frame-bytes": "number",
    "user-id": "string?",
  },
  pong: {},
  "authenticate-result": { success: flag },
  "token-expiring": {},
  "channel-list": { channels: "object" },
  "subscription-list": { subscriptions: "object" },
  echo: {},
  error: { reason: id, message: id, "retry-after-ms": "number?" },
  "subscription-result": {
    "channel-id": id,
    success: flag,
    epoch: "string?",
    seq: "number?",
  },
  "unsubscription-result": { "channel-id": id, success: flag },
  "publish-result": {
    "channel-id": id,
    success: flag,
    seq: "number?",
    "retry-after-ms": "number?",
  },
  "channel-message": {
    "channel-id": id,
    "message-id": id,
    seq: "number?",
    "published-at": "number",
    "sender-conn-id": "string?",
    "sender-user-id": "string?",
  },
  "channel-deleted": { "channel-id": id },
  "subscription-lost": { "channel-id": id, reason: id },
  unsubscribed: { "channel-id": id, reason: id },
  "rpc-request-result": {
    "channel-id": id,
    "request-id": "string?",
    delivery: "object",
  },
  "rpc-request": {
    "channel-id": id,
    "request-id": id,
    "sender-conn-id": "string?",
    "sender-user-id": "string?",
    "timeout-ms": "number",
  },
  "rpc-response-result": { "request-id": id, success: flag },
  "rpc-response": {
    "channel-id": id,
    "request-id": id,
    error: flag,
    final: flag,
  },
  "rpc-cancel-result": { "request-id": id, success: flag },
  "rpc-cancel": { "request-id": id },
};

/**
 * The frames of a message. Frames of types that this client does not know are
 * left out: a newer server may send them.
 *
 * @param onNonsense told of everything else that is not a frame.
 */
export function framesOf(
  message: unknown,
  onNonsense: (error: ProtocolError) => void,
): ServerFrame[] {
  const nonsense = (what: string) =>
    onNonsense(new ProtocolError("invalid-message", `the server sent ${what}`));
  let value: unknown;
  try {
    value = JSON.parse(String(message));
  } catch {
    nonsense("what is not JSON");
    return [];
  }
  return (Array.isArray(value) ? value : [value]).filter(
    (object: unknown): object is ServerFrame => {
      const fault = faultOf(object);
      if (fault) nonsense(fault);
      return fault === undefined;
    },
  );
}

/** What is wrong with a frame; an empty text if it is only unknown. */
function faultOf(object: unknown): string | undefined {
  if (!isRecord(object) || typeof object.type !== "string") {
    return "what is not a frame";
  }
  const { type } = object;
  if (!Object.hasOwn(SHAPES, type)) return "";
  const shape: { [field: string]: Kind } = Reflect.get(SHAPES, type);
  const wrong = Object.keys(shape).find(
    (field) => !isKind(object[field], String(shape[field])),
  );
  if (wrong !== undefined) return `\`${type}\` with a wrong \`${wrong}\``;
  const retained = object["retained-messages"] ?? [];
  const whole = Array.isArray(retained) && retained.every(isChannelMessage);
  return whole ? undefined : `\`${type}\` with wrong \`retained-messages\``;
}

function isChannelMessage(object: unknown): boolean {
  return (
    isRecord(object) &&
    object.type === "channel-message" &&
    faultOf(object) === undefined
  );
}

function isKind(value: unknown, kind: string): boolean {
  if (kind.endsWith("?")) {
    return (value ?? null) === null || isKind(value, kind.slice(0, -1));
  }
  if (kind === "object") return isRecord(value);
  return typeof value === kind;
}

function isRecord(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
