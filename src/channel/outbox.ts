/**
 * What goes out with the next flush (docs/architecture.md, "One pipeline").
 *
 * Sockets that only receive share the same messages, each encoded once. A
 * socket gets frames of its own only where a reply, a message that excludes it
 * or the moment of its subscribing falls inside the flush.
 *
 * @module
 */
import { type Encoded, toMessages } from "../protocol/codec.ts";
import type { CloseCode } from "../protocol/reasons.ts";
import { encodeUpstream, type UpstreamHeader } from "../protocol/upstream.ts";
import type { Connection } from "./connection.ts";

/** What one flush sends to one connection. */
export interface Delivery {
  readonly connection: Connection;
  readonly messages: readonly string[];
  readonly bytes: number;
  /** The live numbered messages among them. */
  readonly numbered: Numbered;
}

/** How many numbered messages, and their bytes. */
export interface Numbered {
  readonly messages: number;
  readonly bytes: number;
}

/** Frames that only one connection gets, and what its session must know. */
interface Own {
  readonly frames: Encoded[];
  readonly header: UpstreamHeader;
  /** The live numbered messages among the frames. */
  numbered: Numbered;
}

interface Closing {
  readonly code: CloseCode;
  readonly reason: string;
}

const NONE: Numbered = { messages: 0, bytes: 0 };

export class Outbox {
  #shared: Encoded[] = [];
  /** The newest number among the shared frames. */
  #sharedSeq: number | undefined;
  #sharedNumbered = NONE;
  #bytes = 0;
  readonly #own = new Map<Connection, Own>();
  readonly #closing = new Map<Connection, Closing>();
  #afterwards: (() => void)[] = [];

  /** Whether there is anything to do. */
  get pending(): boolean {
    return (
      this.#shared.length > 0 ||
      this.#own.size > 0 ||
      this.#closing.size > 0 ||
      this.#afterwards.length > 0
    );
  }

  /** How many sockets get something, at most. */
  sends(subscribers: number): number {
    return this.#own.size + (this.#shared.length > 0 ? subscribers : 0);
  }

  /** Whether somebody waits until all is stored. */
  get isAwaited(): boolean {
    return this.#afterwards.length > 0;
  }

  /** The bytes of all frames, each counted once for all who get it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of numbered messages for every subscriber. */
  get numberedBytes(): number {
    return this.#sharedNumbered.bytes;
  }

  /**
   * Hands a frame to every subscriber but one.
   *
   * @param seq the number of the message that the frame carries.
   */
  broadcast(frame: Encoded, seq?: number, except?: Connection): void {
    if (except?.subscribed) this.separate(except);
    for (const [connection, own] of this.#own) {
      if (!connection.subscribed) continue;
      if (seq !== undefined) own.header.seq = seq;
      if (connection === except) continue;
      own.frames.push(frame);
      if (seq !== undefined) own.numbered = plus(own.numbered, frame);
    }
    this.#shared.push(frame);
    this.#bytes += frame.bytes;
    if (seq === undefined) return;
    this.#sharedSeq = seq;
    this.#sharedNumbered = plus(this.#sharedNumbered, frame);
  }

  /** Hands a frame to one connection. */
  send(connection: Connection, frame: Encoded): UpstreamHeader {
    const own = this.separate(connection);
    own.frames.push(frame);
    this.#bytes += frame.bytes;
    return own.header;
  }

  /** Hands the direct reply to one of its frames to a connection. */
  reply(connection: Connection, frame: Encoded): UpstreamHeader {
    const header = this.send(connection, frame);
    header.replies = (header.replies ?? 0) + 1;
    return header;
  }

  /**
   * Gives a connection frames of its own from here on. To be called before it
   * is subscribed or unsubscribed.
   */
  separate(connection: Connection): Own {
    const known = this.#own.get(connection);
    if (known !== undefined) return known;
    const own: Own = { frames: [], header: {}, numbered: NONE };
    if (connection.subscribed) {
      for (const frame of this.#shared) own.frames.push(frame);
      own.numbered = this.#sharedNumbered;
      if (this.#sharedSeq !== undefined) own.header.seq = this.#sharedSeq;
    }
    this.#own.set(connection, own);
    return own;
  }

  /** Drops what waits for a connection that is gone. */
  drop(connection: Connection): void {
    this.#own.delete(connection);
    this.#closing.delete(connection);
  }

  /** Closes a connection once its frames have gone out. */
  close(connection: Connection, code: CloseCode, reason: string): void {
    if (!this.#closing.has(connection)) {
      this.#closing.set(connection, { code, reason });
    }
  }

  /** Calls something back once the flush is stored and sent. */
  afterwards(callback: () => void): void {
    this.#afterwards.push(callback);
  }

  /** All that is to be sent, and an empty outbox. */
  take(subscribers: Iterable<Connection>): {
    deliveries: Iterable<Delivery>;
    closing: ReadonlyMap<Connection, Closing>;
    afterwards: readonly (() => void)[];
  } {
    const deliveries = [
      ...this.#sharedDeliveries(subscribers),
      ...this.#ownDeliveries(),
    ];
    const closing = new Map(this.#closing);
    const afterwards = this.#afterwards;
    this.#shared = [];
    this.#sharedSeq = undefined;
    this.#sharedNumbered = NONE;
    this.#bytes = 0;
    this.#own.clear();
    this.#closing.clear();
    this.#afterwards = [];
    return { deliveries, closing, afterwards };
  }

  *#sharedDeliveries(subscribers: Iterable<Connection>): Iterable<Delivery> {
    if (this.#shared.length === 0) return;
    const bytes = totalBytes(this.#shared);
    const numbered = this.#sharedNumbered;
    const header: UpstreamHeader = { bytes };
    if (this.#sharedSeq !== undefined) header.seq = this.#sharedSeq;
    const forms = new Map<string, readonly string[]>();
    for (const connection of subscribers) {
      if (this.#own.has(connection)) continue;
      const { upstream, identity } = connection;
      const form = `${upstream} ${identity.batch}`;
      let messages = forms.get(form);
      if (messages === undefined) {
        messages = toMessages(this.#shared, identity.batch);
        if (upstream) messages = [encodeUpstream(header, messages)];
        forms.set(form, messages);
      }
      yield { connection, messages, bytes, numbered };
    }
  }

  *#ownDeliveries(): Iterable<Delivery> {
    for (const [connection, { frames, header, numbered }] of this.#own) {
      const bytes = totalBytes(frames);
      const plain = toMessages(frames, connection.identity.batch);
      const messages = connection.upstream
        ? [encodeUpstream({ bytes, ...header }, plain)]
        : plain;
      yield { connection, messages, bytes, numbered };
    }
  }
}

function plus({ messages, bytes }: Numbered, frame: Encoded): Numbered {
  return { messages: messages + 1, bytes: bytes + frame.bytes };
}

function totalBytes(frames: readonly Encoded[]): number {
  return frames.reduce((sum, { bytes }) => sum + bytes, 0);
}
