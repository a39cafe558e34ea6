/**
 * What sessions and a user's object say to each other.
 *
 * @module
 */

/** Tells a session's upgrade from anything else; holds its conn-id. */
export const USER_HEADER = "x-sente-lite-session";

/** Close reasons, for the client to read. */
export const TOO_MANY_CONNECTIONS = "too-many-connections: close another one";
export const DISCONNECTED = "disconnected: by the service's operator";
