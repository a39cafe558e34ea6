/** What is said in a room, and which of it was said here. */
import * as v from "valibot";

/** Whoever may publish may publish anything: what is not this is left out. */
export const Line = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)),
});
export type Line = v.InferOutput<typeof Line>;

const KEY = "chat-own";
/** So many are remembered. */
const MOST = 500;

const own = new Set<string>(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));

/** A name for a message of one's own, by which it is known when it comes. */
export function ownMessageId(): string {
  const parts = crypto.getRandomValues(new Uint32Array(4));
  const id = Array.from(parts, (part) => part.toString(36)).join("");
  own.add(id);
  sessionStorage.setItem(KEY, JSON.stringify([...own].slice(-MOST)));
  return id;
}

/** Whether it was sent from this tab, now or before it was loaded again. */
export function isOwn(messageId: string): boolean {
  return own.has(messageId);
}
