/**
 * Counts what happens in a round, so that a crash can come at a moment of it.
 *
 * @module
 */
import type { Happening, Moment } from "./plan.ts";

export class Happenings {
  #counts = none();
  #waiting: { moment: Moment; resolve: () => void } | undefined;

  /** Something happened. */
  note(happening: Happening): void {
    this.#counts[happening] += 1;
    if (this.#waiting === undefined) return;
    const { moment, resolve } = this.#waiting;
    if (this.#isOver(moment)) resolve();
  }

  /** Begins to count anew. */
  restart(): void {
    this.#counts = none();
  }

  /** Resolves when so much has happened since the last restart. */
  async come(moment: Moment): Promise<void> {
    if (this.#isOver(moment)) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { moment, resolve };
    });
    this.#waiting = undefined;
  }

  #isOver({ happening, count }: Moment): boolean {
    return this.#counts[happening] >= count;
  }
}

function none(): Record<Happening, number> {
  return { acknowledgement: 0, message: 0, subscription: 0 };
}
