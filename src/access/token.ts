/**
 * What a token proves.
 *
 * @module
 */
import { errors, type JWTPayload, jwtVerify } from "jose";
import * as v from "valibot";

import { explain } from "../protocol/codec.ts";
import type { TokenSettings, VerificationKey } from "./keys.ts";
import { Policy, PolicySchema } from "./policy.ts";
import type { TokenHolder } from "./principal.ts";

/** By how much clocks may differ, in s. */
const CLOCK_TOLERANCE_S = 30;
/** A token that lives for longer ends then, in ms: ten years. */
const LONGEST_MS = 315_360_000_000;
/** A longer token is not looked at. */
const MAX_TOKEN_LENGTH = 8_192;

const ClaimsSchema = v.object({
  sub: v.pipe(
    v.string("must be a string that names the user"),
    v.minLength(1, "must name the user"),
    v.maxLength(200, "must be at most 200 characters"),
    v.check((sub) => sub.isWellFormed(), "must be well-formed text"),
  ),
  exp: v.pipe(v.number(), v.finite()),
  channels: v.optional(PolicySchema, {}),
});

/** Why a token is not accepted. */
export type TokenReason = "invalid-token" | "token-expired" | "unavailable";

/** Who a token is for, or why it is not accepted. */
export type Verdict =
  | { readonly ok: true; readonly principal: TokenHolder }
  | {
      readonly ok: false;
      readonly reason: TokenReason;
      readonly message: string;
    };

/**
 * Verifies a token.
 *
 * @param now in ms since the Unix epoch.
 */
export async function verifyToken(
  token: string,
  { key, algorithms }: VerificationKey,
  { issuer, audience }: TokenSettings,
  now: number,
): Promise<Verdict> {
  if (token.length > MAX_TOKEN_LENGTH) {
    return invalid(`a token must be at most ${MAX_TOKEN_LENGTH} characters`);
  }
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      requiredClaims: ["sub", "exp"],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    });
    payload = verified.payload;
  } catch (error) {
    return refusal(error);
  }
  const claims = v.safeParse(ClaimsSchema, payload);
  if (!claims.success) {
    return invalid(`the token's claims: ${explain(claims.issues[0])}`);
  }
  const { sub, exp, channels } = claims.output;
  // No timer and no alarm reaches beyond; nobody waits for so long.
  const end = Math.min(Math.floor(exp * 1_000), now + LONGEST_MS);
  // Accepted by a clock that is late: it has what the tolerance gives.
  const expiresAt = end > now ? end : end + CLOCK_TOLERANCE_S * 1_000;
  const policy = new Policy(channels);
  return { ok: true, principal: { userId: sub, policy, expiresAt } };
}

function refusal(error: unknown): Verdict {
  if (error instanceof errors.JWTExpired) {
    const message = "the token has expired: fetch a new one";
    return { ok: false, reason: "token-expired", message };
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(claimMessage(error));
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid("the token's signature is not by the key of this service");
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return invalid("the token's algorithm is not the one of this service");
  }
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  ) {
    return invalid("the token's key is not known to this service");
  }
  if (error instanceof errors.JWKSTimeout || isFetchFailure(error)) {
    const message = "the keys that tokens are verified with are out of reach";
    return { ok: false, reason: "unavailable", message };
  }
  return invalid("the token is not a signed JWT");
}

/** Whether the key set could not be had, which is not the token's fault. */
function isFetchFailure(error: unknown): boolean {
  if (error instanceof errors.JWKSInvalid) return true;
  if (error instanceof errors.JOSEError) {
    return error.code === "ERR_JOSE_GENERIC";
  }
  return true;
}

function claimMessage({
  claim,
  reason,
}: errors.JWTClaimValidationFailed): string {
  if (reason === "missing") return `the token has no claim \`${claim}\``;
  switch (claim) {
    case "iss":
      return "the token is by another issuer";
    case "aud":
      return "the token is for another audience";
    case "nbf":
      return "the token is not valid yet";
    default:
      return `the token's claim \`${claim}\` is not valid`;
  }
}

function invalid(message: string): Verdict {
  return { ok: false, reason: "invalid-token", message };
}
