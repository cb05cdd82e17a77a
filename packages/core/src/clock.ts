import type { Platform } from './platform.ts'

/**
 * Creates the clock that measures the age of tokens, in milliseconds. It is monotonic, so that a user who sets the time
 * changes no token's age. It moves forward when the wall clock shows that the machine slept, because in most browsers
 * the monotonic clock stops during sleep.
 */
export function createClock({ Date, performance }: Platform): () => number {
  const getWallClockOffset = (): number => Date.now() - performance.now()
  // The two clocks drift apart: only a gain of more than two seconds counts as sleep.
  const start = getWallClockOffset() + 2_000
  let sleptMs = 0
  return () => performance.now() + (sleptMs = Math.max(sleptMs, getWallClockOffset() - start))
}
