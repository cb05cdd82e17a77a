/** Creates stores of values that are read again after every change. */
export interface Observers {
  /** Creates the `subscribe` of a store. Its listener is called when the value has changed. */
  readonly createSubscribe: <T>(read: () => T) => (listener: (value: T, previous: T) => void) => () => void
  /** Reads all values again. */
  readonly notify: () => void
}

/** @param onFirst called for the first listener; `onLast` when the last one has unsubscribed */
export function createObservers(onFirst: () => unknown, onLast: () => void): Observers {
  const observers = new Set<() => Promise<void>>()
  return {
    notify: () => {
      for (const observer of observers) void observer()
    },
    createSubscribe: (read) => (listener) => {
      let lastValue = read()
      // Async, so that an error of a listener is reported and does not stop the other listeners.
      const observer = async (): Promise<void> => {
        const previous = lastValue
        lastValue = read()
        if (lastValue !== previous) listener(lastValue, previous)
      }
      if (observers.add(observer).size === 1) onFirst()
      return () => {
        if (observers.delete(observer) && !observers.size) onLast()
      }
    },
  }
}
