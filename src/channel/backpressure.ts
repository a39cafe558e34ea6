/**
 * Finds readers that do not keep up (docs/protocol.md §3, Acknowledging). The
 * platform tells nothing of a socket's queue, so what was handed over is
 * counted until the client acknowledges it or, if it never does, is heard.
 *
 * @module
 */
import type { Settings } from "../config.ts";
import type { Connection } from "./connection.ts";

type Limits = Pick<
  Settings,
  "MAX_OUTSTANDING" | "MAX_OUTSTANDING_BYTES" | "MAX_SILENT_BYTES"
>;

/** How many bytes all messages up to a number have taken. */
interface Mark {
  readonly seq: number;
  readonly bytes: number;
}

export class Backpressure {
  readonly #limits: Limits;
  /** One a flush, oldest first, no more than can be outstanding. */
  #marks: Mark[] = [];
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Notes the bytes of numbered messages in one flush. */
  flushed(seq: number, bytes: number): void {
    if (bytes === 0) return;
    this.#bytes += bytes;
    this.#marks.push({ seq, bytes: this.#bytes });
    // Twice the bound, so that old marks go in one cut and not one by one.
    if (this.#marks.length > 2 * this.#limits.MAX_OUTSTANDING) {
      this.#marks = this.#marks.slice(-this.#limits.MAX_OUTSTANDING);
    }
  }

  /**
   * Counts what a connection was handed.
   *
   * @param bytes all of it.
   * @param numbered those of live numbered messages.
   * @param seq the channel's newest number.
   * @returns whether it is too slow and must be closed.
   */
  handed(
    connection: Connection,
    bytes: number,
    numbered: number,
    seq: number,
  ): boolean {
    connection.handed += bytes;
    const { acked, startedAt } = connection;
    if (acked !== null && connection.subscribed) {
      connection.unacked += numbered;
      const { MAX_OUTSTANDING, MAX_OUTSTANDING_BYTES } = this.#limits;
      if (seq - Math.max(acked, startedAt) > MAX_OUTSTANDING) return true;
      if (connection.unacked > MAX_OUTSTANDING_BYTES) return true;
    }
    // A session hears its client itself, on every channel at once.
    const { MAX_SILENT_BYTES } = this.#limits;
    if (connection.upstream || connection.handed <= MAX_SILENT_BYTES) {
      return false;
    }
    const heartbeat = connection.socket.lastHeartbeatAt();
    if (heartbeat === undefined || heartbeat <= connection.heardAt) return true;
    this.heard(connection, heartbeat);
    return false;
  }

  /** Notes a sign of life. */
  heard(connection: Connection, at: number): void {
    connection.heardAt = at;
    connection.handed = 0;
  }

  /** Notes an acknowledgement; one of what was never sent counts as of all. */
  acknowledged(connection: Connection, seq: number, newest: number): void {
    const acked = Math.min(Math.max(seq, connection.acked ?? 0), newest);
    connection.acked = acked;
    connection.unacked = Math.min(connection.unacked, this.#bytesAfter(acked));
  }

  /** Notes that a connection starts at a number; its replay is not counted. */
  started(connection: Connection, seq: number): void {
    connection.startedAt = seq;
    connection.unacked = 0;
  }

  #bytesAfter(seq: number): number {
    const mark = this.#marks.findLast((each) => each.seq <= seq);
    return this.#bytes - (mark?.bytes ?? 0);
  }
}
