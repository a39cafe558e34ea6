/**
 * The JavaScript heap of a server's isolate, by way of its inspector.
 *
 * @module
 */
import { once } from "node:events";
import * as v from "valibot";
import { WebSocket } from "ws";

/** How often the heap is looked at, in ms. */
const LOOK_MS = 100;

/** `GET /json/list` of an inspector. */
const TargetsSchema = v.array(v.object({ webSocketDebuggerUrl: v.string() }));

/** The answer to `Runtime.getHeapUsage`. */
const UsageSchema = v.object({
  id: v.number(),
  result: v.object({
    usedSize: v.number(),
    backingStorageSize: v.number(),
  }),
});

export class Heap {
  /** The most bytes that were in use at any look, garbage included. */
  peak = 0;
  readonly #socket: WebSocket;
  #asked = 0;
  #waiting = new Map<number, () => void>();
  #timer: NodeJS.Timeout | undefined;
  /** Bytes in use when last looked at. */
  used = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#take(String(data)));
  }

  /** Begins to look at the heap of the isolate behind an inspector's port. */
  static async watch(port: number): Promise<Heap> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = v.parse(TargetsSchema, await answer.json());
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "");
    await once(socket, "open");
    const heap = new Heap(socket);
    heap.#timer = setInterval(() => heap.#ask("Runtime.getHeapUsage"), LOOK_MS);
    return heap;
  }

  /** What is in use once all garbage is collected, in bytes. */
  async live(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage");
    await this.#ask("Runtime.getHeapUsage");
    return this.used;
  }

  forgetPeak(): void {
    this.peak = 0;
  }

  ends(): void {
    clearInterval(this.#timer);
    this.#socket.terminate();
  }

  #ask(method: string): Promise<void> {
    const id = ++this.#asked;
    this.#socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #take(text: string): void {
    const message: unknown = JSON.parse(text);
    const usage = v.safeParse(UsageSchema, message);
    if (usage.success) {
      const { usedSize, backingStorageSize } = usage.output.result;
      this.used = usedSize + backingStorageSize;
      this.peak = Math.max(this.peak, this.used);
    }
    const id = Number(Object(message).id);
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
