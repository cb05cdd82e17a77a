import type { Platform } from './platform.ts'

/** Milliseconds for which the wall clock alone tells the time: in Chromium it is read five times as fast. */
const maxWallClockMs = 50

/**
 * Creates the clock that measures the age of tokens, in milliseconds. It is monotonic, so that a user who sets the time
 * back makes no token younger. It moves forward when the wall clock gains on the monotonic clock, because in most
 * browsers the monotonic clock stops while the machine sleeps.
 */
export function createClock({ Date, performance }: Platform): () => number {
  // The lowest offset since the last sleep, so that a clock that was set back hides no sleep after the next reading.
  let offset = Date.now() - performance.now()
  let sleptMs = 0
  let lastDate = NaN
  let lastTime = 0
  return () => {
    const date = Date.now()
    const passed = date - lastDate
    if (passed >= 0 && passed < maxWallClockMs) return lastTime + passed
    const time = performance.now()
    const gain = date - time - offset
    if (gain > 2_000) sleptMs += gain
    // The two clocks drift apart: only a gain of more than two seconds counts as sleep.
    if (!(gain >= 0 && gain <= 2_000)) offset = date - time
    lastDate = date
    return (lastTime = time + sleptMs)
  }
}
