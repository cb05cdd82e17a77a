/** The one clock of a simulation: browsers, BFFs, store and servers take their time from it. Times are milliseconds. */
export interface Clock {
  /** Returns the time since 1970. */
  readonly now: () => number
  /** Returns the time since the start of the simulation. */
  readonly elapsed: () => number
  /** Sets a timer, and returns the function that clears it. */
  readonly setTimer: (milliseconds: number, callback: () => void) => () => void
  readonly wait: (milliseconds: number) => Promise<void>
  /** Lets time pass: timers fire in order, and the promises that they start settle before the next one. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** Clears all timers, so that nothing of the simulation runs on. */
  readonly stop: () => void
}

interface Timer {
  readonly at: number
  readonly callback: () => void
  isCleared: boolean
}

const startMs = Date.UTC(2027, 0, 15)

/**
 * Creates a clock. That of `@latchkey/core/testing` lets 25 macrotasks pass after each timer, for promises of any
 * environment. Here one is enough, because nothing in a simulation waits for a real event; thousands of runs need that.
 */
export function createClock(): Clock {
  let elapsedMs = 0
  /** In the order in which they fire. */
  let timers: Timer[] = []

  const setTimer = (milliseconds: number, callback: () => void): (() => void) => {
    // Whole milliseconds, as in browsers and Node: on a page whose clock drifts, a rest of 1e-10 would fire without end.
    const timer: Timer = { at: elapsedMs + Math.max(0, Math.ceil(milliseconds)), callback, isCleared: false }
    let index = timers.length
    while (index > 0 && timers[index - 1]!.at > timer.at) index -= 1
    timers.splice(index, 0, timer)
    return () => void (timer.isCleared = true)
  }

  return {
    now: () => startMs + elapsedMs,
    elapsed: () => elapsedMs,
    setTimer,
    wait: (milliseconds) => new Promise((resolve) => void setTimer(milliseconds, resolve)),
    async advance(milliseconds) {
      const endMs = elapsedMs + milliseconds
      await settlePromises()
      while (timers[0] && timers[0].at <= endMs) {
        const timer = timers.shift()!
        if (timer.isCleared) continue
        elapsedMs = timer.at
        timer.callback()
        await settlePromises()
      }
      elapsedMs = endMs
    },
    stop: () => void (timers = []),
  }
}

/** Resolves after all promises have settled that wait for no timer: they settle before the next macrotask. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
