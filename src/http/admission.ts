/**
 * Who is let in: a request's token, or that nobody needs one.
 *
 * @module
 */
import { authenticate } from "../access/authenticator.ts";
import { readCredential } from "../access/credentials.ts";
import { allowsOrigin } from "../access/origins.ts";
import { ANYBODY, type Principal } from "../access/principal.ts";
import type { Settings } from "../config.ts";
import { logError } from "../telemetry/sink.ts";
import type { Input } from "./input.ts";
import { failure } from "./responses.ts";

/**
 * Lets somebody in, or refuses.
 *
 * @throws {KeyError} when the deployment's key cannot be used.
 */
export async function admit(
  request: Request,
  settings: Settings,
): Promise<Input<Principal>> {
  const origin = request.headers.get("origin");
  if (!allowsOrigin(settings.allowedOrigins, origin, request.url)) {
    const message = "pages of this origin may not use the service";
    return refused(failure("origin-not-allowed", message));
  }
  if (settings.auth === "open") return { ok: true, value: ANYBODY };
  if (settings.tokens === undefined) {
    return refused(notConfigured());
  }
  const credential = readCredential(request);
  if (!credential.ok) {
    const { reason, message } = credential;
    return refused(failure(reason, message, { headers: CHALLENGE }));
  }
  const verdict = await authenticate(credential.token, settings.tokens);
  if (verdict.ok) return { ok: true, value: verdict.principal };
  const { reason, message } = verdict;
  const headers = reason === "unavailable" ? {} : INVALID_TOKEN;
  return refused(failure(reason, message, { headers }));
}

/** RFC 6750 §3. */
const CHALLENGE = { "www-authenticate": "Bearer" };
/** Beside the refusal of a token. */
export const INVALID_TOKEN = {
  "www-authenticate": 'Bearer error="invalid_token"',
};

let wasSaid = false;

/** Without a key nobody can be let in; the log says so once an isolate. */
export function sayThatNobodyIsLetIn(): void {
  if (wasSaid) return;
  wasSaid = true;
  const hint =
    "nobody is let in: set JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL, or AUTH=open to let everybody in";
  logError("access", hint);
}

function notConfigured(): Response {
  sayThatNobodyIsLetIn();
  const message =
    "access control is not configured: set a key for tokens, or AUTH=open to let everybody in";
  return failure("auth-not-configured", message);
}

function refused(response: Response): Input<never> {
  return { ok: false, response };
}
