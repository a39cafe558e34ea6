/**
 * The one order of a channel's messages, as all who see it must agree on.
 *
 * @module
 */

/** Where a message stands: its number, and in which numbering. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** What anybody has seen of one channel. */
export class Order {
  /** By epoch: the message-ids, each at the index of its number. */
  readonly #epochs = new Map<string, (string | undefined)[]>();

  /** The epochs in which anything was seen, oldest first. */
  get epochs(): string[] {
    return [...this.#epochs.keys()];
  }

  /**
   * Somebody was shown a message.
   *
   * @throws when another message was seen at its place before.
   */
  note({ epoch, seq }: Position, id: string): void {
    let ids = this.#epochs.get(epoch);
    if (ids === undefined) {
      ids = [];
      this.#epochs.set(epoch, ids);
    }
    const known = ids[seq];
    if (known !== undefined && known !== id) {
      throw new Error(`${seq} of ${epoch} was ${known}, and now is ${id}`);
    }
    ids[seq] = id;
  }

  /** The message-id at a place; undefined where nobody saw it. */
  at({ epoch, seq }: Position): string | undefined {
    return this.#epochs.get(epoch)?.[seq];
  }
}
