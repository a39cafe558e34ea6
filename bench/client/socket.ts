/**
 * A WebSocket client that costs next to nothing. With the usual one (`ws`) it
 * is the client that is at 100 % where servers send small frames; this one
 * hands on bytes as they come, and masks with zeros.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const TEXT = 0x81;
const BINARY = 0x82;
const MASKED = 0x80;
/** How long a server may take for anything that is not measured, in ms. */
const PATIENCE_MS = 15_000;

/** What every socket reads into: a chunk is over when its reader returns. */
const SHARED = Buffer.allocUnsafe(262_144);

/** An open WebSocket. Whoever reads it sets `onBytes` or `onText`. */
export class BenchSocket {
  readonly #socket: Socket;
  /** What nobody has read yet. */
  #unread: Buffer = Buffer.alloc(0);
  #onBytes: ((chunk: Buffer) => void) | undefined;
  #onChange = (): void => {};
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#onChange();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#onBytes !== undefined) {
      this.#onBytes(chunk);
      return;
    }
    this.#unread = Buffer.concat([this.#unread, chunk]);
    this.#onChange();
  }

  /**
   * Opens a WebSocket.
   *
   * @param path with the slash, and a query if need be.
   * @throws {Error} when the server does not accept it.
   */
  static async open(
    port: number,
    path: string,
    subprotocol?: string,
  ): Promise<BenchSocket> {
    let take = (_chunk: Buffer): void => {};
    const socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (length) => {
          take(SHARED.subarray(0, length));
          return true;
        },
      },
    });
    const opened = new BenchSocket(socket);
    take = (chunk) => opened.#take(chunk);
    await once(socket, "connect");
    const offered =
      subprotocol === undefined
        ? ""
        : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
        "Connection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\n" +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `${offered}\r\n`,
    );
    const head = await opened.#next("a response", (bytes) => {
      const end = bytes.indexOf("\r\n\r\n") + 4;
      return end < 4
        ? undefined
        : { text: bytes.toString("latin1", 0, end), end };
    });
    if (!head.startsWith("HTTP/1.1 101")) {
      throw new Error(`not accepted: ${head.slice(0, 200)}`);
    }
    return opened;
  }

  /** Reads messages until one holds `needle`, and resolves with that one. */
  async until(needle: string): Promise<string> {
    for (;;) {
      const text = await this.#next(needle, firstFrame);
      if (text.includes(needle)) return text;
    }
  }

  /** Takes the first of what `find` finds in the bytes that come. */
  async #next(
    what: string,
    find: (bytes: Buffer) => { text: string; end: number } | undefined,
  ): Promise<string> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = find(this.#unread);
      if (found !== undefined) {
        this.#unread = this.#unread.subarray(found.end);
        return found.text;
      }
      if (this.#isClosed) throw new Error(`closed; waited for ${what}`);
      if (deadline.aborted) throw new Error(`waited in vain for ${what}`);
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
        deadline.onabort = () => resolve();
      });
    }
  }

  /**
   * Has all bytes from now on handed over, frames' headers included. A chunk
   * is to be read at once: its memory is used again.
   */
  readBytes(onBytes: (chunk: Buffer) => void): void {
    this.#onBytes = onBytes;
    const unread = this.#unread;
    this.#unread = Buffer.alloc(0);
    if (unread.length > 0) onBytes(unread);
  }

  /** Has all text messages from now on handed over. */
  readTexts(onText: (text: string) => void): void {
    let rest: Buffer = Buffer.alloc(0);
    this.readBytes((chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const frame = firstFrame(rest);
        if (frame === undefined) return;
        rest = rest.subarray(frame.end);
        if (frame.text !== "") onText(frame.text);
      }
    });
  }

  /** Sends text messages in one write. */
  send(...texts: readonly string[]): void {
    this.#socket.write(
      texts.length === 1
        ? frameOf(texts[0] ?? "")
        : Buffer.concat(texts.map(frameOf)),
    );
  }

  /** Whether the server, or the network, has ended it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends the TCP connection; resolves when that is done. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, "close");
  }
}

/** A masked text frame; a mask of zeros leaves the text as it is. */
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + 4 + length);
  frame[0] = TEXT;
  if (head === 2) frame[1] = MASKED | length;
  else if (head === 4) {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = MASKED | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.writeUInt32BE(0, head);
  frame.write(text, head + 4);
  return frame;
}

function firstFrame(bytes: Buffer): { text: string; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const length =
    head === 2
      ? short
      : head === 4
        ? bytes.readUInt16BE(2)
        : Number(bytes.readBigUInt64BE(2));
  const end = head + length;
  if (bytes.length < end) return undefined;
  // What is no data, such as a ping, reads as an empty text.
  const isData = bytes[0] === TEXT || bytes[0] === BINARY;
  const text = isData ? bytes.toString("utf8", head, end) : "";
  return { text, end };
}
