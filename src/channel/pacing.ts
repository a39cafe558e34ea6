/**
 * Subscribers that wait, with what they send meanwhile in line behind their
 * subscribing: for their turn, since a flush replays so much and no more, or
 * for leave to create the channel.
 *
 * @module
 */
import type { Inbound } from "../protocol/codec.ts";
import type { SessionMessage } from "../protocol/upstream.ts";
import type { Connection } from "./connection.ts";

/** A frame of a client, a session's own message, or one that came too early. */
export type Arrival =
  | Inbound
  | { kind: "session"; message: SessionMessage }
  | { kind: "overflow"; arrival: Arrival };

/** Bytes of replay in one turn, after which further subscribers wait. */
const MAX_REPLAY_BYTES = 4_194_304;
/** Frames of one connection that wait behind its subscribing. */
const MAX_WAITING_FRAMES = 256;

export class Pacing {
  #replayed = 0;
  readonly #waiting = new Map<Connection, Arrival[]>();
  /** Those of them who do not wait for their turn. */
  readonly #held = new Set<Connection>();

  /** Whether anybody waits whose turn may have come. */
  get pending(): boolean {
    return this.#waiting.size > this.#held.size;
  }

  /**
   * Has an arrival wait if its connection waits.
   *
   * @returns whether it waits; `flooded` when more wait than may.
   */
  defer(connection: Connection, arrival: Arrival): boolean | "flooded" {
    const waiting = this.#waiting.get(connection);
    if (waiting === undefined) return false;
    // Nothing has been handed over yet that an acknowledgement could be about.
    if (arrival.kind === "frame" && arrival.frame.type === "ack") return true;
    const { length } = waiting;
    // A session bounds by itself how much it sends before it is answered.
    const bounded = !connection.upstream && arrival.kind !== "overflow";
    if (bounded && length >= 2 * MAX_WAITING_FRAMES) return "flooded";
    const fits = !bounded || length < MAX_WAITING_FRAMES;
    waiting.push(fits ? arrival : { kind: "overflow", arrival });
    return true;
  }

  /**
   * Does what replays messages, unless enough was replayed in this turn.
   *
   * @param act returns the bytes that it replayed.
   */
  replay(connection: Connection, arrival: Arrival, act: () => number): void {
    if (this.#replayed >= MAX_REPLAY_BYTES) {
      this.#waiting.set(connection, [arrival]);
    } else {
      this.#replayed += act();
    }
  }

  /** Has a connection wait until it is released. */
  hold(connection: Connection, arrival: Arrival): void {
    this.#waiting.set(connection, [arrival]);
    this.#held.add(connection);
  }

  release(connection: Connection): void {
    this.#held.delete(connection);
  }

  /** Begins another turn. */
  proceed(receive: (connection: Connection, arrival: Arrival) => void): void {
    this.#replayed = 0;
    for (const [connection, arrivals] of [...this.#waiting]) {
      if (this.#held.has(connection)) continue;
      this.#waiting.delete(connection);
      for (const arrival of arrivals) receive(connection, arrival);
    }
  }

  /** Drops what waits for a connection that is gone. */
  forget(connection: Connection): void {
    this.#waiting.delete(connection);
    this.#held.delete(connection);
  }
}
