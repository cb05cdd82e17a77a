import type { TabChannel, Platform } from '../platform.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

/** The network of a test browser: responds to every request, to the BFF and to the API. */
export type Network = (request: Request) => Promise<Response> | Response

/** The options of {@link createTestBrowser}. */
export interface TestBrowserOptions {
  readonly network: Network
  /** The URL of the page; default `https://app.test/`. */
  readonly pageUrl?: string
  /** The random numbers of `Math.random`, in [0, 1); default: always 0.5. */
  readonly random?: () => number
  /** A cookie that the browser has at the start: `name=value`. */
  readonly cookie?: string
}

/** A tab of a test browser, with one page. */
export interface TestTab {
  /** The environment of the page, for `createAuthClient({ platform })`. */
  readonly platform: Platform
  /** Hides the tab, as a change to another tab does. */
  readonly hide: () => void
  /** Makes the tab visible. */
  readonly show: () => void
  /** Moves the page into the back-forward cache. */
  readonly enterBfcache: () => void
  /** Restores the page from the back-forward cache. */
  readonly leaveBfcache: () => void
  /** Closes the tab: its pending requests and timers never finish. */
  readonly close: () => void
  /** Returns how many page-event listeners and open channels the page has. */
  readonly listenerCount: () => number
}

/** A simulated browser: its tabs share a virtual clock, cookies, storage and channels. */
export interface TestBrowser extends VirtualClock {
  /** Opens another tab. */
  readonly openTab: () => TestTab
  /** Makes every request fail, as without a network. */
  readonly goOffline: () => void
  /** Ends {@link goOffline}. */
  readonly goOnline: () => void
  /** The items in `localStorage`, by key. */
  readonly storage: Map<string, string>
  /** The requests so far, in order, for example `GET /auth/session`; other origins with their full URL. */
  readonly requests: string[]
  /** The messages that tabs have sent each other. */
  readonly messages: unknown[]
}

/**
 * The headers of cookies. `Request` and `Response` of jsdom and happy-dom drop the standard ones, as browsers do, so the
 * test browser and the fake BFF also use their own.
 */
export const cookieHeaders = { request: ['cookie', 'x-test-cookie'], response: 'x-test-set-cookie' } as const

/**
 * Creates a browser whose time, network, tabs and random numbers a test controls. Pass the `platform` of a tab to
 * `createAuthClient`; `advance` and `sleep` let time pass.
 *
 * @example
 * const bff = createFakeBff()
 * const browser = createTestBrowser({ network: bff.fetch, cookie: bff.startSession('cathy') })
 * const auth = createAuthClient({ platform: browser.openTab().platform })
 * auth.subscribe(() => {})
 * await browser.advance(840_000)
 * expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/token'])
 */
export function createTestBrowser({
  network,
  pageUrl = 'https://app.test/',
  random = () => 0.5,
  cookie,
}: TestBrowserOptions): TestBrowser {
  const clock = createVirtualClock()
  const { origin } = new URL(pageUrl)
  const cookies = new Map<string, string>()
  if (cookie !== undefined) storeCookie(cookies, cookie)
  const storage = new Map<string, string>()
  const requests: string[] = []
  const messages: unknown[] = []
  const channels = new Set<TabChannel & { readonly name: string }>()
  const eventDispatchers = new Set<(type: 'online') => void>()
  let isOnline = true

  const sendThroughNetwork = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    requests.push(`${request.method} ${url.origin === origin ? url.pathname + url.search : url.href}`)
    if (!isOnline) throw new TypeError('Failed to fetch')
    const headers = new Headers(request.headers)
    headers.set('sec-fetch-site', url.origin === origin ? 'same-origin' : 'cross-site')
    if (request.method !== 'GET' && request.method !== 'HEAD') headers.set('origin', origin)
    if (url.origin === origin && cookies.size > 0)
      for (const header of cookieHeaders.request)
        headers.set(header, [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await network(new Request(request, { headers }))
    if (!isOnline) throw new TypeError('Failed to fetch')
    if (request.redirect === 'error' && response.status >= 300 && response.status < 400)
      throw new TypeError('Failed to fetch')
    return response
  }

  const openTab = (): TestTab => {
    let isHidden = false
    let isClosed = false
    const listeners = new Set<{ readonly type: string; readonly listener: (event: Event) => void }>()
    const tabChannels = new Set<TabChannel>()
    const dispatchPageEvent = (type: string): void => {
      const event = Object.assign(new Event(type), { persisted: type.startsWith('page') })
      for (const entry of listeners) if (entry.type === type) entry.listener(event)
    }
    eventDispatchers.add(dispatchPageEvent)

    const platform: Platform = {
      location: { origin },
      fetch: (input, init) =>
        new Promise((resolve, reject) => {
          const request = new Request(typeof input === 'string' ? new URL(input, pageUrl) : input, init)
          const rejectAborted = (): void => reject(request.signal.reason)
          if (request.signal.aborted) return rejectAborted()
          request.signal.addEventListener('abort', rejectAborted)
          sendThroughNetwork(request).then(
            (response) => {
              // Browsers drop the response to an aborted request, including its cookies.
              if (isClosed || request.signal.aborted) return
              for (const setCookie of getSetCookies(response)) storeCookie(cookies, setCookie)
              resolve(response)
            },
            (error: unknown) => isClosed || reject(error),
          )
        }),
      document: {
        get hidden() {
          return isHidden
        },
        baseURI: pageUrl,
      },
      performance: { now: clock.monotonicNow },
      // oxlint-disable-next-line no-restricted-globals -- Date.parse reads no clock.
      Date: { now: clock.wallNow, parse: Date.parse },
      Math: { random },
      // As in browsers, a delay of more than 31 bits fires at once.
      setTimeout: (callback, milliseconds) =>
        clock.setTimer(milliseconds > 2 ** 31 - 1 ? 0 : milliseconds, () => isClosed || callback()),
      clearTimeout: (cancel?: () => void) => cancel?.(),
      AbortSignal: { timeout: clock.createTimeoutSignal },
      addEventListener: (type, listener, { signal }) => {
        if (signal.aborted) return
        const entry = { type, listener }
        listeners.add(entry)
        signal.addEventListener('abort', () => listeners.delete(entry))
      },
      BroadcastChannel: class implements TabChannel {
        onmessage: TabChannel['onmessage'] = null
        readonly name: string
        constructor(name: string) {
          this.name = name
          channels.add(this)
          tabChannels.add(this)
        }
        postMessage(message: unknown): void {
          messages.push(message)
          const text = JSON.stringify(message)
          for (const other of channels) {
            if (other === this || other.name !== this.name) continue
            void Promise.resolve().then(
              () =>
                channels.has(other) &&
                other.onmessage?.(new MessageEvent('message', { data: JSON.parse(text) })),
            )
          }
        }
        close(): void {
          channels.delete(this)
          tabChannels.delete(this)
        }
      },
      localStorage: {
        getItem: (name) => storage.get(name) ?? null,
        setItem: (name, text) => void storage.set(name, text),
        removeItem: (name) => void storage.delete(name),
      },
    }

    return {
      platform,
      hide: () => {
        isHidden = true
        dispatchPageEvent('visibilitychange')
      },
      show: () => {
        isHidden = false
        dispatchPageEvent('visibilitychange')
      },
      enterBfcache: () => dispatchPageEvent('pagehide'),
      leaveBfcache: () => dispatchPageEvent('pageshow'),
      close: () => {
        isClosed = true
        eventDispatchers.delete(dispatchPageEvent)
        listeners.clear()
        for (const channel of tabChannels) channel.close()
      },
      listenerCount: () => listeners.size + tabChannels.size,
    }
  }

  return {
    ...clock,
    openTab,
    goOffline: () => {
      isOnline = false
    },
    goOnline: () => {
      isOnline = true
      for (const dispatchPageEvent of eventDispatchers) dispatchPageEvent('online')
    },
    storage,
    requests,
    messages,
  }
}

function getSetCookies({ headers }: Response): string[] {
  const setCookie = headers.get(cookieHeaders.response)
  return setCookie === null ? headers.getSetCookie() : [setCookie]
}

function storeCookie(cookies: Map<string, string>, setCookie: string): void {
  const [pair = '', ...attributes] = setCookie.split(/;\s*/)
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  if (value === '' || attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name)
  else cookies.set(name, value)
}
