import type { Platform } from '../platform.ts'

/** Counts the sign-ins that run, by key, and lets others wait for them. */
export interface SignInQueue {
  countRunning(key: string): number
  start(keys: string[]): void
  /** Ends a sign-in, whereupon those that wait for one of its keys try again. */
  end(keys: string[]): void
  /**
   * Waits until a sign-in of a key ends, or until `nextTryMs` have passed.
   *
   * @param maxMs the milliseconds to wait at most
   * @returns whether the sign-in may try again; `false` when it has waited too long, or when too many wait
   */
  wait(key: string, nextTryMs: number, maxMs: number): Promise<boolean>
}

/** How many sign-ins wait for one key. */
const maxWaiting = 20

/**
 * Creates the queue. Chance decides who of those that wait comes first, and who has to leave when too many do: of users
 * and attackers who look the same, none can keep the others out.
 */
export function createSignInQueue({
  startTimer,
  randomBytes,
}: Pick<Platform, 'startTimer' | 'randomBytes'>): SignInQueue {
  const runningByKey = new Map<string, number>()
  const waitingByKey = new Map<string, Set<(canTry: boolean) => void>>()

  return {
    countRunning,
    start: (keys) => keys.forEach((key) => runningByKey.set(key, countRunning(key) + 1)),
    end(keys) {
      for (const key of keys) {
        const running = countRunning(key) - 1
        if (running > 0) runningByKey.set(key, running)
        else runningByKey.delete(key)
      }
      keys.forEach(wakeAll)
    },
    wait: (key, nextTryMs, maxMs) =>
      new Promise((resolve) => {
        const waiting = waitingByKey.get(key) ?? new Set()
        waitingByKey.set(key, waiting)
        const stopTimer = startTimer(Math.min(nextTryMs, maxMs), () =>
          nextTryMs < maxMs ? wakeAll(key) : settle(false),
        )
        const settle = (canTry: boolean): void => {
          stopTimer()
          waiting.delete(settle)
          if (waiting.size === 0 && waitingByKey.get(key) === waiting) waitingByKey.delete(key)
          resolve(canTry)
        }
        waiting.add(settle)
        if (waiting.size > maxWaiting) drawOne([...waiting])?.(false)
      }),
  }

  function countRunning(key: string): number {
    return runningByKey.get(key) ?? 0
  }

  function wakeAll(key: string): void {
    const waiting = [...(waitingByKey.get(key) ?? [])]
    while (waiting.length > 0) drawOne(waiting)?.(true)
  }

  /** Removes and returns one at random. */
  function drawOne<T>(list: T[]): T | undefined {
    const [first = 0, second = 0] = randomBytes(2)
    return list.splice((first * 256 + second) % list.length, 1)[0]
  }
}
