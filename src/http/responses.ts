/**
 * JSON answers and JSON errors.
 *
 * @module
 */
import { HTTP_REASONS, type HttpReason } from "../protocol/reasons.ts";

/** What an error answer may say besides. */
export interface ErrorOptions {
  readonly headers?: Record<string, string>;
  /** When to try again, in ms. */
  readonly retryAfterMs?: number;
}

const JSON_TYPE = "application/json; charset=utf-8";

/** A JSON answer. */
export function json(body: unknown, status = 200): Response {
  return jsonText(JSON.stringify(body), status);
}

/** A JSON answer that is encoded already. */
export function jsonText(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": JSON_TYPE } });
}

/** A JSON error with the status of its reason. */
export function failure(
  reason: HttpReason,
  message: string,
  { headers = {}, retryAfterMs }: ErrorOptions = {},
): Response {
  const all = new Headers({ "content-type": JSON_TYPE, ...headers });
  if (retryAfterMs !== undefined) {
    all.set(
      "retry-after",
      String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
    );
  }
  const body = JSON.stringify({ error: { reason, message } });
  return new Response(body, { status: HTTP_REASONS[reason], headers: all });
}

/**
 * Lets a page of an origin that may use the service read an answer; an
 * upgrade's is left untouched.
 */
export function withCors(response: Response, origin: string | null): Response {
  if (response.status === 101) return response;
  // A copy: what an object answered cannot be changed.
  const open = new Response(response.body, response);
  open.headers.append("vary", "origin");
  if (origin === null) return open;
  open.headers.set("access-control-allow-origin", origin);
  open.headers.set(
    "access-control-expose-headers",
    "retry-after, allow, www-authenticate",
  );
  return open;
}

/** The answer to a CORS preflight, or to a plain OPTIONS. */
export function preflight(allow: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      "access-control-allow-methods": allow,
      "access-control-allow-headers":
        "authorization, content-type, idempotency-key, last-event-id",
      "access-control-max-age": "86400",
    },
  });
}
