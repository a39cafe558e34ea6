/**
 * Random numbers that come again for the same seed.
 *
 * @module
 */

/** A source of random numbers. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 to `below` - 1. */
  integer(below: number): number;
  /** One of several. */
  pick<T>(choices: readonly T[]): T;
}

/** The seed of this run: `SEED` of the environment, or a new one. */
export function seedOfRun(): number {
  return Number(process.env.SEED ?? Date.now() % 2 ** 31);
}

/** mulberry32: 32 bits of state are plenty for a test. */
export function random(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    seed,
    integer,
    pick: (choices) => {
      const choice = choices[integer(choices.length)];
      if (choice === undefined) throw new RangeError("nothing to pick from");
      return choice;
    },
  };
}
