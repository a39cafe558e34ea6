/**
 * What the server sent, checked against the protocol as it is read.
 *
 * @module
 */
import { expect } from "vitest";

import { decodeServer } from "../../src/protocol/codec.ts";
import type {
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../../src/protocol/server-frames.ts";

/** The frames of a message; there must be nothing in them but the protocol. */
export function readFrames(message: string): ServerFrame[] {
  const frames = decodeServer(message);
  const given: unknown = JSON.parse(message);
  expect(frames).toEqual(Array.isArray(given) ? given : [given]);
  return frames;
}

/** Frames in the order they came, to be taken one by one. */
export class Inbox {
  #frames: ServerFrame[] = [];

  add(message: string): void {
    this.#frames.push(...readFrames(message));
  }

  get size(): number {
    return this.#frames.length;
  }

  /** The next frame, which must be of this type. */
  next<T extends ServerFrameType>(type: T): ServerFrameOf<T> {
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error(`no ${type} came: nothing did`);
    if (!isOf(frame, type)) {
      throw new Error(`no ${type} came, but ${JSON.stringify(frame)}`);
    }
    return frame;
  }

  /** All frames that are left. */
  rest(): ServerFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}

/** The frames of one type. */
export function ofType<T extends ServerFrameType>(
  frames: readonly ServerFrame[],
  type: T,
): ServerFrameOf<T>[] {
  return frames.filter((frame) => isOf(frame, type));
}

function isOf<T extends ServerFrameType>(
  frame: ServerFrame,
  type: T,
): frame is ServerFrameOf<T> & ServerFrame {
  return frame.type === type;
}
