/**
 * Channels that claim to be in use, in the order they were last heard of. They
 * are kept in memory: looking for them among all channels, again and again,
 * would be billed by the row.
 *
 * @module
 */

/** A channel, and when it was last heard of, in ms. */
export interface Claim {
  readonly channelId: string;
  readonly heardAt: number;
}

export class Claims {
  /** In the order of their times, earliest first. */
  readonly #heardAt: Map<string, number>;

  /** @param claims in any order. */
  constructor(claims: readonly Claim[]) {
    const sorted = claims.toSorted((a, b) => a.heardAt - b.heardAt);
    this.#heardAt = new Map(
      sorted.map(({ channelId, heardAt }) => [channelId, heardAt]),
    );
  }

  /** When the one that was silent for longest was heard of, or undefined. */
  get earliest(): number | undefined {
    const [heardAt] = this.#heardAt.values();
    return heardAt;
  }

  /** Notes what was heard of a channel just now. */
  hear({ channelId, heardAt }: Claim, inUse: boolean): void {
    this.#heardAt.delete(channelId);
    if (inUse) this.#heardAt.set(channelId, heardAt);
  }

  /** Forgets a channel that does not exist any more. */
  forget(channelId: string): void {
    this.#heardAt.delete(channelId);
  }

  /** Those not heard of since a time, in ms; silent for longest first. */
  silent(since: number, limit: number): string[] {
    const ids: string[] = [];
    for (const [channelId, heardAt] of this.#heardAt) {
      if (heardAt >= since || ids.length === limit) break;
      ids.push(channelId);
    }
    return ids;
  }
}
