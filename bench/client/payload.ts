/**
 * What is published: 128 bytes of JSON that hold the message's number, so that
 * it can be found in whatever a server wraps around it.
 *
 * @module
 */

/** Length of a message's data as JSON, in bytes. */
export const DATA_BYTES = 128;

/**
 * Stands before the number. The bytes of a frame's header cannot be taken for
 * it: they begin with 0x81 or 0x82, and the text after them with no mark.
 */
const MARK = "#@#";
const [FIRST = 0, SECOND, THIRD] = Buffer.from(MARK);
const DIGITS = 9;
const LENGTH = MARK.length + DIGITS;
const FILLER = ".".repeat(DATA_BYTES - 2 - MARK.length - DIGITS);

/** The data of message `number`, as JSON. */
export function dataOf(number: number): string {
  return `"${MARK}${String(number).padStart(DIGITS, "0")}${FILLER}"`;
}

/**
 * Finds the numbers of messages in a stream of bytes, without reading frames:
 * the client must cost less than the servers it measures.
 */
export class Scanner {
  readonly #onNumber: (number: number) => void;
  /** The end of the last chunk, where it may have cut off a number. */
  #rest: Buffer | undefined;

  constructor(onNumber: (number: number) => void) {
    this.#onNumber = onNumber;
  }

  /** Reads the next bytes. */
  feed(chunk: Buffer): void {
    const bytes =
      this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    for (;;) {
      at = bytes.indexOf(FIRST, at);
      if (at < 0) return;
      if (at + LENGTH > bytes.length) {
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      if (bytes[at + 1] === SECOND && bytes[at + 2] === THIRD) {
        this.#onNumber(numberAt(bytes, at + MARK.length));
        // Nor is there a mark in what fills the data up.
        at += LENGTH + FILLER.length;
      } else at++;
    }
  }
}

function numberAt(bytes: Buffer, start: number): number {
  let number = 0;
  for (let at = start; at < start + DIGITS; at++) {
    number = number * 10 + (bytes[at] ?? 0) - 48;
  }
  return number;
}
