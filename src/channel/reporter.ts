/**
 * When a channel reports to the registry: at once when something changed
 * after a quiet time, then once an interval as long as it goes on. A timer
 * keeps an object in memory, so none runs while nothing changes.
 *
 * @module
 */
import type { ReportAnswer } from "../registry/report.ts";

/** What the reporter needs of its channel. */
export interface ReporterHost {
  /** Whether something changed since the last report was made. */
  changed(): boolean;
  /** Makes a report and sends it. Rejects when it did not arrive. */
  send(): Promise<ReportAnswer>;
  /** Called with what went wrong; the report is made again later. */
  failed(error: unknown): void;
  /** In ms, until the registry asks for another. */
  readonly intervalMs: number;
}

export class Reporter {
  readonly #host: ReporterHost;
  #intervalMs: number;
  #busy = false;

  constructor(host: ReporterHost) {
    this.#host = host;
    this.#intervalMs = host.intervalMs;
  }

  /** To be called after every flush. */
  poke(): void {
    if (!this.#busy && this.#host.changed()) void this.#report();
  }

  async #report(): Promise<void> {
    this.#busy = true;
    try {
      const { intervalMs } = await this.#host.send();
      this.#intervalMs = Math.max(this.#host.intervalMs, intervalMs);
    } catch (error) {
      this.#host.failed(error);
    }
    setTimeout(() => {
      this.#busy = false;
      this.poke();
    }, this.#intervalMs);
  }
}
