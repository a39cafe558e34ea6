/**
 * What an event stream has to say and its reader has not taken yet. What was
 * taken is acknowledged; so the bounds of a connection that acknowledges hold
 * for a stream (docs/protocol.md §3).
 *
 * @module
 */
import type { Settings } from "../config.ts";
import type { EventText } from "./event-feed.ts";

/** Messages and bytes after which a reader's progress is acknowledged. */
const ACK_MESSAGES = 256;
const ACK_BYTES = 1_048_576;
/** Characters that a reader is handed at once; one event may be longer. */
const CHUNK_LENGTH = 65_536;

type Limits = Pick<
  Settings,
  "MAX_OUTSTANDING" | "MAX_OUTSTANDING_BYTES" | "MAX_SILENT_BYTES"
>;

export class EventQueue {
  readonly #acknowledge: (seq: number) => void;
  readonly #ackMessages: number;
  readonly #ackBytes: number;
  readonly #encoder = new TextEncoder();
  #waiting: EventText[] = [];
  #ended = false;
  /** Called when there is something to take, or never will be. */
  #wake: (() => void) | undefined;
  /** What was handed out since the last acknowledgement. */
  #messages = 0;
  #bytes = 0;
  #seq: number | undefined;
  #acknowledged = false;

  /** @param acknowledge is told the number up to which all was taken. */
  constructor(limits: Limits, acknowledge: (seq: number) => void) {
    const { MAX_OUTSTANDING, MAX_OUTSTANDING_BYTES, MAX_SILENT_BYTES } = limits;
    this.#acknowledge = acknowledge;
    // Half of what may be outstanding, so that a reader who keeps up has room.
    this.#ackMessages = Math.min(ACK_MESSAGES, MAX_OUTSTANDING / 2);
    this.#ackBytes = Math.min(
      ACK_BYTES,
      MAX_OUTSTANDING_BYTES / 2,
      MAX_SILENT_BYTES / 2,
    );
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(...events: readonly EventText[]): void {
    if (this.#ended) return;
    for (const event of events) this.#waiting.push(event);
    if (!this.isEmpty) this.#wakes();
  }

  /** Nothing comes after what is waiting. */
  ends(): void {
    this.#ended = true;
    this.#wakes();
  }

  /** And what is waiting is given up. */
  clears(): void {
    this.#waiting = [];
    this.ends();
  }

  /**
   * The next of it, once there is some; undefined at the end. Whoever asks has
   * taken all that he was handed before.
   */
  async next(): Promise<Uint8Array | undefined> {
    this.#taken();
    if (this.isEmpty && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.isEmpty ? undefined : this.#chunk();
  }

  #chunk(): Uint8Array {
    let length = 0;
    let count = 0;
    for (const { text, seq } of this.#waiting) {
      if (count > 0 && length + text.length > CHUNK_LENGTH) break;
      length += text.length;
      this.#seq = seq ?? this.#seq;
      count++;
    }
    const events = this.#waiting.splice(0, count);
    const chunk = this.#encoder.encode(events.map(({ text }) => text).join(""));
    this.#messages += count;
    this.#bytes += chunk.byteLength;
    return chunk;
  }

  #taken(): void {
    if (this.#seq === undefined || this.#ended) return;
    const isDue =
      !this.#acknowledged ||
      this.#messages >= this.#ackMessages ||
      this.#bytes >= this.#ackBytes;
    if (!isDue) return;
    // Bounds are kept of those who acknowledged before.
    this.#acknowledged = true;
    this.#messages = 0;
    this.#bytes = 0;
    this.#acknowledge(this.#seq);
  }

  #wakes(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
