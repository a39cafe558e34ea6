/**
 * What is sent, as JSON.
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

/** The strings of a JSON text, with whatever brackets they hold. */
const STRINGS = /"(?:\\.|[^"\\]+)*"/g;

/** How deep the objects and arrays of a JSON text are nested. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of json.replace(STRINGS, "").matchAll(/[[{\]}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
