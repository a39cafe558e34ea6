/**
 * The forms of names on the wire (docs/protocol.md §2): what a channel-id may
 * be, and how connections, requests and messages get theirs.
 *
 * @module
 */

/** The longest channel-id, in UTF-8 bytes. */
export const MAX_CHANNEL_ID_BYTES = 200;

/** The longest publisher-given message-id, in characters. */
export const MAX_MESSAGE_ID_LENGTH = 64;

/** Not "." or "..", no "$" in front, no C0 controls, DEL or C1 controls. */
export const CHANNEL_ID_FORM =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it excludes
  /^(?!\$|\.\.?$)[^\u0000-\u001f\u007f-\u009f]+$/;

/** What a channel-id must look like, for error messages. */
export const CHANNEL_ID_RULE =
  `a channel-id is 1 to ${MAX_CHANNEL_ID_BYTES} UTF-8 bytes of well-formed ` +
  `text without control characters, not "." or "..", not starting with "$"`;

/** To UTF-8, where there is no hurry: see {@link utf8Length}. */
export const utf8 = /* @__PURE__ */ new TextEncoder();

/** Whether `id` may name a channel. */
export function isChannelId(id: string): boolean {
  return (
    CHANNEL_ID_FORM.test(id) &&
    id.isWellFormed() &&
    // A UTF-16 unit takes one to three bytes: most ids need no counting.
    (id.length * 3 <= MAX_CHANNEL_ID_BYTES ||
      utf8.encode(id).length <= MAX_CHANNEL_ID_BYTES)
  );
}

/** Whether a publisher may give a message this id. */
export function isOwnMessageId(id: string): boolean {
  return (
    id.length > 0 &&
    id.length <= MAX_MESSAGE_ID_LENGTH &&
    id.isWellFormed() &&
    !id.startsWith("msg-") &&
    !id.startsWith("eph-")
  );
}

/** The characters of base64, URL-safe. */
const NAME_CHARACTERS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NAME_LENGTH = 16;

/** Random bytes, fetched for many names at once: each fetch is a slow call. */
const pool = /* @__PURE__ */ new Uint8Array(NAME_LENGTH * 256);
let unused = 0;

/** 96 random bits from the platform's CSPRNG, as 16 URL-safe characters. */
export function randomName(): string {
  if (unused === 0) {
    crypto.getRandomValues(pool);
    unused = pool.length;
  }
  unused -= NAME_LENGTH;
  let name = "";
  for (let at = unused; at < unused + NAME_LENGTH; at++) {
    // Six bits of each byte.
    name += NAME_CHARACTERS.charAt((pool[at] ?? 0) & 0x3f);
  }
  return name;
}

/** A new connection's id. `now` is in milliseconds since the Unix epoch. */
export function newConnId(now: number): string {
  return `conn-${now}-${randomName()}`;
}

/** A new RPC request's id, which names its channel after the first `@`. */
export function newRequestId(now: number, channelId: string): string {
  return `req-${now}-${randomName()}@${channelId}`;
}

/** The channel a request-id names, or undefined when it names none. */
export function channelOfRequest(requestId: string): string | undefined {
  const at = requestId.indexOf("@");
  if (at < 0) return undefined;
  const channelId = requestId.slice(at + 1);
  return isChannelId(channelId) ? channelId : undefined;
}

/**
 * How many bytes `text` takes as UTF-8; a lone surrogate counts as three. For
 * texts of the length of a message this is faster than encoding them.
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A surrogate pair is two units and four bytes.
    const isPair =
      (unit & 0xfc00) === 0xd800 &&
      (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) i++;
  }
  return bytes;
}

/** Whether `text` takes more than `limit` bytes as UTF-8. */
export function isLongerThan(text: string, limit: number): boolean {
  // A UTF-16 unit takes one to three bytes: most texts need no counting.
  if (text.length > limit) return true;
  if (text.length * 3 <= limit) return false;
  return utf8Length(text) > limit;
}
