/** A line to the other tabs of the same origin. */
export interface TabChannel {
  onmessage: ((event: MessageEvent) => void) | null
  readonly postMessage: (message: unknown) => void
  readonly close: () => void
}

/**
 * Everything that the client takes from its surroundings, shaped as a browser's `window` is, so that a
 * `window` is one. It is read when it is used: whoever replaces a member later is obeyed. The other one
 * is in `@latchkey/core/testing`: it has virtual time, several tabs and a scripted network.
 */
export interface Platform {
  /** The page's own; nothing in the page can change it, as a `<base>` changes `baseURI`. */
  readonly location: { readonly origin: string }
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>
  /** Missing on a server that renders: then there is no page, and the client asks nothing. */
  readonly document: { readonly hidden: boolean; readonly baseURI: string }
  /** Goes on while the user sets the wall clock, and may stand still while the machine sleeps. */
  readonly performance: { readonly now: () => number }
  readonly Date: { readonly now: () => number; readonly parse: (text: string) => number }
  readonly Math: { readonly random: () => number }
  readonly setTimeout: (ring: () => void, milliseconds: number) => unknown
  readonly clearTimeout: (timer: never) => void
  readonly AbortSignal: { readonly timeout: (milliseconds: number) => AbortSignal }
  readonly addEventListener: (
    type: 'visibilitychange' | 'focus' | 'online' | 'pagehide' | 'pageshow',
    listener: (event: Event) => void,
    options: { readonly signal: AbortSignal },
  ) => void
  readonly BroadcastChannel: new (name: string) => TabChannel
  readonly localStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Where development builds tell developers what is wrong; silent when absent. */
  readonly console?: { readonly error: (message: string) => void } | undefined
}

/**
 * What the surroundings allow, else `undefined`: storage and channels throw in sandboxed frames, where
 * cookies are blocked, and when storage is full. Nothing depends on them.
 */
export function tryOrUndefined<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    // Nothing is what the caller gets.
  }
}

/** A signal that aborts when one of the given ones does. */
export function combineSignals(signal: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal
}
