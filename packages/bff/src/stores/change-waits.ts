/** Milliseconds between two questions to the engine: a lease that expires sends no message. */
const recheckMs = 200

/** The calls of `waitForChange` of one process. */
export interface ChangeWaits {
  /** Waits until the record or the lease of a key has changed, or the signal aborts. */
  wait(key: string, version: number, signal: AbortSignal): Promise<void>
  /** Lets those who wait for a key ask the engine again. */
  wake(key: string): void
  /** Ends all waits. */
  close(): void
}

/** The parts of an engine that {@link createChangeWaits} uses. */
export interface ChangeSource {
  /** Whether the record has this version and someone has the lease of its key. */
  isUnchanged: (key: string, version: number) => Promise<boolean>
  /** Starts the messages that call `wake`; called again by the next wait when it fails. */
  subscribe: () => Promise<unknown>
}

/**
 * Creates the waits for a store whose engine sends a message with each change. Messages may get lost: the engine is also
 * asked five times in a second.
 */
export function createChangeWaits({ isUnchanged, subscribe }: ChangeSource): ChangeWaits {
  const wakersByKey = new Map<string, Set<() => void>>()
  let subscription: Promise<unknown> | undefined
  let isClosed = false

  return {
    async wait(key, version, signal) {
      subscription ??= subscribe().catch(() => (subscription = undefined))
      while (!signal.aborted && !isClosed) {
        // A message may arrive before the response.
        const woken = waitForMessage(key, signal)
        try {
          // After an error, its caller asks the store, and gets the error there.
          if (!(await isUnchanged(key, version).catch(() => false))) return
          await woken.promise
        } finally {
          woken.stop()
        }
      }
    },
    wake,
    close() {
      isClosed = true
      for (const key of wakersByKey.keys()) wake(key)
    },
  }

  function wake(key: string): void {
    for (const waker of wakersByKey.get(key) ?? []) waker()
  }

  /** Resolves with the next message of a key, when the signal aborts, or when it is time to ask again. */
  function waitForMessage(key: string, signal: AbortSignal): { promise: Promise<void>; stop: () => void } {
    const wakers = wakersByKey.get(key) ?? new Set()
    wakersByKey.set(key, wakers)
    let stop = (): void => {}
    const promise = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, recheckMs)
      const waker = (): void => resolve()
      wakers.add(waker)
      signal.addEventListener('abort', waker)
      stop = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', waker)
        wakers.delete(waker)
        if (wakers.size === 0 && wakersByKey.get(key) === wakers) wakersByKey.delete(key)
      }
    })
    return { promise, stop }
  }
}
