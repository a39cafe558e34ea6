/**
 * What leaves over one connection: frames of one tick as one array, and no
 * more than the server takes (docs/protocol.md §3, "Too many frames").
 *
 * @module
 */
import { MAX_BATCH_OBJECTS } from "../protocol/framing.ts";
import type { ServerFrameOf } from "../protocol/server-frames.ts";

/** What the server takes. */
type Intake = Pick<
  ServerFrameOf<"welcome">,
  "max-frame-bytes" | "frames-per-second" | "frames-burst"
>;

/** How often to look whether more may leave, in ms. */
const PAUSE_MS = 100;
/** The part of the allowance that is used: clocks and networks are uneven. */
const SHARE = 0.9;

/** The frames that are to leave, in order. */
export class Outgoing {
  readonly #send: (message: string) => void;
  readonly #maxFrameBytes: number;
  readonly #perMs: number;
  readonly #burst: number;
  #waiting: { text: string; bytes: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #scheduled = false;
  #allowance: number;
  #lookedAt = Date.now();

  constructor(send: (message: string) => void, intake: Intake) {
    this.#send = send;
    this.#maxFrameBytes = intake["max-frame-bytes"];
    // An older server does not say: then it takes what is the default.
    this.#perMs = ((intake["frames-per-second"] ?? 1_000) * SHARE) / 1_000;
    this.#burst = Math.max((intake["frames-burst"] ?? 2_000) * SHARE, 1);
    this.#allowance = this.#burst;
  }

  /** Sends a frame at the end of this tick, or as soon as it may leave. */
  add(text: string, bytes: number): void {
    this.#waiting.push({ text, bytes });
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends all that may leave now. */
  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    const now = Date.now();
    this.#allowance += Math.max(now - this.#lookedAt, 0) * this.#perMs;
    this.#allowance = Math.min(this.#allowance, this.#burst);
    this.#lookedAt = now;
    const frames = this.#waiting.splice(0, Math.floor(this.#allowance));
    this.#allowance -= frames.length;
    let together: string[] = [];
    let size = 1;
    const send = () => {
      if (together.length > 1) this.#send(`[${together}]`);
      else if (together.length > 0) this.#send(`${together}`);
    };
    for (const { text, bytes } of frames) {
      // One for the comma or the bracket that follows.
      size += bytes + 1;
      if (size > this.#maxFrameBytes || together.length === MAX_BATCH_OBJECTS) {
        send();
        together = [];
        size = bytes + 2;
      }
      together.push(text);
    }
    send();
    if (this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
  }
}
