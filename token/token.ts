/**
 * Tokens for development.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { SignJWT } from "jose";
import * as v from "valibot";

import { MIN_SECRET_BYTES } from "../src/access/keys.ts";
import { PolicySchema } from "../src/access/policy.ts";

/** Where `wrangler dev` reads variables from that are in no repository. */
export const DEV_VARIABLES = ".dev.vars";

/** What is asked for is wrong, or there is no secret. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** What a token is to say, as the command line says it. */
export interface TokenFlags {
  readonly sub?: string | undefined;
  /** `pattern=operation,operation` each. */
  readonly grant?: readonly string[] | undefined;
  /** A number and `s`, `m`, `h` or `d`. */
  readonly ttl?: string | undefined;
}

/**
 * A token, signed with the `JWT_SECRET` of the environment or of
 * {@link DEV_VARIABLES}.
 *
 * @throws {TokenError}
 */
export function signToken({
  sub,
  grant = [],
  ttl = "1h",
}: TokenFlags): Promise<string> {
  if (sub === undefined || sub === "") throw new TokenError("--sub is missing");
  if (!/^\d+[smhd]$/.test(ttl)) {
    throw new TokenError(`--ttl must be a number and s, m, h or d, not ${ttl}`);
  }
  const { secret, issuer, audience } = readVariables();
  const token = new SignJWT({ channels: readGrants(grant) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(ttl);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}

/** `pattern=operation,operation` of each flag, as the claim `channels`. */
function readGrants(flags: readonly string[]): Record<string, string[]> {
  const channels = flags.map((flag) => {
    const at = flag.lastIndexOf("=");
    if (at < 1) {
      const form = "must be like 'chat-*=subscribe,publish'";
      throw new TokenError(`--grant ${form}, not ${flag}`);
    }
    return [flag.slice(0, at), flag.slice(at + 1).split(",")] as const;
  });
  const claim = Object.fromEntries(channels);
  for (const [pattern, operations] of channels) {
    const unknown = operations.find(
      (each) => !v.is(PolicySchema, { [pattern]: [each] }),
    );
    if (unknown === undefined) continue;
    throw new TokenError(
      `--grant knows no operation ${JSON.stringify(unknown)}`,
    );
  }
  return claim;
}

function readVariables() {
  const file = existsSync(DEV_VARIABLES)
    ? parseEnv(readFileSync(DEV_VARIABLES, "utf8"))
    : {};
  const variables = { ...file, ...process.env };
  const secret = variables.JWT_SECRET ?? "";
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new TokenError(
      secret === ""
        ? `there is no JWT_SECRET in the environment or in ${DEV_VARIABLES}`
        : `JWT_SECRET must be at least ${MIN_SECRET_BYTES} bytes`,
    );
  }
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = variables;
  return { secret, issuer, audience };
}
