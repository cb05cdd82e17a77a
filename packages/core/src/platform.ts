/** A connection to the other tabs of the same origin; `BroadcastChannel` has this shape. */
export interface TabChannel {
  onmessage: ((event: MessageEvent) => void) | null
  readonly postMessage: (message: unknown) => void
  readonly close: () => void
}

/** The response to the first request of a page, which a script in its HTML has sent before the client was loaded. */
export interface StartedRestore extends Promise<Response> {
  /** When the request was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number
}

/**
 * Everything that the client uses from its environment, in the shape of `window`, so that `window` is a platform.
 * Functions are looked up on every use, so replacing one takes effect at once. `@latchkey/core/testing` has a platform
 * with virtual time, several tabs and a scripted network.
 */
export interface Platform {
  /** The page's own origin. Nothing in the page can change it, whereas a `<base>` element changes `baseURI`. */
  readonly location: { readonly origin: string }
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>
  /** Missing during server rendering: then there is no page, and the client sends no request. */
  readonly document: { readonly hidden: boolean; readonly baseURI: string }
  /** A monotonic clock: unaffected when the user sets the wall clock, and may stop while the machine sleeps. */
  readonly performance: { readonly now: () => number }
  readonly Date: { readonly now: () => number; readonly parse: (text: string) => number }
  readonly Math: { readonly random: () => number }
  readonly setTimeout: (callback: () => void, milliseconds: number) => unknown
  readonly clearTimeout: (timer: never) => void
  readonly AbortSignal: { readonly timeout: (milliseconds: number) => AbortSignal }
  readonly addEventListener: (
    type: 'visibilitychange' | 'focus' | 'online' | 'pagehide' | 'pageshow',
    listener: (event: Event) => void,
    options: { readonly signal: AbortSignal },
  ) => void
  readonly BroadcastChannel: new (name: string) => TabChannel
  readonly localStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /**
   * The requests of the script from `createRestoreScript` of `@latchkey/bff`. Returns the one for a base path once, and
   * only while its response is recent.
   */
  readonly latchkeyRestore?: ((basePath: string) => StartedRestore | undefined) | undefined
  /** Receives the messages of development builds; without it there are none. */
  readonly console?: { readonly error: (message: string) => void } | undefined
}

/**
 * Returns the result of a function, or `undefined` when it throws. Storage and channels throw in sandboxed frames,
 * where cookies are blocked, and when the storage is full. The client works without them.
 */
export function tryOrUndefined<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    // Returns undefined.
  }
}

/**
 * Returns a signal that aborts when one of the two does. Chrome 116, Firefox 124 and Safari 17.4 are the first with
 * `AbortSignal.any`; in older browsers a listener stays on each signal until it aborts.
 */
export function combineSignals(signal: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  if (!other) return signal
  const signals = [signal, other]
  if ('any' in AbortSignal) return AbortSignal.any(signals)
  const controller = new AbortController()
  for (const source of signals) {
    const abort = (): void => controller.abort(source.reason)
    if (source.aborted) abort()
    source.addEventListener('abort', abort, controller)
  }
  return controller.signal
}
