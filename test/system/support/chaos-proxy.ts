/**
 * A TCP proxy that is as bad as networks are: it cuts, stalls, delays and
 * dribbles. What it does to a connection, and after how many bytes, is drawn
 * from a seed; how the bytes are split into chunks is the kernel's doing.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type Server as NetServer, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { type Random, random } from "./random.ts";

/** What can happen to a connection. */
export const FAULTS = [
  /** Both sides are reset. */
  "reset",
  /** Both sides are ended, as a process that exits does. */
  "end",
  /** Nothing passes for a while, in one direction. */
  "stall",
  /** Nothing passes any more, in either direction, and nobody is told. */
  "silence",
  /** Every chunk is late, in both directions, until something else happens. */
  "delay",
  /** A stretch of bytes comes one by one. */
  "dribble",
] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * One thing that happens, once so many bytes have passed in both directions
 * together: to whatever passes then.
 */
interface Stroke {
  readonly fault: Fault;
  readonly afterBytes: number;
  readonly ms: number;
}

/** How bad it is. */
export interface ChaosOptions {
  readonly seed: number;
  /** The port of whatever is behind it. */
  readonly port: number;
  readonly faults: readonly Fault[];
  /** What happens next happens within so many bytes. */
  readonly withinBytes: number;
}

/** How long a stall lasts at most, and a delay, in ms. */
const MAX_STALL_MS = 400;
const MAX_DELAY_MS = 15;
/** How many bytes come one by one. */
const DRIBBLED_BYTES = 64;

export class ChaosProxy {
  /** How often each thing happened. */
  readonly happened = new Map<Fault, number>();
  readonly #options: ChaosOptions;
  readonly #server: NetServer;
  readonly #links = new Set<Link>();
  #accepted = 0;
  #calm = false;

  private constructor(options: ChaosOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (client) =>
      this.#link(client),
    );
  }

  /** Listens on a port of its own. */
  static async start(options: ChaosOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("it does not listen");
    }
    return `http://127.0.0.1:${address.port}`;
  }

  /** Nothing more happens; what is silent stays so. */
  calms(): void {
    this.#calm = true;
  }

  /** Cuts everything and listens no more. */
  async stop(): Promise<void> {
    for (const link of this.#links) link.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #link(client: Socket): void {
    const { seed, port } = this.#options;
    // Its own dice: what befalls one connection does not depend on others.
    const dice = random(seed + 7_919 * ++this.#accepted);
    const link = new Link(client, port, () => this.#draw(dice));
    this.#links.add(link);
    link.onEnd = () => this.#links.delete(link);
    link.onStroke = (fault) => {
      this.happened.set(fault, (this.happened.get(fault) ?? 0) + 1);
    };
  }

  #draw(dice: Random): Stroke | undefined {
    if (this.#calm) return undefined;
    const { faults, withinBytes } = this.#options;
    const fault = dice.pick(faults);
    const afterBytes = dice.integer(withinBytes);
    const longest = fault === "delay" ? MAX_DELAY_MS : MAX_STALL_MS;
    return { fault, afterBytes, ms: 1 + dice.integer(longest) };
  }
}

/** One connection through the proxy. */
class Link {
  onEnd: () => void = () => {};
  onStroke: (fault: Fault) => void = () => {};
  readonly #client: Socket;
  readonly #server = new Socket({ allowHalfOpen: true });
  readonly #draw: () => Stroke | undefined;
  #stroke: Stroke | undefined;
  /** Bytes passed since the next stroke was drawn. */
  #passed = 0;
  #silent = false;
  #delayMs = 0;

  constructor(client: Socket, port: number, draw: () => Stroke | undefined) {
    this.#client = client;
    this.#draw = draw;
    this.#stroke = draw();
    this.#server.connect(port, "127.0.0.1");
    for (const socket of [client, this.#server]) {
      socket.setNoDelay();
      // A close always follows.
      socket.on("error", () => {});
      socket.on("close", () => this.cut());
    }
    void this.#pump(client, this.#server);
    void this.#pump(this.#server, client);
  }

  /** Ends both sides; nobody waits for what is on its way. */
  cut(reset = false): void {
    for (const socket of [this.#client, this.#server]) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.onEnd();
  }

  async #pump(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) await this.#pass(chunk, to);
      to.end();
    } catch {
      // It was cut while it was read.
    }
  }

  async #pass(chunk: Buffer, to: Socket): Promise<void> {
    if (this.#delayMs > 0) await pause(this.#delayMs);
    let rest = chunk;
    while (rest.length > 0 && !this.#silent) {
      const stroke = this.#stroke;
      if (stroke === undefined) break;
      const before = rest.subarray(0, stroke.afterBytes - this.#passed);
      this.#passed += before.length;
      const isNow = this.#passed >= stroke.afterBytes;
      if (isNow) {
        this.#passed = 0;
        this.#stroke = this.#draw();
      }
      await write(to, before);
      rest = rest.subarray(before.length);
      if (!isNow) return;
      this.#delayMs = 0;
      this.onStroke(stroke.fault);
      rest = await this.#strike(stroke, rest, to);
    }
    if (!this.#silent) await write(to, rest);
  }

  /** @returns what is yet to be passed on. */
  async #strike(stroke: Stroke, rest: Buffer, to: Socket): Promise<Buffer> {
    switch (stroke.fault) {
      case "reset":
        this.cut(true);
        return Buffer.alloc(0);
      case "end":
        this.cut();
        return Buffer.alloc(0);
      case "silence":
        this.#silent = true;
        return Buffer.alloc(0);
      case "stall":
        await pause(stroke.ms);
        return rest;
      case "delay":
        this.#delayMs = stroke.ms;
        return rest;
      case "dribble": {
        const bytes = rest.subarray(0, DRIBBLED_BYTES);
        for (const byte of bytes) {
          await write(to, Buffer.of(byte));
          // Or the kernel would put them together again.
          await new Promise((resolve) => setImmediate(resolve));
        }
        return rest.subarray(bytes.length);
      }
    }
  }
}

/** Writes, and resolves when there is room for more. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || to.destroyed) return;
  if (!to.write(bytes))
    await Promise.race([once(to, "drain"), once(to, "close")]);
}
