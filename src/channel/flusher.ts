/**
 * Group commit: when the outbox is flushed, and how. One transaction holds all
 * that is pending, then every socket gets what is its own; the platform's
 * output gate holds those messages until the transaction is durable.
 *
 * The first event after a quiet moment is flushed at once. What arrives while
 * the timer of that flush is pending shares the next one, unless so little is
 * going on that waiting would join nothing.
 *
 * @module
 */
import { CLOSE_CODES } from "../protocol/reasons.ts";
import type { Connection } from "./connection.ts";
import type { ChannelCore } from "./core.ts";

/** A flush of more bytes is not waited with. */
const MAX_FLUSH_BYTES = 524_288;

/** How long what need not be written at once waits for another write, in ms. */
const STALE_MS = 10;

/**
 * A moment, from a flush to its timer, is busy when it sees more events. The
 * next one then joins whatever it can.
 */
const BUSY_EVENTS = 8;
/** So many flushes need not wait for the timer in a moment that is not busy. */
const MAX_HURRIED = 3;
/** And so many of those that write: each is a row of its own. */
const MAX_HURRIED_WRITES = 1;
/** Only flushes to so few sockets may: more sends are worth joining. */
const MAX_HURRIED_SENDS = 4;
/** So many frames that came together are joined already: they never wait. */
const JOINED_FRAMES = 16;

/** What the flusher needs of its host. */
export interface FlusherHost {
  readonly core: ChannelCore;
  /** Runs `write` in one transaction. */
  transaction(write: () => void): void;
  /** Called when nothing could be written. Nothing was sent either. */
  failed(error: unknown): void;
  /** Called after every event, when its frames have gone out. */
  done(): void;
}

export class Flusher {
  readonly #host: FlusherHost;
  #cooling = false;
  /** Events since the timer was set, and how many of them it was not awaited for. */
  #events = 0;
  #hurried = 0;
  #hurriedWrites = 0;
  #busy = false;
  /** Frames of the event at hand. */
  #frames = 0;
  /** Whether a timer sees to what was left unwritten. */
  #writesLater = false;

  constructor(host: FlusherHost) {
    this.#host = host;
  }

  /**
   * Sees to what an event has caused: flushes now, or with what else arrives
   * this moment. To be called after every event, whatever it was.
   */
  soon(): void {
    const { core } = this.#host;
    this.#relieve();
    const joined = this.#frames >= JOINED_FRAMES;
    this.#frames = 0;
    this.#events++;
    if (this.#cooling && !this.#mayHurry(joined)) return;
    if (!core.pending) {
      core.arm();
      core.state.connections.keepChanged();
      this.#host.done();
      return;
    }
    core.routing.proceed();
    this.#flush();
    if (this.#cooling) return;
    this.#cooling = true;
    setTimeout(() => {
      this.#cooling = false;
      this.#busy = this.#events > BUSY_EVENTS;
      this.#events = 0;
      this.#hurried = 0;
      this.#hurriedWrites = 0;
      this.soon();
    }, 0);
  }

  /** @param joined whether the event had many frames. */
  #mayHurry(joined: boolean): boolean {
    const { core } = this.#host;
    const { outbox, connections } = core.state;
    if (!outbox.pending) return false;
    if (outbox.sends(connections.subscriberCount) > MAX_HURRIED_SENDS) {
      return false;
    }
    if (joined) return true;
    if (this.#busy || this.#hurried >= MAX_HURRIED) return false;
    if (core.dirty) {
      if (this.#hurriedWrites >= MAX_HURRIED_WRITES) return false;
      this.#hurriedWrites++;
    }
    this.#hurried++;
    return true;
  }

  /**
   * Flushes when much is pending. To be called between the frames of one
   * event, which share a flush as long as they are small.
   */
  relieve(): void {
    this.#frames++;
    this.#relieve();
  }

  #relieve(): void {
    // Not a new moment: subscribers that wait for their replay go on waiting.
    if (this.#host.core.state.outbox.bytes > MAX_FLUSH_BYTES) this.#flush();
  }

  /** Flushes, and resolves when what is pending now is written and sent. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#host.core.state.outbox.afterwards(resolve);
      this.soon();
    });
  }

  /** @returns whether it worked; if not, this object is about to end. */
  #write(): boolean {
    const { core } = this.#host;
    try {
      core.state.wipe();
      this.#host.transaction(() => core.commit());
      return true;
    } catch (error) {
      this.#host.failed(error);
      return false;
    }
  }

  #writeLater(): void {
    if (this.#writesLater) return;
    this.#writesLater = true;
    setTimeout(() => {
      this.#writesLater = false;
      if (this.#host.core.stale) this.#write();
    }, STALE_MS);
  }

  #flush(): void {
    const { core } = this.#host;
    const { state } = core;
    const { connections, outbox, backpressure } = state;
    if (core.dirty || (core.stale && outbox.isAwaited)) {
      if (!this.#write()) return;
    } else {
      core.arm();
      if (core.stale) this.#writeLater();
    }
    const seq = state.existing?.log.seq ?? 0;
    backpressure.flushed(seq, outbox.numberedBytes);
    const { deliveries, closing, afterwards } = outbox.take(
      connections.subscribers(),
    );
    for (const { connection, messages, bytes, numbered } of deliveries) {
      for (const message of messages) send(connection, message);
      const reason = backpressure.handed(connection, bytes, numbered);
      if (reason !== undefined) {
        outbox.close(connection, CLOSE_CODES.tooSlow, reason);
      }
    }
    connections.keepChanged();
    for (const [connection, { code, reason }] of closing) {
      connection.closed = true;
      connection.socket.forget();
      connection.socket.close(code, reason);
      core.disconnect(connection, code, false);
    }
    for (const callback of afterwards) callback();
    this.#host.done();
  }
}

function send(connection: Connection, message: string): void {
  try {
    connection.socket.send(message);
  } catch {
    // The socket is closing: its close event follows and tidies up.
  }
}
