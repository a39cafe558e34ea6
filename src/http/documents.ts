/**
 * The documents that describe the interface: made by `npm run docs` of the
 * schemas that validate (interface/), the same for every deployment.
 *
 * @module
 */
import { ASYNCAPI } from "./generated/asyncapi.ts";
import { OPENAPI } from "./generated/openapi.ts";
import { jsonText } from "./responses.ts";

/** `GET /openapi.json`: HTTP. */
export function openapi(): Response {
  return document(OPENAPI);
}

/** `GET /asyncapi.json`: WebSocket. */
export function asyncapi(): Response {
  return document(ASYNCAPI);
}

/** A deployment may bring another one: it is kept for five minutes alone. */
function document(text: string): Response {
  const response = jsonText(text);
  response.headers.set("cache-control", "public, max-age=300");
  return response;
}
