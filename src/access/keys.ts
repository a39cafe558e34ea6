/**
 * The keys that tokens are verified with, by the variable that sets them. The
 * kind of a key decides the algorithms: what a token says of itself does not.
 *
 * @module
 */
import {
  type CryptoKey,
  importJWK,
  importSPKI,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";

import { isObject, parseJson } from "../protocol/codec.ts";
import { keySet } from "./key-set.ts";

/** Where the key comes from, and what else a token must say. */
export interface TokenSettings {
  readonly source: KeySource;
  /** The only `iss` and `aud` that are let in, where they are set. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** What one of the variables holds. */
export type KeySource =
  | { readonly kind: "JWT_SECRET"; readonly secret: string }
  | { readonly kind: "JWT_PUBLIC_KEY"; readonly text: string }
  | { readonly kind: "JWT_JWKS_URL"; readonly url: URL };

/** A key, or how to find it, and the algorithms that it is for. */
export interface VerificationKey {
  readonly key: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
}

/** A key that cannot be used. The message never holds the key. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

const PUBLIC_ALGORITHMS = ["ES256", "EdDSA", "RS256"] as const;
type PublicAlgorithm = (typeof PUBLIC_ALGORITHMS)[number];

/** RFC 7518 §3.2: a key is at least as long as the hash. */
export const MIN_SECRET_BYTES = 32;
const MIN_MODULUS_BITS = 2_048;

/** How the DER of an Ed25519 public key begins, in base64 (RFC 8410 §4). */
const ED25519_START = "MCowBQYDK2VwAyEA";

/**
 * The key that a variable holds.
 *
 * @param onFailure told when the issuer's keys are out of reach.
 * @throws {KeyError} when it holds none that can be used.
 */
export async function readKey(
  source: KeySource,
  onFailure: (error: unknown) => void = () => {},
): Promise<VerificationKey> {
  switch (source.kind) {
    case "JWT_SECRET": {
      const secret = new TextEncoder().encode(source.secret);
      return { key: async () => secret, algorithms: ["HS256"] };
    }
    case "JWT_PUBLIC_KEY":
      return readPublicKey(source.text);
    case "JWT_JWKS_URL":
      return {
        key: keySet(source.url, onFailure),
        algorithms: PUBLIC_ALGORITHMS,
      };
  }
}

async function readPublicKey(given: string): Promise<VerificationKey> {
  // A variable of one line cannot hold the lines of a PEM file otherwise.
  const text = given.replaceAll("\\n", "\n").trim();
  const { key, algorithm } = text.startsWith("{")
    ? await readJwk(text)
    : await readPem(text);
  const { algorithm: form } = key;
  if (
    "modulusLength" in form &&
    Number(form.modulusLength) < MIN_MODULUS_BITS
  ) {
    throw new KeyError(`an RSA key needs at least ${MIN_MODULUS_BITS} bits`);
  }
  return { key: async () => key, algorithms: [algorithm] };
}

interface PublicKey {
  readonly key: CryptoKey;
  readonly algorithm: PublicAlgorithm;
}

async function readPem(text: string): Promise<PublicKey> {
  if (text.includes("PRIVATE KEY")) {
    throw new KeyError("it is a private key, which only the issuer may have");
  }
  for (const algorithm of PUBLIC_ALGORITHMS) {
    if (algorithm === "EdDSA" && !isEd25519(text)) continue;
    try {
      return { key: await importSPKI(text, algorithm), algorithm };
    } catch {
      // It is for another algorithm, or for none.
    }
  }
  throw new KeyError(
    "it is neither a JWK nor a PEM public key for ES256, EdDSA or RS256",
  );
}

/** Asked of the key itself: workerd imports any public key as Ed25519. */
function isEd25519(pem: string): boolean {
  const base64 = pem.replaceAll(/-----[^-]*-----|\s/g, "");
  return base64.startsWith(ED25519_START);
}

async function readJwk(text: string): Promise<PublicKey> {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) {
    throw new KeyError("it is not valid JSON");
  }
  const jwk: JWK = parsed.value;
  if (jwk.d !== undefined) {
    throw new KeyError("it is a private key, which only the issuer may have");
  }
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined) {
    throw new KeyError("a JWK must be for ES256, EdDSA or RS256");
  }
  try {
    const key = await importJWK(jwk, algorithm);
    if (!(key instanceof Uint8Array)) return { key, algorithm };
  } catch {
    // Said below, without what it holds.
  }
  throw new KeyError("it is not a JWK that can be used");
}

function algorithmOf({ kty, crv, alg }: JWK): PublicAlgorithm | undefined {
  const algorithm =
    kty === "EC" && crv === "P-256"
      ? "ES256"
      : kty === "OKP" && crv === "Ed25519"
        ? "EdDSA"
        : kty === "RSA"
          ? "RS256"
          : undefined;
  return alg === undefined || alg === algorithm ? algorithm : undefined;
}
