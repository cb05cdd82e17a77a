/** How many failures a key may have at once, and the milliseconds after which each of them is forgotten. */
export interface FailureLimit {
  burst: number
  forgetAfterMs: number
}

/** Failures, counted by key in the memory of this process. */
export interface FailureCounter {
  /** Milliseconds until there is room for one more; never longer than one failure takes to be forgotten. */
  getWaitMs(key: string): number
  add(key: string): void
  /** For what was added and turned out to be no failure. */
  undo(key: string): void
  reset(key: string): void
}

/** Keys that are held at most: some megabytes. */
const maxKeys = 50_000

/** Puts a value into a map that holds so many; the one that was put there longest ago makes room. */
export function setBounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > maxKeys && oldest !== undefined) map.delete(oldest)
}

/** Nothing has to be cleaned up in time: what is kept of a key is the moment at which all its failures are forgotten. */
export function createFailureCounter(
  { burst, forgetAfterMs }: FailureLimit,
  now: () => number,
): FailureCounter {
  const forgottenAt = new Map<string, number>()

  return {
    getWaitMs: (key) => Math.max(0, remaining(key) - (burst - 1) * forgetAfterMs),
    add(key) {
      setBounded(forgottenAt, key, now() + Math.min(remaining(key) + forgetAfterMs, burst * forgetAfterMs))
    },
    undo(key) {
      const moment = forgottenAt.get(key)
      if (moment !== undefined) forgottenAt.set(key, moment - forgetAfterMs)
    },
    reset: (key) => void forgottenAt.delete(key),
  }

  function remaining(key: string): number {
    const milliseconds = Math.max(0, (forgottenAt.get(key) ?? 0) - now())
    // More than can be: the clock was set back, and must not lock anybody out.
    return milliseconds > burst * forgetAfterMs ? 0 : milliseconds
  }
}
