/**
 * Creates a function that returns a list in random order.
 *
 * @param {number} seed
 */
export function createShuffle(seed) {
  let state = seed >>> 0
  // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T[]}
   */
  return (list) =>
    list
      .map((item) => ({ item, place: random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ item }) => item)
}

/** @typedef {ReturnType<typeof createShuffle>} Shuffle */

/**
 * Returns the value below which a share of the values lies.
 *
 * @param {readonly number[]} values
 * @param {number} share 0.5 for the median
 */
export function getPercentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? NaN
  const high = sorted[Math.ceil(place)] ?? NaN
  return low + (high - low) * (place - Math.floor(place))
}

/** @param {readonly number[]} values */
export function getMedian(values) {
  return getPercentile(values, 0.5)
}

/**
 * Divides the values of the same rounds.
 *
 * @param {readonly number[] | undefined} values
 * @param {readonly number[] | undefined} divisors
 * @returns {number[]}
 */
export function divideRounds(values = [], divisors = []) {
  return values.map((value, round) => value / (divisors[round] ?? NaN))
}
