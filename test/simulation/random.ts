/** Random numbers that follow from a seed. */
export interface Random {
  /** Returns a number in [0, 1). */
  readonly next: () => number
  /** Returns an integer from 0 to `end`, without `end`. */
  readonly below: (end: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly bytes: (size: number) => Uint8Array
  /** Starts again from another seed. */
  readonly reseed: (seed: number) => void
}

/** Creates the generator `mulberry32`: not secure, fast, and the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    pick: (items) => items[below(items.length)]!,
    bytes: (size) => Uint8Array.from({ length: size }, () => below(256)),
    reseed: (newSeed) => void (state = newSeed >>> 0),
  }
}
