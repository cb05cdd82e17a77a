import type { Platform } from './platform.ts'

/** A wall clock that gains this much on the monotonic one means that the machine slept. */
const sleepIsLonger = 2_000

/**
 * A clock for token ages, in milliseconds: monotonic, so that a user who sets the time cannot make a
 * token old or young again, and moved on when the wall clock shows that the machine slept (in most
 * browsers the monotonic clock stands still meanwhile).
 */
export function createClock(platform: Platform): () => number {
  const offset = (): number => platform.wallNow() - platform.monotonicNow()
  const start = offset()
  let slept = 0
  return () => {
    const gained = offset() - start
    if (gained > slept + sleepIsLonger) slept = gained
    return platform.monotonicNow() + slept
  }
}
