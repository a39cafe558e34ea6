/**
 * Where a client's token comes from.
 *
 * @module
 */

/** A token, or what fetches one: it is asked again when one has expired. */
export type TokenSource =
  | string
  | (() => string | undefined | Promise<string | undefined>);

/** A client's token, fetched once for all its connections. */
export class Tokens {
  readonly #source: TokenSource | undefined;
  #token: string | undefined;
  #fetching: Promise<string | undefined> | undefined;

  constructor(source: TokenSource | undefined) {
    this.#source = source;
  }

  /** Whether another one can be had. */
  get isRenewable(): boolean {
    return typeof this.#source === "function";
  }

  /** The newest one is good for nothing: the next call fetches anew. */
  forget(): void {
    this.#token = undefined;
  }

  /** What is being fetched takes too long: the next call fetches anew. */
  giveUp(): void {
    this.#fetching = undefined;
  }

  /**
   * The token; a new one in place of one that has expired.
   *
   * @throws what the source throws; the next call asks it again.
   */
  async get(expired?: string): Promise<string | undefined> {
    const source = this.#source;
    if (typeof source !== "function") return source;
    if (this.#token === undefined || this.#token === expired) {
      this.#fetching ??= (async () => source())();
      const fetching = this.#fetching;
      try {
        const token = await fetching;
        // Another one may be on its way; this one is good all the same.
        if (fetching === this.#fetching) this.#token = token;
        return token;
      } finally {
        if (fetching === this.#fetching) this.#fetching = undefined;
      }
    }
    return this.#token;
  }
}
