import type { Platform } from './platform.ts'

/**
 * The platform of a page, or `null` where there is none (a server that renders). The only file that
 * names a global; each is looked up when it is used, so that whoever replaces one is obeyed.
 */
export function browserPlatform(): Platform | null {
  if (typeof document === 'undefined') return null
  return {
    fetch: (input, init) => fetch(input, init),
    address: () => document.baseURI,
    monotonicNow: () => performance.now(),
    wallNow: () => Date.now(),
    setTimer: (milliseconds, ring) => {
      const timer = setTimeout(ring, milliseconds)
      return () => clearTimeout(timer)
    },
    random: () => Math.random(),
    isVisible: () => document.visibilityState !== 'hidden',
    onPageMoment: (listener) => {
      const stops = [
        on(document, 'visibilitychange', () => listener('wake')),
        on(window, 'focus', () => listener('wake')),
        on(window, 'online', () => listener('online')),
        on(window, 'pagehide', (event) => cached(event) && listener('leave')),
        on(window, 'pageshow', (event) => cached(event) && listener('return')),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
    openChannel: (name, listener) => {
      // Old browsers have none: then a tab learns from its next refresh what happened in another one.
      if (typeof BroadcastChannel === 'undefined') return { post: () => {}, close: () => {} }
      const channel = new BroadcastChannel(name)
      channel.addEventListener('message', (event) => listener(event.data))
      return { post: (message) => channel.postMessage(message), close: () => channel.close() }
    },
    readNote: (name) => quietly(() => localStorage.getItem(name)),
    writeNote: (name, text) => {
      quietly(() => (text === null ? localStorage.removeItem(name) : localStorage.setItem(name, text)))
    },
  }
}

function on(target: EventTarget, type: string, listener: (event: Event) => void): () => void {
  target.addEventListener(type, listener)
  return () => target.removeEventListener(type, listener)
}

/** Whether the page goes into, or comes out of, the back-forward cache: a plain load is no moment of ours. */
function cached(event: Event): boolean {
  return (event as PageTransitionEvent).persisted
}

/** Storage throws in private windows, in sandboxed frames and when it is full; nothing here depends on it. */
function quietly<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
