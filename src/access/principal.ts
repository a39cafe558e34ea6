/**
 * Who a client is, by its token: its name, what it may do, and until when.
 *
 * @module
 */
import { Policy } from "./policy.ts";

/** Somebody who was let in. */
export interface Principal {
  /** The `sub` of its token; null for those who need none. */
  readonly userId: string | null;
  readonly policy: Policy;
  /** When that ends, in ms since the Unix epoch; null for never. */
  readonly expiresAt: number | null;
}

/** Somebody who was let in by a token. */
export interface TokenHolder extends Principal {
  readonly userId: string;
  readonly expiresAt: number;
}

/** Somebody without a name, with every right: nobody is asked for a token. */
export const ANYBODY: Principal = {
  userId: null,
  policy: Policy.of({ "*": ["admin"] }),
  expiresAt: null,
};

/** Somebody who may do nothing. */
export const NOBODY: Principal = {
  userId: null,
  policy: Policy.of({}),
  expiresAt: null,
};
