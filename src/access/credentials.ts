/**
 * Where a request may carry its token, and where not.
 *
 * @module
 */
import { TOKEN_SUBPROTOCOL } from "../protocol/framing.ts";

/** The token of a request, or why there is none to look at. */
export type Credential =
  | { readonly ok: true; readonly token: string }
  | {
      readonly ok: false;
      readonly reason: "token-required" | "invalid-token" | "token-in-url";
      readonly message: string;
    };

const WHERE =
  "send it as `Authorization: Bearer <token>`, or offer the subprotocol `sente-lite.token.<token>`";

/** Names under which people put tokens into URLs. */
const TOKEN_PARAMETERS: ReadonlySet<string> = new Set([
  "token",
  "access_token",
  "auth",
  "authorization",
  "jwt",
]);
/** What every signed JWT looks like: it starts with `{"`. */
const JWT_FORM = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/;

/** Finds the token of a request. */
export function readCredential(request: Request): Credential {
  for (const [name, value] of new URL(request.url).searchParams) {
    if (TOKEN_PARAMETERS.has(name.toLowerCase()) || JWT_FORM.test(value)) {
      const message = `a token must not stand in a URL, which logs keep: ${WHERE}`;
      return { ok: false, reason: "token-in-url", message };
    }
  }
  const header = request.headers.get("authorization");
  const offered = offeredSubprotocols(request)
    .filter((each) => each.startsWith(TOKEN_SUBPROTOCOL))
    .map((each) => each.slice(TOKEN_SUBPROTOCOL.length));
  const bearer = header === null ? [] : [bearerToken(header)];
  const [token, ...others] = new Set([...bearer, ...offered]);
  if (others.length > 0) return invalid("send one token, not several");
  if (token !== undefined) return { ok: true, token };
  if (header !== null)
    return invalid("`Authorization` must be `Bearer <token>`");
  const message = `a token is required: ${WHERE}`;
  return { ok: false, reason: "token-required", message };
}

/** The subprotocols that the client of an upgrade offers. */
export function offeredSubprotocols(request: Request): string[] {
  return (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((each) => each.trim());
}

function bearerToken(header: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(header.trim())?.[1];
}

function invalid(message: string): Credential {
  return { ok: false, reason: "invalid-token", message };
}
