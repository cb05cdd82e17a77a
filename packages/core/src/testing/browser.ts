import type { PageMoment, Platform } from '../platform.ts'
import type { VirtualClock } from './clock.ts'
import { createVirtualClock } from './clock.ts'

/** What stands for the network: the BFF, the resource server, and whatever is between. */
export type Network = (request: Request) => Promise<Response> | Response

/** How a test browser is made. */
export interface TestBrowserOptions {
  readonly network: Network
  /** The page's own address; default `https://app.test/`. */
  readonly address?: string
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
  readonly leave: () => void
  /** Out of the back-forward cache. */
  readonly return: () => void
  /** Closes the page: whatever it waited for never comes. */
  readonly close: () => void
  /** How many page-moment listeners and open channels the page has. */
  readonly listening: () => number
}

/** A browser without a screen: tabs that share a clock, cookies, notes and channels. */
export interface TestBrowser extends VirtualClock {
  readonly openTab: () => TestTab
  readonly goOffline: () => void
  readonly goOnline: () => void
  /** What the tabs have stored: name to text. */
  readonly notes: Map<string, string>
  /** What went over the network, in order: `GET /auth/session`. */
  readonly requests: string[]
  /** What tabs told each other. */
  readonly messages: unknown[]
}

/**
 * Creates a browser whose time, network, tabs and chance belong to the test. Each tab's `platform` goes
 * into a `createAuthClient`; `advance` and `sleep` let time pass.
 */
export function createTestBrowser({
  network,
  address = 'https://app.test/',
  random = () => 0.5,
  cookie,
}: TestBrowserOptions): TestBrowser {
  const clock = createVirtualClock()
  const { origin } = new URL(address)
  const cookies = new Map<string, string>()
  if (cookie !== undefined) keepCookie(cookies, cookie)
  const notes = new Map<string, string>()
  const requests: string[] = []
  const messages: unknown[] = []
  const channels = new Set<{ readonly name: string; readonly hear: (message: unknown) => void }>()
  const tabs = new Set<(moment: PageMoment) => void>()
  let online = true

  const travel = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    requests.push(`${request.method} ${url.origin === origin ? url.pathname + url.search : url.href}`)
    if (!online) throw new TypeError('Failed to fetch')
    const headers = new Headers(request.headers)
    headers.set('sec-fetch-site', url.origin === origin ? 'same-origin' : 'cross-site')
    if (request.method !== 'GET' && request.method !== 'HEAD') headers.set('origin', origin)
    if (url.origin === origin && cookies.size > 0)
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await network(new Request(request, { headers }))
    if (!online) throw new TypeError('Failed to fetch')
    if (request.redirect === 'error' && response.status >= 300 && response.status < 400)
      throw new TypeError('Failed to fetch')
    return response
  }

  const openTab = (): TestTab => {
    let visible = true
    let alive = true
    const listeners = new Set<(moment: PageMoment) => void>()
    const open = new Set<unknown>()
    const tell = (moment: PageMoment): void => {
      for (const listener of [...listeners]) listener(moment)
    }
    tabs.add(tell)

    const platform: Platform = {
      fetch: (input, init) =>
        new Promise((resolve, reject) => {
          const request = new Request(typeof input === 'string' ? new URL(input, address) : input, init)
          const giveUp = (): void => reject(request.signal.reason)
          if (request.signal.aborted) return giveUp()
          request.signal.addEventListener('abort', giveUp)
          travel(request).then(
            (response) => {
              // The browser drops the answer to a request that was given up, cookies and all.
              if (!alive || request.signal.aborted) return
              for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
              resolve(response)
            },
            (error: unknown) => alive && reject(error),
          )
        }),
      address: () => address,
      monotonicNow: clock.monotonicNow,
      wallNow: clock.wallNow,
      setTimer: (milliseconds, ring) => {
        // As browsers do: a delay that does not fit into 31 bits rings at once.
        const cancel = clock.setTimer(milliseconds > 2 ** 31 - 1 ? 0 : milliseconds, () => alive && ring())
        open.add(cancel)
        return cancel
      },
      random,
      isVisible: () => visible,
      onPageMoment: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      openChannel: (name, listener) => {
        const channel = { name, hear: (message: unknown) => alive && listener(message) }
        channels.add(channel)
        open.add(channel)
        return {
          post: (message) => {
            messages.push(message)
            const text = JSON.stringify(message)
            for (const other of [...channels]) {
              if (other !== channel && other.name === name)
                void Promise.resolve().then(() => channels.has(other) && other.hear(JSON.parse(text)))
            }
          },
          close: () => {
            channels.delete(channel)
            open.delete(channel)
          },
        }
      },
      readNote: (name) => notes.get(name) ?? null,
      writeNote: (name, text) => void (text === null ? notes.delete(name) : notes.set(name, text)),
    }

    return {
      platform,
      hide: () => {
        visible = false
        tell('wake')
      },
      show: () => {
        visible = true
        tell('wake')
      },
      leave: () => tell('leave'),
      return: () => tell('return'),
      close: () => {
        alive = false
        tabs.delete(tell)
        listeners.clear()
        for (const channel of channels) if (open.has(channel)) channels.delete(channel)
      },
      listening: () => listeners.size + [...channels].filter((channel) => open.has(channel)).length,
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
      for (const tell of tabs) tell('online')
    },
    notes,
    requests,
    messages,
  }
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(/;\s*/)
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  if (value === '' || attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name)
  else cookies.set(name, value)
}
