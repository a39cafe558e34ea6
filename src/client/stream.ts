/**
 * What comes one after another, for `for await`.
 *
 * @module
 */

/** An item, and whom to tell when the consumer is done with it. */
interface Item {
  readonly value: unknown;
  readonly done: () => void;
}

/**
 * An asynchronous iterator that others push into. Its consumer takes one item
 * at a time; who pushed is told when the consumer is done with it.
 */
export class Stream<T> implements AsyncIterableIterator<T> {
  readonly #read: (value: unknown) => unknown;
  readonly #onReturn: () => void;
  readonly #items: Item[] = [];
  readonly #askers: ((
    result: IteratorResult<T> | Promise<IteratorResult<T>>,
  ) => void)[] = [];
  /** Called when the consumer comes back, done with what it took. */
  #taken = () => {};
  /** What is given when nothing comes any more. */
  #end: (() => Promise<IteratorResult<T>>) | undefined;

  /**
   * @param read makes of what is pushed what is given.
   * @param onReturn called when the consumer wants no more.
   */
  constructor(read: (value: unknown) => unknown, onReturn: () => void) {
    this.#read = read;
    this.#onReturn = onReturn;
  }

  /** Hands over an item. @returns when the consumer is done with it. */
  push(value: unknown): Promise<void> {
    return new Promise((done) => {
      if (this.#end) return done();
      this.#items.push({ value, done });
      this.#serve();
    });
  }

  /** Nothing more comes; with an error, the consumer's loop throws it. */
  end(error?: unknown): void {
    this.#end ??= () => {
      // Once is enough: who asks again is told that it is over.
      this.#end = async () => ({ done: true, value: undefined });
      return error === undefined ? this.#end() : Promise.reject(error);
    };
    this.#serve();
  }

  next(): Promise<IteratorResult<T>> {
    this.#taken();
    return new Promise((resolve) => {
      this.#askers.push(resolve);
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#items.length = 0;
    this.end();
    this.#onReturn();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    while (this.#askers.length > 0 && (this.#items.length > 0 || this.#end)) {
      const asker = this.#askers.shift();
      const item = this.#items.shift();
      if (item) {
        this.#taken = item.done;
        asker?.(this.#give(item.value));
        // Who waits for the next one does not wait for this one.
        if (this.#askers.length > 0) item.done();
      } else if (this.#end) asker?.(this.#end());
    }
  }

  async #give(value: unknown): Promise<IteratorResult<T>> {
    try {
      return { done: false, value: (await this.#read(value)) as T };
    } catch (error) {
      this.return();
      throw error;
    }
  }
}
