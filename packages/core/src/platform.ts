/**
 * A moment in the life of the page: it may have to look at its token again (`wake`: shown, focused),
 * the network is back (`online`), it goes into the back-forward cache (`leave`) or comes out (`return`).
 */
export type PageMoment = 'wake' | 'online' | 'leave' | 'return'

/** A line to the other tabs of the same origin. */
export interface Channel {
  readonly post: (message: unknown) => void
  readonly close: () => void
}

/**
 * Everything that the client takes from its surroundings. `browser.ts` is the real one,
 * `@latchkey/core/testing` has one with virtual time and several tabs.
 */
export interface Platform {
  readonly fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>
  /** The address of the page, which relative addresses start from. */
  readonly address: () => string
  /** Milliseconds that never go backwards, and may stand still while the machine sleeps. */
  readonly monotonicNow: () => number
  /** Milliseconds since 1970 by a clock that the user may set. */
  readonly wallNow: () => number
  /** Calls back once after so many milliseconds, at most 2³¹−1; returns how to cancel it. */
  readonly setTimer: (milliseconds: number, ring: () => void) => () => void
  /** A number in [0, 1). */
  readonly random: () => number
  readonly isVisible: () => boolean
  /** Calls back at each {@link PageMoment}; returns how to stop it. */
  readonly onPageMoment: (listener: (moment: PageMoment) => void) => () => void
  /** Joins the tabs of this origin that use the same name; hears the others, never itself. */
  readonly openChannel: (name: string, listener: (message: unknown) => void) => Channel
  /** Reads a note that outlives the page; `null` when there is none or no storage is allowed. */
  readonly readNote: (name: string) => string | null
  /** Writes a note, or erases it with `null`; quiet when no storage is allowed. */
  readonly writeNote: (name: string, text: string | null) => void
}
