/** How many failures a key may have at once, and the milliseconds after which each of them is forgotten. */
export interface Allowance {
  atOnce: number
  each: number
}

/** Failures, counted by key in the memory of this process. */
export interface Failures {
  /** Milliseconds until there is room for one more; never longer than one failure takes to be forgotten. */
  wait(key: string): number
  add(key: string): void
  /** For what was added and turned out to be no failure. */
  takeBack(key: string): void
  forget(key: string): void
}

/** Keys that are held at most: some megabytes. */
const most = 50_000

/** Puts a value into a map that holds so many; the one that was put there longest ago makes room. */
export function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}

/** Nothing has to be cleaned up in time: what is kept of a key is the moment at which all its failures are forgotten. */
export function createFailures({ atOnce, each }: Allowance, now: () => number): Failures {
  const forgottenAt = new Map<string, number>()

  return {
    wait: (key) => Math.max(0, remaining(key) - (atOnce - 1) * each),
    add(key) {
      keep(forgottenAt, key, now() + Math.min(remaining(key) + each, atOnce * each))
    },
    takeBack(key) {
      const moment = forgottenAt.get(key)
      if (moment !== undefined) forgottenAt.set(key, moment - each)
    },
    forget: (key) => void forgottenAt.delete(key),
  }

  function remaining(key: string): number {
    const milliseconds = Math.max(0, (forgottenAt.get(key) ?? 0) - now())
    // More than can be: the clock was set back, and must not lock anybody out.
    return milliseconds > atOnce * each ? 0 : milliseconds
  }
}
