/**
 * What the server sends, looked at before it is believed. The schemas of
 * `protocol/` would be half of the client's size; these check only what the
 * client itself depends on.
 *
 * @module
 */
import type {
  ServerFrame,
  ServerFrameType,
} from "../protocol/server-frames.ts";
import { failure } from "./errors.ts";

/** What fields hold, whatever frame they are in, unless it is null. */
const KINDS: { readonly [field: string]: string } = {
  "channel-id": "string",
  "message-id": "string",
  "request-id": "string",
  epoch: "string",
  reason: "string",
  message: "string",
  seq: "number",
  "max-frame-bytes": "number",
  "heartbeat-ms": "number",
  "frames-per-second": "number",
  "frames-burst": "number",
  "retry-after-ms": "number",
  "timeout-ms": "number",
  delivery: "object",
};

const channel = ["channel-id"];

/** The frames that this client does something about, and what they must have. */
const FRAMES: { readonly [T in ServerFrameType]?: readonly string[] } = {
  welcome: ["max-frame-bytes", "heartbeat-ms"],
  pong: [],
  error: [],
  "authenticate-result": [],
  "token-expiring": [],
  "subscription-result": [],
  "unsubscription-result": [],
  "publish-result": [],
  "channel-message": ["channel-id", "message-id"],
  "channel-deleted": channel,
  "subscription-lost": channel,
  unsubscribed: channel,
  "rpc-request-result": ["delivery"],
  "rpc-request": ["channel-id", "request-id"],
  "rpc-response-result": [],
  "rpc-response": channel,
  "rpc-cancel": ["request-id"],
};

/**
 * The frames of a message. Frames of types that this client does not know are
 * left out: a newer server may send them.
 *
 * @param onNonsense told of everything else that is not a frame.
 */
export function framesOf(
  message: unknown,
  onNonsense: (error: Error) => void,
): ServerFrame[] {
  let value: unknown;
  try {
    value = JSON.parse(String(message));
  } catch {
    // Then it is no frame.
  }
  return (Array.isArray(value) ? value : [value]).filter(
    (object: unknown): object is ServerFrame => {
      const fault = faultOf(object);
      if (fault) onNonsense(failure("protocol", `the server sent ${fault}`));
      return fault === undefined;
    },
  );
}

/** What an answer that is a refusal says of it. */
interface Refusal {
  readonly reason?: string;
  readonly message?: string;
  readonly operation?: string;
  readonly "retry-after-ms"?: number;
}

/** Why an answer is a refusal, as far as it says. */
export function refusalOf(reply: ServerFrame | undefined): Refusal {
  const said: object | undefined =
    reply && "delivery" in reply ? reply.delivery : reply;
  return said ?? {};
}

/** What is wrong with a frame; an empty text if it is only unknown. */
function faultOf(object: unknown): string | undefined {
  if (!isRecord(object) || typeof object.type !== "string") {
    return "what is not a frame";
  }
  const { type, "retained-messages": retained = [] } = object;
  if (!Object.hasOwn(FRAMES, type)) return "";
  const required: readonly string[] = Reflect.get(FRAMES, type);
  const wrong = [...Object.keys(object), ...required].find(
    (field) =>
      Object.hasOwn(KINDS, field) &&
      typeof object[field] !== KINDS[field] &&
      (object[field] !== null || required.includes(field)),
  );
  if (wrong) return `\`${type}\` with a wrong \`${wrong}\``;
  const isWhole =
    Array.isArray(retained) &&
    retained.every((each) => faultOf(each) === undefined);
  return isWhole ? undefined : `\`${type}\` with wrong \`retained-messages\``;
}

function isRecord(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
