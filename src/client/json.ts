/**
 * What applications send, as JSON.
 *
 * @module
 */

/**
 * `data` as JSON; undefined is null.
 *
 * @throws {TypeError} when it cannot be said in JSON.
 */
export function toJson(data: unknown): string {
  const json = JSON.stringify(data ?? null);
  // Of functions and symbols.
  if (json === undefined) throw new TypeError("data must be JSON");
  return json;
}
