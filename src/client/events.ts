/**
 * Who listens to what.
 *
 * @module
 */

/** Listeners by the name of what they listen to. */
export class Emitter<Events extends object> {
  readonly #onThrow: (error: unknown) => void;
  readonly #listeners: {
    [K in keyof Events]?: Set<(event: Events[K]) => void>;
  } = {};

  /** @param onThrow told what a listener throws. */
  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
  }

  /** Listens from now on. @returns what ends that. */
  on<K extends keyof Events>(
    name: K,
    listener: (event: Events[K]) => void,
  ): () => void {
    const listeners = this.#listeners[name] ?? new Set();
    this.#listeners[name] = listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /**
   * Tells all who listen, each in spite of what the others throw.
   *
   * @returns whether anybody does.
   */
  emit<K extends keyof Events>(name: K, event: Events[K]): boolean {
    const listeners = [...(this.#listeners[name] ?? [])];
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onThrow(error);
      }
    }
    return listeners.length > 0;
  }
}
