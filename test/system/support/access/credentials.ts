/**
 * What somebody may come with, and what that is good for.
 *
 * @module
 */
import {
  OPERATIONS,
  type Operation,
} from "../../../../src/protocol/operations.ts";
import {
  type Channels,
  type Issuer,
  sharedSecret,
  type TokenOptions,
  unsigned,
} from "../tokens.ts";

/** One that lets nobody in, whatever it grants, and what he is told. */
export interface BadCredential {
  readonly name: string;
  token(options: TokenOptions): Promise<string | undefined>;
  readonly reason: "token-required" | "invalid-token" | "token-expired";
  readonly message: string;
}

/**
 * All that lets nobody in.
 *
 * @param issuer who the service trusts.
 * @param forger has a key of the same kind, and no more.
 * @param publicKey what everybody knows of the issuer.
 */
export function badCredentials(
  issuer: Issuer,
  forger: Issuer,
  publicKey: string,
): readonly BadCredential[] {
  const invalid = "invalid-token";
  const algorithm = "the token's algorithm is not the one of this service";
  const by = (changes: TokenOptions) => (options: TokenOptions) =>
    issuer.token({ ...options, ...changes });
  return [
    {
      name: "no token",
      token: async () => undefined,
      reason: "token-required",
      message:
        "a token is required: send it as `Authorization: Bearer <token>`, or offer the subprotocol `sente-lite.token.<token>`",
    },
    {
      name: "wrong signature",
      token: (options) => forger.token(options),
      reason: invalid,
      message: "the token's signature is not by the key of this service",
    },
    {
      name: "alg: none",
      token: unsigned,
      reason: invalid,
      message: algorithm,
    },
    {
      name: "HS256 signed with the public key",
      token: (options) => sharedSecret(publicKey).token(options),
      reason: invalid,
      message: algorithm,
    },
    {
      name: "expired",
      token: by({ ttl: -60 }),
      reason: "token-expired",
      message: "the token has expired: fetch a new one",
    },
    {
      name: "not yet valid",
      token: by({ notBefore: 90 }),
      reason: invalid,
      message: "the token is not valid yet",
    },
    {
      name: "wrong issuer",
      token: by({ issuer: "https://evil.test" }),
      reason: invalid,
      message: "the token is by another issuer",
    },
    {
      name: "wrong audience",
      token: by({ audience: "others" }),
      reason: invalid,
      message: "the token is for another audience",
    },
  ];
}

/** What is to be granted. */
export interface Need {
  readonly operation: Operation;
  /** What must be granted beside it, to get as far. */
  readonly beside?: readonly Operation[];
}

/** One that lets somebody in, and what it grants of what is needed. */
export interface Grant {
  readonly name: string;
  /** Whether it is enough; `nothing`: he does not get as far as is needed. */
  readonly verdict: "done" | "refused" | "nothing";
  /** @param channel a pattern of channel-ids. */
  channels(need: Need, channel: string): Channels;
}

/** All that lets somebody in. */
export const GRANTS: readonly Grant[] = [
  { name: "no grant", verdict: "nothing", channels: () => ({}) },
  {
    name: "every other grant",
    verdict: "refused",
    channels: ({ operation }, channel) => ({
      [channel]: OPERATIONS.filter(
        (each) => each !== operation && each !== "admin",
      ),
    }),
  },
  {
    name: "grant on another channel",
    verdict: "refused",
    channels: ({ operation, beside = [] }, channel) => ({
      "another-*": [operation],
      [channel]: beside,
    }),
  },
  {
    name: "right grant",
    verdict: "done",
    channels: ({ operation, beside = [] }, channel) => ({
      [channel]: [operation, ...beside],
    }),
  },
  {
    name: "admin",
    verdict: "done",
    channels: (_, channel) => ({ [channel]: ["admin"] }),
  },
];
