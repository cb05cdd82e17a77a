import type { Platform } from './platform.ts'

/** Two clocks drift apart; only what the wall clock gains beyond this was sleep. */
const drift = 2_000

/**
 * A clock for token ages, in milliseconds: monotonic, so that a user who sets the time cannot make a
 * token old or young again, and moved on when the wall clock shows that the machine slept (in most
 * browsers the monotonic clock stands still meanwhile).
 */
export function createClock({ Date, performance }: Platform): () => number {
  const ahead = (): number => Date.now() - performance.now()
  const start = ahead() + drift
  let slept = 0
  return () => performance.now() + (slept = Math.max(slept, ahead() - start))
}
