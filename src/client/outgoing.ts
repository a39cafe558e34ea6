/**
 * What leaves over one connection: frames of one tick as one array, and no
 * more than the server takes (docs/protocol.md §3, "Too many frames").
 *
 * @module
 */
import { MAX_BATCH_OBJECTS } from "../protocol/framing.ts";
import { utf8Length } from "../protocol/names.ts";

/** What the server takes, as its welcome says. */
export interface Intake {
  readonly maxFrameBytes: number;
  readonly framesPerSecond: number;
  readonly framesBurst: number;
}

/** How often to look whether more may leave, in ms. */
const PAUSE_MS = 100;
/** The part of the allowance that is used: clocks and networks are uneven. */
const SHARE = 0.9;

/** The frames that are to leave, in order. */
export class Outgoing {
  readonly #send: (message: string) => void;
  readonly #intake: Intake;
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #scheduled = false;
  #allowance: number;
  #lookedAt = Date.now();

  constructor(send: (message: string) => void, intake: Intake) {
    this.#send = send;
    this.#intake = intake;
    this.#allowance = intake.framesBurst * SHARE;
  }

  /** Sends a frame at the end of this tick, or as soon as it may leave. */
  add(frame: string): void {
    this.#waiting.push(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends all that may leave now. */
  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    this.#refill();
    const frames = this.#waiting.splice(0, Math.floor(this.#allowance));
    this.#allowance -= frames.length;
    for (let at = 0; at < frames.length; ) {
      const end = this.#endOfMessage(frames, at);
      const together = frames.slice(at, end);
      this.#send(together.length > 1 ? `[${together}]` : String(together));
      at = end;
    }
    if (this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  #refill(): void {
    const { framesPerSecond, framesBurst } = this.#intake;
    const now = Date.now();
    const ms = Math.max(now - this.#lookedAt, 0);
    this.#lookedAt = now;
    this.#allowance = Math.min(
      this.#allowance + (ms * framesPerSecond * SHARE) / 1000,
      Math.max(framesBurst * SHARE, 1),
    );
  }

  /** Where the array that starts at a frame has to end. */
  #endOfMessage(frames: readonly string[], start: number): number {
    let bytes = 1;
    let end = start;
    while (end < frames.length && end - start < MAX_BATCH_OBJECTS) {
      // One for the comma or the bracket that follows.
      bytes += utf8Length(String(frames[end])) + 1;
      if (end > start && bytes > this.#intake.maxFrameBytes) break;
      end += 1;
    }
    return end;
  }
}
