/**
 * When somebody is told that the token ends, and when it has ended.
 *
 * @module
 */

/** How long before the end its holder is told, in ms. */
export const EXPIRY_NOTICE_MS = 60_000;

/** What a connection needs to know of its token. */
export interface Expiring {
  /** In ms since the Unix epoch; null for never. */
  readonly expiresAt: number | null;
  /** Whether its holder was told. */
  readonly noticed: boolean;
}

/** When something is to be done next, in ms; undefined for never. */
export function expiryDue({
  expiresAt,
  noticed,
}: Expiring): number | undefined {
  if (expiresAt === null) return undefined;
  return noticed ? expiresAt : expiresAt - EXPIRY_NOTICE_MS;
}
