import type { Platform } from './platform.ts'

const maxLatenessMs = 100
const extensionMs = 1000
const maxExtensions = 5

/** The parts of the platform that a deadline needs. */
export type DeadlinePlatform = Pick<Platform, 'monotonicNow' | 'startTimer'>

/**
 * Calls a function after a time limit. A timer that fires late shows that this process stood still (it was stopped, its
 * machine was paused or is very busy): timers run before sockets are read, so the response that the limit is for may have
 * arrived. The limit is then extended by a second. A timer that fires in time runs once more after the sockets were read.
 *
 * @returns a function that cancels the limit
 */
function startDeadline(platform: DeadlinePlatform, milliseconds: number, onExpired: () => void): () => void {
  let cancel = start(milliseconds, 0)
  return () => cancel()

  function start(delayMs: number, extensions: number): () => void {
    const dueAt = platform.monotonicNow() + delayMs
    return platform.startTimer(delayMs, () => {
      const wasLate = platform.monotonicNow() - dueAt > maxLatenessMs
      if (wasLate && extensions < maxExtensions) cancel = start(extensionMs, extensions + 1)
      else cancel = platform.startTimer(0, onExpired)
    })
  }
}

/**
 * Returns the result of some work that may take a limited time. The work continues when the limit is over.
 *
 * @param createError creates what is thrown when the limit is over
 * @param onExpired called before that
 */
export function runWithDeadline<T>(
  platform: DeadlinePlatform,
  milliseconds: number,
  createError: () => Error,
  work: () => Promise<T>,
  onExpired?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isSettled = false
    let cancel = (): void => {}
    work().then(
      (value) => {
        isSettled = true
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        isSettled = true
        cancel()
        reject(error)
      },
    )
    // What waits for nothing is done by then and needs no timer: a call of a store in memory.
    void Promise.resolve().then(() => {
      if (isSettled) return
      cancel = startDeadline(platform, milliseconds, () => {
        onExpired?.()
        reject(createError())
      })
    })
  })
}
