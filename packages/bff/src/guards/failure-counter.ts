/** How many failures a key may have in a row, and after how long each is forgotten. */
export interface FailureLimit {
  burst: number
  forgetAfterMs: number
}

/** Counts failures by key in the memory of this process. */
export interface FailureCounter {
  /** Returns the milliseconds until the key may fail again, at most `forgetAfterMs`. */
  getWaitMs(key: string): number
  add(key: string): void
  /** Removes one failure that was added. */
  undo(key: string): void
  /** Removes all failures. */
  reset(key: string): void
}

/** Keys that a map keeps at most, which takes some megabytes. */
const maxKeys = 50_000

/** Sets a value in a map of at most {@link maxKeys} keys; removes the key that was set longest ago. */
export function setBounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > maxKeys && oldest !== undefined) map.delete(oldest)
}

/** Creates a counter. It stores one moment a key, when all its failures are forgotten, and needs no timer. */
export function createFailureCounter(
  { burst, forgetAfterMs }: FailureLimit,
  now: () => number,
): FailureCounter {
  const forgottenAt = new Map<string, number>()

  return {
    getWaitMs: (key) => Math.max(0, getRemainingMs(key) - (burst - 1) * forgetAfterMs),
    add(key) {
      setBounded(
        forgottenAt,
        key,
        now() + Math.min(getRemainingMs(key) + forgetAfterMs, burst * forgetAfterMs),
      )
    },
    undo(key) {
      const keyForgottenAt = forgottenAt.get(key)
      if (keyForgottenAt !== undefined) forgottenAt.set(key, keyForgottenAt - forgetAfterMs)
    },
    reset: (key) => void forgottenAt.delete(key),
  }

  function getRemainingMs(key: string): number {
    const remainingMs = Math.max(0, (forgottenAt.get(key) ?? 0) - now())
    // A longer time means that the clock was set back, which must not lock users out.
    return remainingMs > burst * forgetAfterMs ? 0 : remainingMs
  }
}
