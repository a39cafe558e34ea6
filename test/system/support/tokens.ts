/**
 * Tokens of every kind, right and wrong.
 *
 * @module
 */
import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { SignJWT } from "jose";

/** What a token grants: operations by pattern of channel-ids. */
export type Channels = Readonly<Record<string, readonly string[]>>;

/** What is in a token, and how it is signed. */
export interface TokenOptions {
  readonly sub?: string;
  readonly channels?: Channels;
  /** From now, in s; negative is over. */
  readonly ttl?: number;
  readonly notBefore?: number;
  readonly issuer?: string;
  readonly audience?: string;
}

/** Signs tokens, and has the variable that verifies them. */
export interface Issuer {
  readonly variables: Readonly<Record<string, string>>;
  token(options?: TokenOptions): Promise<string>;
}

export const ISSUER = "https://issuer.test";
export const AUDIENCE = "sente-lite-tests";

const NAMES = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };

/** What a secret begins with that must not be found in any log. */
export const SECRET_MARK = "secret-of-a-test";

/** An issuer that shares a secret with the service. */
export function sharedSecret(
  secret = `${SECRET_MARK}-${randomUUID()}`,
): Issuer {
  const key = new TextEncoder().encode(secret);
  return {
    variables: { AUTH: "jwt", JWT_SECRET: secret, ...NAMES },
    token: (options) => sign("HS256", key, options),
  };
}

/** An issuer with a pair of keys, of which the service has the public one. */
export function keyPair(algorithm: "ES256" | "EdDSA" | "RS256"): Issuer & {
  readonly publicPem: string;
  readonly publicKey: KeyObject;
} {
  const { privateKey, publicKey } = newPair(algorithm);
  const publicPem = publicKey
    .export({ type: "spki", format: "pem" })
    .toString();
  return {
    publicPem,
    publicKey,
    variables: { AUTH: "jwt", JWT_PUBLIC_KEY: publicPem, ...NAMES },
    token: (options) => sign(algorithm, privateKey, options),
  };
}

/** A token that says that it needs no signature. */
export async function unsigned(options: TokenOptions): Promise<string> {
  const signed = await sharedSecret().token(options);
  const header = Buffer.from('{"alg":"none"}').toString("base64url");
  return `${header}.${signed.split(".")[1]}.`;
}

/** The header that carries a token. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function newPair(algorithm: "ES256" | "EdDSA" | "RS256") {
  switch (algorithm) {
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "EdDSA":
      return generateKeyPairSync("ed25519");
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2_048 });
  }
}

function sign(
  algorithm: string,
  key: Uint8Array | KeyObject,
  {
    sub = "alice",
    channels = {},
    ttl = 3_600,
    notBefore,
    issuer = ISSUER,
    audience = AUDIENCE,
  }: TokenOptions = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ channels })
    .setProtectedHeader({ alg: algorithm })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(now + ttl);
  if (notBefore !== undefined) token.setNotBefore(now + notBefore);
  return token.sign(key);
}
