/**
 * How frames are put into messages (docs/protocol.md §1): numbers and names
 * alone, so that clients can use them without the schemas.
 *
 * @module
 */

/** The subprotocol of one object a message. */
export const PLAIN_SUBPROTOCOL = "sente-lite.v1";
/** The subprotocol of all that one flush holds as one array. */
export const BATCH_SUBPROTOCOL = "sente-lite.v1.batch";
/** An offered subprotocol that carries a token begins so. */
export const TOKEN_SUBPROTOCOL = "sente-lite.token.";

/** The most objects one array holds, in either direction. */
export const MAX_BATCH_OBJECTS = 256;
/** The most bytes an array that the server sends holds. */
export const MAX_BATCH_BYTES = 262_144;
/** How deep objects and arrays may be nested unless a setting says otherwise. */
export const DEFAULT_MAX_DEPTH = 128;

/** The heartbeat that is answered without waking a hibernating channel. */
export const HEARTBEAT_PING = '{"type":"ping"}';
/** Its answer. */
export const HEARTBEAT_PONG = '{"type":"pong"}';
