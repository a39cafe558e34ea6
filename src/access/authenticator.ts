/**
 * Verifies tokens with the key of the deployment, which is read once.
 *
 * @module
 */
import type { Settings } from "../config.ts";
import type { AuthenticateReason } from "../protocol/reasons.ts";
import { logError } from "../telemetry/sink.ts";
import { readKey, type TokenSettings, type VerificationKey } from "./keys.ts";
import type { TokenHolder } from "./principal.ts";
import { type Verdict, verifyToken } from "./token.ts";

const keys = new WeakMap<TokenSettings, Promise<VerificationKey>>();

/**
 * Who a token is for, or why it is not accepted.
 *
 * @throws {KeyError} when the deployment's key cannot be used.
 */
export async function authenticate(
  token: string,
  settings: TokenSettings,
): Promise<Verdict> {
  const key = await keyOf(settings);
  return verifyToken(token, key, settings, Date.now());
}

/**
 * Looks whether the deployment's key can be used; the keys of an issuer are
 * not fetched for that.
 *
 * @throws {KeyError} when it cannot.
 */
export async function checkKey(settings: TokenSettings): Promise<void> {
  await keyOf(settings);
}

function keyOf(settings: TokenSettings): Promise<VerificationKey> {
  let key = keys.get(settings);
  if (key === undefined) {
    key = readKey(settings.source, (error) => logError("token keys", error));
    keys.set(settings, key);
  }
  return key;
}

/** What a connection may do from now on, or why nothing changes. */
export type Renewal =
  | { readonly ok: true; readonly principal: TokenHolder }
  | {
      readonly ok: false;
      readonly reason: AuthenticateReason;
      readonly message: string;
    };

/**
 * Looks at the token of an `authenticate` frame.
 *
 * @param userId whose connection it is.
 */
export async function renew(
  token: string,
  userId: string | null,
  { tokens }: Pick<Settings, "tokens">,
): Promise<Renewal> {
  // Nobody has a name where nobody needs a token.
  if (userId === null || tokens === undefined) {
    const message = "this server runs with AUTH=open: it verifies no tokens";
    return { ok: false, reason: "auth-open", message };
  }
  try {
    const verdict = await authenticate(token, tokens);
    if (!verdict.ok || verdict.principal.userId === userId) return verdict;
    const message = "the token is for another user: open another connection";
    return { ok: false, reason: "wrong-user", message };
  } catch (error) {
    logError("authenticate", error);
    const message = "tokens cannot be verified now";
    return { ok: false, reason: "unavailable", message };
  }
}
