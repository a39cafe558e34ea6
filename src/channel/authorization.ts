/**
 * Tokens of clients on the channel's own path: what they grant, when they are
 * renewed, and how they end. A session sees to that itself and says only what
 * is granted.
 *
 * @module
 */
import type { Renewal } from "../access/authenticator.ts";
import { EXPIRY_NOTICE_MS, expiryDue } from "../access/expiry.ts";
import { encode } from "../protocol/codec.ts";
import type { Ref } from "../protocol/fields.ts";
import type { Grants } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { authenticateResult, TOKEN_EXPIRED } from "../protocol/replies.ts";
import type { Authorization, Connection } from "./connection.ts";
import { responderGone } from "./requests.ts";
import type { ChannelState } from "./state.ts";
import { expel } from "./subscribing.ts";

/** Answers an `authenticate` frame whose token was looked at. */
export function renewed(
  state: ChannelState,
  connection: Connection,
  ref: Ref | undefined,
  renewal: Renewal,
): void {
  if (renewal.ok) {
    const { policy, expiresAt } = renewal.principal;
    const grants = [...policy.on(state.id)];
    change(state, connection, { grants, expiresAt, isAdmin: policy.isAdmin });
    state.deadlines.advance("tokens", tokensDue([connection]));
  }
  state.reply(connection, authenticateResult(ref, renewal));
  expel(state, connection);
}

/** Takes in what a session says is granted now. */
export function regrant(
  state: ChannelState,
  connection: Connection,
  grants: Grants,
): void {
  // When its token ends and what it may list is the session's business.
  const rest = { expiresAt: null, isAdmin: false };
  change(state, connection, { grants: [...grants], ...rest });
  expel(state, connection);
}

function change(
  state: ChannelState,
  connection: Connection,
  authorization: Authorization,
): void {
  const { connections } = state;
  connections.regrant(connection, () => connection.authorize(authorization));
  if (!connection.mayRespond) responderGone(state, connection.id);
}

/** When something is to be done about tokens next, in ms, or undefined. */
export function tokensDue(
  connections: Iterable<Connection>,
): number | undefined {
  let earliest: number | undefined;
  for (const connection of connections) {
    const due = expiryDue(connection);
    if (due !== undefined) earliest = Math.min(earliest ?? due, due);
  }
  return earliest;
}

/**
 * Tells those whose tokens end soon, closes those whose have ended, and sets
 * the deadline for the rest.
 */
export function expireTokens(
  state: ChannelState,
  connections: readonly Connection[],
): void {
  const { deadlines, now, outbox } = state;
  for (const connection of connections) {
    const { expiresAt } = connection;
    if (expiresAt === null || connection.closed) continue;
    if (expiresAt <= now) {
      connection.closed = true;
      outbox.close(connection, CLOSE_CODES.tokenExpired, TOKEN_EXPIRED);
    } else if (!connection.noticed && expiresAt - EXPIRY_NOTICE_MS <= now) {
      connection.noticed = true;
      const frame = { "expires-at": expiresAt } as const;
      outbox.send(connection, encode({ type: "token-expiring", ...frame }));
    }
  }
  const open = connections.filter(({ closed }) => !closed);
  deadlines.advance("tokens", tokensDue(open));
}
