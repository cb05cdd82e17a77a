import type { TabChannel, Platform } from '../platform.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

/** What stands for the network: the BFF, the resource server, and whatever is between. */
export type Network = (request: Request) => Promise<Response> | Response

/** How a test browser is made. */
export interface TestBrowserOptions {
  readonly network: Network
  /** The page's own address; default `https://app.test/`. */
  readonly pageUrl?: string
  /** Chance, in [0, 1); default always 0.5. */
  readonly random?: () => number
  /** A cookie that is there from the start: `name=value`. */
  readonly cookie?: string
}

/** One page of the test browser. */
export interface TestTab {
  readonly platform: Platform
  readonly hide: () => void
  readonly show: () => void
  /** Into the back-forward cache: the network answers nobody any more. */
  readonly enterBfcache: () => void
  /** Out of the back-forward cache. */
  readonly leaveBfcache: () => void
  /** Closes the page: whatever it waited for never comes. */
  readonly close: () => void
  /** How many listeners to page events and open channels the page has. */
  readonly listenerCount: () => number
}

/** A browser without a screen: tabs that share a clock, cookies, notes and channels. */
export interface TestBrowser extends VirtualClock {
  readonly openTab: () => TestTab
  readonly goOffline: () => void
  readonly goOnline: () => void
  /** What the tabs have stored: name to text. */
  readonly storage: Map<string, string>
  /** What went over the network, in order: `GET /auth/session`. */
  readonly requests: string[]
  /** What tabs told each other. */
  readonly messages: unknown[]
}

/**
 * `Request` and `Response` of a simulated DOM drop cookies, as those of a browser do; what speaks to a
 * test browser there uses these names beside the real ones.
 */
export const cookieHeaders = { request: ['cookie', 'x-test-cookie'], response: 'x-test-set-cookie' } as const

/**
 * Creates a browser whose time, network, tabs and chance belong to the test. Each tab's `platform` goes
 * into a `createAuthClient`; `advance` and `sleep` let time pass.
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
  if (cookie !== undefined) keepCookie(cookies, cookie)
  const storage = new Map<string, string>()
  const requests: string[] = []
  const messages: unknown[] = []
  const channels = new Set<TabChannel & { readonly name: string }>()
  const tabs = new Set<(type: 'online') => void>()
  let online = true

  const sendThroughNetwork = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    requests.push(`${request.method} ${url.origin === origin ? url.pathname + url.search : url.href}`)
    if (!online) throw new TypeError('Failed to fetch')
    const headers = new Headers(request.headers)
    headers.set('sec-fetch-site', url.origin === origin ? 'same-origin' : 'cross-site')
    if (request.method !== 'GET' && request.method !== 'HEAD') headers.set('origin', origin)
    if (url.origin === origin && cookies.size > 0)
      for (const header of cookieHeaders.request)
        headers.set(header, [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await network(new Request(request, { headers }))
    if (!online) throw new TypeError('Failed to fetch')
    if (request.redirect === 'error' && response.status >= 300 && response.status < 400)
      throw new TypeError('Failed to fetch')
    return response
  }

  const openTab = (): TestTab => {
    let hidden = false
    let isClosed = true
    const listeners = new Set<{ readonly type: string; readonly listener: (event: Event) => void }>()
    const tabChannels = new Set<TabChannel>()
    const dispatchPageEvent = (type: string): void => {
      const event = Object.assign(new Event(type), { persisted: type.startsWith('page') })
      for (const entry of listeners) if (entry.type === type) entry.listener(event)
    }
    tabs.add(dispatchPageEvent)

    const platform: Platform = {
      location: { origin },
      fetch: (input, init) =>
        new Promise((resolve, reject) => {
          const request = new Request(typeof input === 'string' ? new URL(input, pageUrl) : input, init)
          const giveUp = (): void => reject(request.signal.reason)
          if (request.signal.aborted) return giveUp()
          request.signal.addEventListener('abort', giveUp)
          sendThroughNetwork(request).then(
            (response) => {
              // The browser drops the answer to a request that was given up, cookies and all.
              if (!isClosed || request.signal.aborted) return
              for (const line of setCookiesOf(response)) keepCookie(cookies, line)
              resolve(response)
            },
            (error: unknown) => isClosed && reject(error),
          )
        }),
      document: {
        get hidden() {
          return hidden
        },
        baseURI: pageUrl,
      },
      performance: { now: clock.monotonicNow },
      // oxlint-disable-next-line no-restricted-globals -- Parsing a date asks no clock.
      Date: { now: clock.wallNow, parse: Date.parse },
      Math: { random },
      // As browsers do: a delay that does not fit into 31 bits rings at once.
      setTimeout: (ring, milliseconds) =>
        clock.setTimer(milliseconds > 2 ** 31 - 1 ? 0 : milliseconds, () => isClosed && ring()),
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
        hidden = true
        dispatchPageEvent('visibilitychange')
      },
      show: () => {
        hidden = false
        dispatchPageEvent('visibilitychange')
      },
      enterBfcache: () => dispatchPageEvent('pagehide'),
      leaveBfcache: () => dispatchPageEvent('pageshow'),
      close: () => {
        isClosed = false
        tabs.delete(dispatchPageEvent)
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
      online = false
    },
    goOnline: () => {
      online = true
      for (const dispatchPageEvent of tabs) dispatchPageEvent('online')
    },
    storage,
    requests,
    messages,
  }
}

function setCookiesOf({ headers }: Response): string[] {
  const plain = headers.get(cookieHeaders.response)
  return plain === null ? headers.getSetCookie() : [plain]
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(/;\s*/)
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  if (value === '' || attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name)
  else cookies.set(name, value)
}
