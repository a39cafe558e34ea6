/**
 * What the server sends, looked at before it is believed. The schemas of
 * `protocol/` would be half of the client's size; these check only what the
 * client itself depends on.
 *
 * @module
 */
import type { ServerFrame } from "../protocol/server-frames.ts";
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

/** Fields that must be there. Other frames do no harm without theirs. */
const REQUIRED = new Map<string, readonly string[]>([
  ["welcome", ["max-frame-bytes", "heartbeat-ms"]],
  ["channel-message", ["message-id"]],
  ["rpc-request", ["request-id"]],
  ["rpc-request-result", ["delivery"]],
]);

/**
 * The frames of a message. Frames of types that this client does not know are
 * among them: a newer server may send them.
 *
 * @param onNonsense told of everything that is not a frame.
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
      if (!fault) return true;
      onNonsense(failure("protocol", `the server sent ${fault}`));
      return false;
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

/** What is wrong with a frame, if anything is. */
function faultOf(object: unknown): string | undefined {
  if (!isRecord(object) || typeof object.type !== "string") {
    return "what is not a frame";
  }
  const { type, "retained-messages": retained = [] } = object;
  const required = REQUIRED.get(type) ?? [];
  const wrong = [...Object.keys(object), ...required].find(
    (field) =>
      Object.hasOwn(KINDS, field) &&
      typeof object[field] !== KINDS[field] &&
      (object[field] !== null || required.includes(field)),
  );
  if (wrong) return `\`${type}\` with a wrong \`${wrong}\``;
  const isWhole = Array.isArray(retained) && !retained.some(faultOf);
  return isWhole ? undefined : `\`${type}\` with wrong \`retained-messages\``;
}

function isRecord(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
