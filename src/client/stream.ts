/**
 * What comes one after another, for `for await`.
 *
 * @module
 */

/**
 * An asynchronous iterator that others push into. Its consumer takes one item
 * at a time; who pushed is told when the consumer is done with it.
 */
export class Stream<T> implements AsyncIterableIterator<T> {
  readonly #items: { value: T; done: () => void }[] = [];
  readonly #onReturn: () => void;
  #askers: {
    resolve: (result: IteratorResult<T>) => void;
    reject: (error: unknown) => void;
  }[] = [];
  /** Called when the consumer comes back, done with what it took. */
  #taken = () => {};
  #end: { error?: unknown } | undefined;

  /** @param onReturn called when the consumer wants no more. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  /** Hands over an item. @returns when the consumer is done with it. */
  push(value: T): Promise<void> {
    return new Promise((done) => {
      if (this.#end !== undefined) return done();
      this.#items.push({ value, done });
      this.#serve();
    });
  }

  /** Nothing more comes; with an error, the consumer's loop throws it. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#serve();
  }

  next(): Promise<IteratorResult<T>> {
    this.#taken();
    return new Promise((resolve, reject) => {
      this.#askers.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#taken();
    this.#items.length = 0;
    this.end();
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    for (;;) {
      const [asker] = this.#askers;
      if (asker === undefined) return;
      const item = this.#items.shift();
      if (item === undefined && this.#end === undefined) return;
      this.#askers.shift();
      if (item !== undefined) {
        this.#taken = item.done;
        asker.resolve({ done: false, value: item.value });
      } else if (this.#end !== undefined && "error" in this.#end) {
        const { error } = this.#end;
        // Once is enough: who asks again is told that it is over.
        this.#end = {};
        asker.reject(error);
      } else {
        asker.resolve({ done: true, value: undefined });
      }
    }
  }
}
