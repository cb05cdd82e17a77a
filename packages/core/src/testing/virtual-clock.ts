/** A clock for tests, whose time passes only when the test says so. Times are in milliseconds. */
export interface VirtualClock {
  /** Returns the time since the start; it stops while the machine sleeps. */
  readonly monotonicNow: () => number
  /** Returns the time since 1970. */
  readonly wallNow: () => number
  /** Sets a timer, and returns the function that clears it. */
  readonly setTimer: (milliseconds: number, callback: () => void) => () => void
  /** Creates a signal that aborts after this time; it does not count as a timer. */
  readonly createTimeoutSignal: (milliseconds: number) => AbortSignal
  /** Returns how many timers are set. */
  readonly timerCount: () => number
  /** Lets time pass: timers fire in order, and the promises that they start settle before the next one. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** Lets the machine sleep: the wall clock advances, the monotonic clock and all timers stop. */
  readonly sleep: (milliseconds: number) => Promise<void>
  /** Changes the wall clock, as a user does. */
  readonly shiftWallClock: (milliseconds: number) => void
  /** Resolves after this virtual time, for example to delay a response. */
  readonly wait: (milliseconds: number) => Promise<void>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/**
 * Creates a virtual clock.
 *
 * @param startMs the wall time at the start, in milliseconds since 1970
 *
 * @example
 * const clock = createVirtualClock()
 * clock.setTimer(1000, () => save())
 * await clock.advance(1000)
 */
export function createVirtualClock(startMs = 1_800_000_000_000): VirtualClock {
  let monotonicMs = 0
  let wallClockOffsetMs = startMs
  const timers = new Set<Timer>()
  const timeouts = new Set<Timer>()

  const setTimer = (milliseconds: number, callback: () => void): (() => void) => {
    const timer = { at: monotonicMs + Math.max(0, milliseconds), callback }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  const findNextTimer = (endMs: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of [...timers, ...timeouts])
      if (timer.at <= endMs && (!first || timer.at < first.at)) first = timer
    return first
  }

  const advance = async (milliseconds: number): Promise<void> => {
    const endMs = monotonicMs + milliseconds
    await flushPromises()
    for (let timer = findNextTimer(endMs); timer; timer = findNextTimer(endMs)) {
      timers.delete(timer)
      timeouts.delete(timer)
      monotonicMs = Math.max(monotonicMs, timer.at)
      timer.callback()
      await flushPromises()
    }
    monotonicMs = endMs
    await flushPromises()
  }

  return {
    monotonicNow: () => monotonicMs,
    wallNow: () => wallClockOffsetMs + monotonicMs,
    setTimer,
    createTimeoutSignal: (milliseconds) => {
      const controller = new AbortController()
      timeouts.add({
        at: monotonicMs + milliseconds,
        callback: () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')),
      })
      return controller.signal
    },
    timerCount: () => timers.size,
    advance,
    sleep: async (milliseconds) => {
      wallClockOffsetMs += milliseconds
      await flushPromises()
    },
    shiftWallClock: (milliseconds) => {
      wallClockOffsetMs += milliseconds
    },
    wait: (milliseconds) => new Promise((resolve) => void setTimer(milliseconds, resolve)),
  }
}

/** More macrotasks than any chain of promises needs between a request and the page's reaction to the response. */
const macrotaskCount = 25

/**
 * Resolves when all promises have settled that do not wait for time.
 *
 * @example
 * void auth.signOut()
 * await flushPromises()
 */
export async function flushPromises(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  for (let count = 0; count < macrotaskCount; count += 1) {
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve()
      port2.postMessage(null)
    })
  }
  port1.close()
}
