/**
 * What can go wrong for who uses the client. Every error has a `name` and a
 * `reason` that stay the same from version to version; `message` is for
 * people.
 *
 * @module
 */

/**
 * Reasons that this client gives by itself; all others are the server's.
 * docs/reasons.md has an entry for each.
 */
export type ClientReason =
  | "closed"
  | "connection-lost"
  | "invalid-data"
  | "protocol"
  | "queue-full"
  | "remote"
  | "responding"
  | "timeout"
  | "unsubscribed";

/** Anything that went wrong; refusals without a class of their own, too. */
export class SenteError extends Error {
  /** The reason, in other letters: `RateLimitedError` of `rate-limited`. */
  override readonly name: string;
  /** What went wrong: one of docs/protocol.md §8, or one of this client's. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
    // Not of the class: that is called otherwise once it is minified.
    this.name = `-${reason}-error`.replace(/-(.)/g, (_, first: string) =>
      first.toUpperCase(),
    );
  }
}

/** The token does not grant it. */
export class ForbiddenError extends SenteError {}

/** It was refused since there was too much of it; trying later may help. */
export class RateLimitedError extends SenteError {}

/** There is no such channel. */
export class ChannelNotFoundError extends SenteError {}

/** The channel was deleted. */
export class ChannelDeletedError extends SenteError {}

/** The data is longer than the server takes. */
export class PayloadTooLargeError extends SenteError {}

/** It was not answered, or not sent, in time. */
export class TimeoutError extends SenteError {}

/** Nobody listens who could answer the request. */
export class NoSubscribersError extends SenteError {}

/** All who were asked have gone. */
export class RespondersGoneError extends SenteError {}

/** The connection was lost, and the open request with it. */
export class ConnectionLostError extends SenteError {}

/** It may have been done, or not: nobody can tell. */
export class OutcomeUnknownError extends SenteError {}

/** Too much waits to be published: `maxQueued`. */
export class QueueFullError extends SenteError {}

/** The client is closed, by its user or for good by the server. */
export class ClosedError extends SenteError {}

/** The server said what this version of the protocol does not. */
export class ProtocolError extends SenteError {}

/** The service that was asked failed; `data` is what it answered. */
export class RemoteError extends SenteError {
  readonly data: unknown;

  constructor(data: unknown) {
    const said =
      typeof data === "object" && data !== null && "message" in data
        ? data.message
        : data;
    super("remote", typeof said === "string" ? said : "it failed");
    this.data = data;
  }
}

/** Data is not what its schema says; `issues` are the schema's own. */
export class InvalidDataError extends SenteError {
  readonly issues: readonly { readonly message: string }[];

  constructor(what: string, issues: readonly { readonly message: string }[]) {
    const said = issues.map(({ message }) => message).join("; ");
    super("invalid-data", `${what} is not valid: ${said}`);
    this.issues = issues;
  }
}

const CLASSES: { readonly [reason: string]: typeof SenteError } = {
  forbidden: ForbiddenError,
  "rate-limited": RateLimitedError,
  "channel-not-found": ChannelNotFoundError,
  "channel-deleted": ChannelDeletedError,
  "payload-too-large": PayloadTooLargeError,
  timeout: TimeoutError,
  "no-subscribers": NoSubscribersError,
  "responders-gone": RespondersGoneError,
  "connection-lost": ConnectionLostError,
  "outcome-unknown": OutcomeUnknownError,
  "queue-full": QueueFullError,
  closed: ClosedError,
  protocol: ProtocolError,
};

/**
 * The error for a reason.
 *
 * @param what did not succeed.
 * @param operation that is not granted, if the server says which.
 */
export function failure(
  reason: string | undefined,
  what: string,
  operation?: string,
): SenteError {
  const said = reason ?? "no reason";
  const Class = Object.hasOwn(CLASSES, said) ? CLASSES[said] : SenteError;
  const detail = operation ? ` (${operation})` : "";
  return new (Class ?? SenteError)(said, `${what}: ${said}${detail}`);
}
