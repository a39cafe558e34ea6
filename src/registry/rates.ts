/**
 * Messages a second over the last minute, by channel, from what the reports
 * add up to. Kept in memory alone: after a restart it starts at nothing.
 *
 * @module
 */

/** Over how long a rate is taken, in ms. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly at: number;
  readonly published: number;
}

export class Rates {
  readonly #samples = new Map<string, Sample[]>();

  /** Counts messages that a report told of. */
  add(channelId: string, published: number, now: number): void {
    if (published === 0) return;
    const samples = recent(this.#samples.get(channelId) ?? [], now);
    samples.push({ at: now, published });
    this.#samples.set(channelId, samples);
  }

  /** Messages a second over the last minute. */
  rate(channelId: string, now: number): number {
    const samples = recent(this.#samples.get(channelId) ?? [], now);
    if (samples.length === 0) this.#samples.delete(channelId);
    const total = samples.reduce((sum, { published }) => sum + published, 0);
    return total / (WINDOW_MS / 1_000);
  }

  forget(channelId: string): void {
    this.#samples.delete(channelId);
  }
}

function recent(samples: readonly Sample[], now: number): Sample[] {
  return samples.filter(({ at }) => at > now - WINDOW_MS);
}
