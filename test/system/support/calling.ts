/**
 * The service as another Worker calls it: test/system/workers/calling.ts.
 *
 * @module
 */
import type { Server } from "./server.ts";
import { bearer } from "./tokens.ts";

/**
 * Calls a method over the service binding.
 *
 * @param token of whoever it is called for; absent, for nobody in particular.
 * @returns `{ value }`, or `{ error: { name, message } }`.
 */
export async function callService(
  server: Server,
  method: string,
  args: readonly unknown[],
  token?: string,
): Promise<unknown> {
  const { body, status, text } = await server.fetch(`/call/${method}`, {
    method: "POST",
    headers: bearer(token),
    body: JSON.stringify(args),
  });
  if (status === 200) return body;
  throw new Error(`${method}: ${status} ${text}`);
}
