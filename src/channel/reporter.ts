/**
 * When a channel reports to the registry: at once when something changed
 * after a quiet time, then once an interval as long as it goes on. A timer
 * keeps an object in memory, which is billed, so none runs but while there is
 * something to tell.
 *
 * @module
 */
import type { ReportAnswer } from "../registry/report.ts";

/** What the reporter needs of its channel. */
export interface ReporterHost {
  /** Whether something changed since the last report was made. */
  changed(): boolean;
  /** Whether it is of a kind that must not be lost with a crash. */
  urgent(): boolean;
  /** Makes a report and sends it. Rejects when it did not arrive. */
  send(): Promise<ReportAnswer>;
  /** Called with what went wrong; the report is made again later. */
  failed(error: unknown): void;
  /** In ms, unless the registry asks for another. */
  readonly intervalMs: number;
}

/** The longest pause between tries while the registry does not answer, in ms. */
const MAX_PAUSE_MS = 60_000;

export class Reporter {
  readonly #host: ReporterHost;
  #failures = 0;
  /** A report is on its way, or waits for the end of the pause. */
  #busy = false;
  /** When the pause after the last report ends, in ms. */
  #pausedUntil = 0;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(host: ReporterHost) {
    this.#host = host;
  }

  /** To be called after every event. */
  poke(): void {
    if (this.#host.urgent()) void this.now();
    if (this.#busy || !this.#host.changed()) return;
    this.#busy = true;
    const pauseMs = this.#pausedUntil - Date.now();
    if (pauseMs > 0) setTimeout(() => this.#goOn(), pauseMs);
    else this.#sending = this.#send().then(() => this.#goOn());
  }

  /** Reports without waiting for the pause to end; resolves afterwards. */
  async now(): Promise<void> {
    // One at a time, so that an older report never arrives last.
    const before = this.#sending;
    await before;
    // Somebody else has begun meanwhile, and tells the same.
    if (this.#sending !== before) return this.now();
    if (!this.#host.changed()) return;
    this.#sending = this.#send();
    await this.#sending;
  }

  #goOn(): void {
    this.#busy = false;
    this.poke();
  }

  async #send(): Promise<void> {
    const pauseMs = await this.#trySending();
    this.#pausedUntil = Date.now() + pauseMs;
  }

  /** @returns how long to pause, in ms. */
  async #trySending(): Promise<number> {
    const usual = this.#host.intervalMs;
    try {
      const { intervalMs } = await this.#host.send();
      this.#failures = 0;
      return Math.max(usual, intervalMs);
    } catch (error) {
      this.#host.failed(error);
      this.#failures++;
      return Math.max(
        usual,
        Math.min(usual * 2 ** this.#failures, MAX_PAUSE_MS),
      );
    }
  }
}
