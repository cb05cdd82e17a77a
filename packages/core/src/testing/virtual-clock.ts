/** Time that passes only when a test says so. */
export interface VirtualClock {
  /** Milliseconds since the start; stands still while the machine sleeps. */
  readonly monotonicNow: () => number
  readonly wallNow: () => number
  readonly setTimer: (milliseconds: number, callback: () => void) => () => void
  /** A signal that aborts after so much time; not one of the timers that are counted. */
  readonly createTimeoutSignal: (milliseconds: number) => AbortSignal
  /** How many timers are set. */
  readonly timerCount: () => number
  /** Lets so many milliseconds pass; timers ring in order, and what they set going is waited for. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** The machine sleeps: the wall clock goes on, timers and the monotonic clock stand still. */
  readonly sleep: (milliseconds: number) => Promise<void>
  /** The user sets the wall clock, by so many milliseconds. */
  readonly shiftWallClock: (milliseconds: number) => void
  /** Resolves after so much virtual time: the latency of a scripted answer. */
  readonly wait: (milliseconds: number) => Promise<void>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that starts at a wall time, in milliseconds since 1970. */
export function createVirtualClock(start = 1_800_000_000_000): VirtualClock {
  let monotonic = 0
  let ahead = start
  const timers = new Set<Timer>()
  const limits = new Set<Timer>()

  const setTimer = (milliseconds: number, callback: () => void): (() => void) => {
    const timer = { at: monotonic + Math.max(0, milliseconds), callback }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of [...timers, ...limits])
      if (timer.at <= until && (!first || timer.at < first.at)) first = timer
    return first
  }

  const advance = async (milliseconds: number): Promise<void> => {
    const until = monotonic + milliseconds
    await flushPromises()
    for (let timer = next(until); timer; timer = next(until)) {
      timers.delete(timer)
      limits.delete(timer)
      monotonic = Math.max(monotonic, timer.at)
      timer.callback()
      await flushPromises()
    }
    monotonic = until
    await flushPromises()
  }

  return {
    monotonicNow: () => monotonic,
    wallNow: () => ahead + monotonic,
    setTimer,
    createTimeoutSignal: (milliseconds) => {
      const controller = new AbortController()
      limits.add({
        at: monotonic + milliseconds,
        callback: () => controller.abort(new DOMException('The time is up', 'TimeoutError')),
      })
      return controller.signal
    },
    timerCount: () => timers.size,
    advance,
    sleep: async (milliseconds) => {
      ahead += milliseconds
      await flushPromises()
    },
    shiftWallClock: (milliseconds) => {
      ahead += milliseconds
    },
    wait: (milliseconds) => new Promise((resolve) => void setTimer(milliseconds, resolve)),
  }
}

/** More turns than any chain of promises between a request and what a page does with its answer. */
const turns = 25

/** Resolves when all that can go on without time has gone on. */
export async function flushPromises(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve()
      port2.postMessage(null)
    })
  }
  port1.close()
}
