/** A running browser that is not Chromium. */
export interface TestBrowser {
  /** Opens a profile without cookies and storage, with one tab. */
  readonly openProfile: () => Promise<Profile>
  /** Returns the errors that pages threw or wrote to the console since the last call. WebKitGTK reports none. */
  readonly takePageErrors: () => string[]
  readonly close: () => Promise<void>
}

/** A profile: its tabs share cookies and storage. */
export interface Profile {
  readonly openTab: () => Promise<Tab>
  readonly close: () => Promise<void>
}

/** What both protocols, WebDriver and WebDriver BiDi, can do with a tab. */
export interface Tab {
  /** Loads a page and waits for its `load` event. */
  readonly open: (url: string) => Promise<void>
  readonly reload: () => Promise<void>
  readonly goBack: () => Promise<void>
  /** Runs a function in the page, waits for its result, and returns it. Arguments and result are JSON. */
  readonly evaluate: <Args extends unknown[], Result>(
    pageFunction: (...args: Args) => Result,
    ...args: Args
  ) => Promise<Awaited<Result>>
  /** Performs the input that a user would, with the actions that both protocols share. */
  readonly perform: (source: InputSource) => Promise<void>
  /** The cookies that the page's requests would carry, including those that scripts cannot read. */
  readonly readCookies: () => Promise<Cookie[]>
  /** Closes the tab without waiting for what its page still does. */
  readonly close: () => Promise<void>
}

/** @see WebDriver §15.7, "Actions" */
export interface InputSource {
  readonly type: 'key' | 'pointer'
  readonly id: string
  readonly actions: readonly Record<string, unknown>[]
}

export interface Cookie {
  readonly name: string
  readonly path: string
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite: string
  /** Missing for a cookie that ends with the browser's session. */
  readonly expiry?: number | undefined
}

/** Returns the source of an expression whose value is a promise of the function's result as JSON. */
export function formatCall(pageFunction: (...args: never[]) => unknown, args: readonly unknown[]): string {
  return `Promise.resolve((${pageFunction.toString()})(...${JSON.stringify(args)})).then((value) => JSON.stringify(value ?? null))`
}

/** A browser needs longer on a busy machine, but a command that takes longer than this hangs. In milliseconds. */
export const maxWaitMs = 25_000
