import type { Store } from '@latchkey/bff'
import { memoryStore } from '@latchkey/bff'
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** The store that all processes share: it fails, delays and reorders calls. */
export interface SharedStore {
  /** Creates the connection of one process. */
  readonly connect: (connection: StoreConnection) => Store
  /** Makes the next calls fail, of all methods or of one, half of them after they were executed. */
  readonly fail: (count: number, method?: keyof Store) => void
  /** Makes the next calls take up to a second. */
  readonly slowDown: (count: number) => void
  readonly recover: () => void
}

/** What the store needs of the process that calls it. */
export interface StoreConnection {
  /** Returns a promise that settles like another one while the process runs, and never once it has been killed. */
  readonly guard: <T>(work: Promise<T>) => Promise<T>
  readonly onResult: (method: string, hasFailed: boolean) => void
}

export function createSharedStore(clock: Clock, random: Random): SharedStore {
  const store = memoryStore({ now: clock.now })
  let failuresLeft = 0
  let failingMethod: string | undefined
  let slowCallsLeft = 0

  async function callMethod(name: string, work: () => Promise<unknown>): Promise<unknown> {
    const hasFailed = failuresLeft > 0 && (failingMethod ?? name) === name
    const isSlow = slowCallsLeft > 0
    if (hasFailed) failuresLeft -= 1
    if (isSlow) slowCallsLeft -= 1
    const getDelayMs = (): number => (isSlow ? random.below(450) : random.below(3))
    await clock.wait(getDelayMs())
    const isExecuted = !hasFailed || random.next() < 0.5
    const result = isExecuted ? await work() : undefined
    await clock.wait(getDelayMs())
    if (hasFailed) throw new Error('The connection to the store broke')
    return result
  }

  return {
    // Wraps every method, whatever the port has, so that a new one is as unreliable as the others.
    connect: ({ guard, onResult }) =>
      new Proxy(store, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name)
          if (typeof method !== 'function') return method
          return (...args: unknown[]) => {
            const work = callMethod(String(name), () => Promise.resolve(Reflect.apply(method, target, args)))
            work.then(
              () => onResult(String(name), false),
              () => onResult(String(name), true),
            )
            return guard(work)
          }
        },
      }),
    fail: (count, method) => {
      failuresLeft = count
      failingMethod = method
    },
    slowDown: (count) => void (slowCallsLeft = count),
    recover: () => {
      failuresLeft = 0
      slowCallsLeft = 0
    },
  }
}
