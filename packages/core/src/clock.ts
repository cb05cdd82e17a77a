import type { Platform } from './platform.ts'

/**
 * A clock for token ages, in milliseconds: monotonic, so that a user who sets the time cannot make a
 * token old or young again, and moved on when the wall clock shows that the machine slept (in most
 * browsers the monotonic clock stands still meanwhile).
 */
export function createClock({ Date, performance }: Platform): () => number {
  const getWallClockOffset = (): number => Date.now() - performance.now()
  // Two clocks drift apart; only what the wall clock gains beyond two seconds was sleep.
  const start = getWallClockOffset() + 2_000
  let sleptMs = 0
  return () => performance.now() + (sleptMs = Math.max(sleptMs, getWallClockOffset() - start))
}
