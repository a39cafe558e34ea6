/**
 * Finds readers that do not keep up (docs/protocol.md §3, Acknowledging). The
 * platform tells nothing of a socket's queue, so what was handed over is
 * counted until the client acknowledges it or, if it never does, is heard.
 *
 * @module
 */
import type { Settings } from "../config.ts";
import type { Connection } from "./connection.ts";
import type { Numbered } from "./outbox.ts";

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
   * @param numbered the live numbered messages among it.
   * @returns why it must be closed, if it is too slow.
   */
  handed(
    connection: Connection,
    bytes: number,
    numbered: Numbered,
  ): string | undefined {
    connection.handed += bytes;
    connection.unackedMessages += numbered.messages;
    connection.unacked += numbered.bytes;
    if (connection.acked !== null) {
      const { MAX_OUTSTANDING, MAX_OUTSTANDING_BYTES } = this.#limits;
      if (
        connection.unackedMessages > MAX_OUTSTANDING ||
        connection.unacked > MAX_OUTSTANDING_BYTES
      ) {
        return "too much is unacknowledged";
      }
    }
    // A session hears its client itself, on every channel at once.
    const { MAX_SILENT_BYTES } = this.#limits;
    if (connection.upstream || connection.handed <= MAX_SILENT_BYTES) {
      return undefined;
    }
    const heartbeat = connection.socket.lastHeartbeatAt();
    if (heartbeat === undefined || heartbeat <= connection.heardAt) {
      return "too much was sent unheard";
    }
    this.heard(connection, heartbeat);
    return undefined;
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
    const { unackedMessages, unacked } = connection;
    connection.unackedMessages = Math.min(unackedMessages, newest - acked);
    connection.unacked = Math.min(unacked, this.#bytesAfter(acked));
  }

  /** Notes that a subscription starts; its replay is not counted. */
  started(connection: Connection): void {
    if (connection.acked !== null) connection.acked = 0;
    connection.unackedMessages = 0;
    connection.unacked = 0;
  }

  #bytesAfter(seq: number): number {
    const mark = this.#marks.findLast((each) => each.seq <= seq);
    return this.#bytes - (mark?.bytes ?? 0);
  }
}
