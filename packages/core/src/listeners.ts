/** Who wants to hear of something. */
export interface Listeners<Args extends unknown[]> {
  readonly add: (listener: (...args: Args) => void) => () => void
  readonly tell: (...args: Args) => void
}

/** A list of listeners that tells `onFirst` and `onLast` when it stops and starts being empty. */
export function createListeners<Args extends unknown[]>(
  onFirst: () => void,
  onLast: () => void,
): Listeners<Args> {
  // Wrapped, so that a function added twice is told twice and removed once.
  const wrapped = new Set<{ readonly tell: (...args: Args) => void }>()
  return {
    add: (tell) => {
      const entry = { tell }
      wrapped.add(entry)
      if (wrapped.size === 1) onFirst()
      return () => {
        if (wrapped.delete(entry) && wrapped.size === 0) onLast()
      }
    },
    tell: (...args) => {
      for (const entry of wrapped) {
        try {
          entry.tell(...args)
        } catch (error) {
          // The others are told all the same, and the page hears of it as of any unhandled rejection.
          void Promise.reject(error)
        }
      }
    },
  }
}
