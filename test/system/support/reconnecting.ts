/**
 * A connection that is opened again after every loss, as docs/protocol.md §3
 * has clients do.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { type Client, type ConnectOptions, connect } from "./client.ts";

/** Close codes after which a client reconnects. 1005 is a Close without one. */
const PASSING = new Set([1001, 1005, 1006, 1011, 1012, 4008, 4009]);
/** How long to wait for a welcome, in ms. */
const WELCOME_MS = 5_000;
/** How long to wait after the first failed try, and at most, in ms. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Where a client connects to. */
export interface Place {
  /** A server's, or that of a proxy in front of it; without a slash. */
  readonly address: { readonly url: string };
  readonly way: ConnectOptions;
  /**
   * How often to ping, in ms; a connection on which nothing came between two
   * pings is given up. Absent: it never pings.
   */
  readonly pingMs?: number | undefined;
}

/** What whoever uses the connection does. A throw ends it for good. */
export interface User {
  /** A new connection is open; the one before, if any, is gone. */
  onOpen(client: Client): void;
  onFrame(frame: ServerFrame): void;
}

/** A connection, and those that take its place. */
export class Reconnecting {
  /** The close codes of all connections that were lost. */
  readonly losses: number[] = [];
  /** How many of them were lost by `breaks`. */
  broken = 0;
  /** Rejects when something is wrong; never resolves. */
  readonly failed: Promise<never>;
  /** What was wrong, if anything was. */
  fault: Error | undefined;
  readonly #place: Place;
  readonly #user: User;
  readonly #ended: Promise<void>;
  #client: Client | undefined;
  #leaving = false;
  #reject: (error: Error) => void = () => {};
  #trouble = "";

  constructor(place: Place, user: User) {
    this.#place = place;
    this.#user = user;
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.failed.catch(() => {});
    this.#ended = this.#run().catch((error: Error) => this.#fail(error));
  }

  /** The connection that is open now, if one is. */
  get client(): Client | undefined {
    return this.#client?.isOpen ? this.#client : undefined;
  }

  get isSession(): boolean {
    return this.#place.way.channel === undefined;
  }

  /** How it stands, for messages of failed tests. */
  get name(): string {
    const { channel, batch = false } = this.#place.way;
    const path = channel === undefined ? "session" : `direct ${channel}`;
    const now = this.client?.connId ?? `not connected: ${this.#trouble}`;
    const lost = `lost [${this.losses.join()}]`;
    return `${path} ${batch ? "batch" : "plain"}, ${lost}, ${now}`;
  }

  /** Drops the connection without a word; it comes back. */
  breaks(): void {
    if (this.client === undefined) return;
    this.broken += 1;
    this.client.vanishes();
  }

  /**
   * Closes it for good.
   *
   * @throws what was wrong, if anything ever was.
   */
  async leaves(): Promise<void> {
    this.#leaving = true;
    await this.#client?.leaves();
    await this.#ended;
    if (this.fault !== undefined) throw this.fault;
  }

  async #run(): Promise<void> {
    for (;;) {
      const client = await this.#connects();
      if (client === undefined) return;
      this.#client = client;
      client.watches((frame) => this.#guarded(() => this.#user.onFrame(frame)));
      const hush = this.#pings(client);
      this.#guarded(() => this.#user.onOpen(client));
      const { code, reason } = await client.ended.finally(hush);
      if (client.fault !== undefined) throw client.fault;
      if (this.#leaving || this.fault !== undefined) return;
      this.#trouble = `${code} ${reason}`;
      if (!PASSING.has(code)) throw new Error(`closed with ${this.#trouble}`);
      this.losses.push(code);
    }
  }

  /** Tries until somebody answers; undefined when it is left meanwhile. */
  async #connects(): Promise<Client | undefined> {
    let wait = FIRST_PAUSE_MS;
    while (!this.#leaving) {
      try {
        const { address, way } = this.#place;
        const client = await connect(address, {
          ...way,
          withinMs: WELCOME_MS,
        });
        if (!this.#leaving) return client;
        await client.leaves();
      } catch (error) {
        this.#trouble = String(error);
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
      }
    }
    return undefined;
  }

  /** Pings a client from now on; the answer ends that. */
  #pings(client: Client): () => void {
    const { pingMs } = this.#place;
    if (pingMs === undefined) return () => {};
    let heard = true;
    client.watches(() => {
      heard = true;
    });
    const timer = setInterval(() => {
      if (!heard) client.vanishes();
      else client.sends({ type: "ping" });
      heard = false;
    }, pingMs);
    return () => clearInterval(timer);
  }

  #guarded(work: () => void): void {
    if (this.fault !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.#client?.vanishes();
    }
  }

  #fail(error: Error): void {
    this.fault ??= new Error(`${this.name}: ${error.message}`, {
      cause: error,
    });
    this.#reject(this.fault);
  }
}
