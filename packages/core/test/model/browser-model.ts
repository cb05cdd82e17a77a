import type { Platform, TabChannel } from '../../src/platform.ts'
import type { ModelResponse } from './bff-model.ts'
import type { NetworkModel, SentRequest } from './network-model.ts'
import type { Timeline } from './timeline.ts'

/** What a browser allows its pages. */
export interface BrowserFeatures {
  readonly channels: boolean
  readonly storage: 'works' | 'is full' | 'is forbidden'
}

/** A page in a tab, without a client. */
export interface ModelPage {
  readonly platform: Platform
  /** `frozen` and `cached` (in the back-forward cache) pages run no code; a cached page misses messages. */
  condition: 'visible' | 'hidden' | 'frozen' | 'cached' | 'closed'
  /** When the page last ran again after it was frozen or cached. */
  resumedAt: number
  /** When the page sent requests to the BFF and the API. */
  readonly sentAt: number[]
  readonly getResourceCount: () => number
  /** Whether the wall clock was set back and the page has not read it since, so that it may miss a sleep. */
  isClockUnread: boolean
}

/**
 * A browser with the faults of real ones: its pages are hidden, frozen, cached and closed, messages take time, timers
 * are early, late and throttled, and storage and channels may be missing. Unlike the test browser that the package
 * exports, it builds no `Request` and no `Response`, so that thousands of histories take seconds.
 */
export interface BrowserModel {
  readonly openPage: (onRequest: (request: SentRequest) => void) => ModelPage
  readonly pages: ModelPage[]
  /** Changes the condition of a page with the events that browsers dispatch. */
  readonly changeCondition: (page: ModelPage, condition: ModelPage['condition']) => void
  readonly dispatch: (page: ModelPage, type: 'focus' | 'online') => void
  /** The session that the cookie identifies; empty without a cookie. */
  cookie: string
}

/** The longest time that a message between tabs takes, in milliseconds. */
export const maxMessageDelay = 20

export function createBrowserModel(
  timeline: Timeline,
  network: NetworkModel,
  features: BrowserFeatures,
  random: () => number,
): BrowserModel {
  const storage = new Map<string, string>()
  const channels = new Set<{ page: ModelPage; channel: TabChannel; isOpen: boolean; readAt: number }>()
  /** What happened to pages that run no code. */
  const heldTasks = new Map<ModelPage, (() => void)[]>()
  const dispatchers = new Map<ModelPage, (type: string) => void>()

  const runInPage = (page: ModelPage, run: () => void): void => {
    if (page.condition === 'frozen' || page.condition === 'cached') heldTasks.get(page)?.push(run)
    else if (page.condition !== 'closed') run()
  }

  const refuse = (): never => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  }

  const createChannelClass = (page: ModelPage): Platform['BroadcastChannel'] =>
    features.channels
      ? class implements TabChannel {
          onmessage: TabChannel['onmessage'] = null
          readonly entry = { page, channel: this as TabChannel, isOpen: true, readAt: 0 }
          constructor() {
            channels.add(this.entry)
          }
          postMessage(message: unknown): void {
            const text = JSON.stringify(message)
            for (const entry of channels) {
              if (entry === this.entry) continue
              // Messages keep their order.
              entry.readAt = Math.max(entry.readAt, timeline.now() + random() * maxMessageDelay)
              timeline.schedule(entry.readAt - timeline.now(), () => {
                if (entry.page.condition === 'cached') return
                runInPage(entry.page, () => {
                  if (entry.isOpen)
                    entry.channel.onmessage?.({ data: JSON.parse(text) as unknown } as MessageEvent)
                })
              })
            }
          }
          close(): void {
            this.entry.isOpen = false
            channels.delete(this.entry)
          }
        }
      : (function () {
          return refuse()
        } as unknown as Platform['BroadcastChannel'])

  const localStorage: Platform['localStorage'] = {
    getItem: (key) => (features.storage === 'is forbidden' ? refuse() : (storage.get(key) ?? null)),
    setItem: (key, text) => {
      if (features.storage === 'works') storage.set(key, text)
      else refuse()
    },
    removeItem: (key) => (features.storage === 'is forbidden' ? refuse() : void storage.delete(key)),
  }

  const createResponse = ({ status, body, retryAfter }: ModelResponse): Response =>
    ({
      ok: status < 300,
      status,
      headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      body: null,
      json: async () => {
        if (body === undefined) throw new SyntaxError('Unexpected token <')
        return structuredClone(body)
      },
    }) as Response

  const browser: BrowserModel = {
    cookie: '',
    pages: [],
    openPage: (onRequest) => {
      const listeners = new Set<{ readonly type: string; readonly listener: (event: Event) => void }>()

      const fetch = (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> =>
        new Promise((resolve, reject) => {
          const { method = 'GET', body, headers, signal, keepalive } = init
          let wasAborted = false
          const request: SentRequest = {
            method,
            path: (input as string).replace('https://app.test', ''),
            body: body as string | undefined,
            authorization: new Headers(headers).get('authorization') ?? undefined,
            cookie: browser.cookie,
            isAborted: () => wasAborted || (page.condition === 'closed' && !keepalive),
          }
          if (signal?.aborted) return reject(signal.reason)
          const done = new AbortController()
          const abort = (): void => {
            wasAborted = true
            reject(signal?.reason)
          }
          signal?.addEventListener('abort', abort, { signal: done.signal })
          page.sentAt.push(timeline.now())
          onRequest(request)
          network.send(request, (response) => {
            if (request.isAborted()) return
            if (response?.setCookie !== undefined) browser.cookie = response.setCookie
            runInPage(page, () => {
              done.abort()
              if (response) resolve(createResponse(response))
              else reject(new TypeError('Failed to fetch'))
            })
          })
        })

      let timerCount = 0
      const setTimer = (delay: number, run: () => void): (() => void) => {
        // Timers are now and then early or late, and once a minute in hidden tabs.
        const jitter = random() < 0.2 ? random() * 6 - 1 : 0
        const throttle = page.condition === 'hidden' ? 60_000 - (timeline.now() % 60_000) : 0
        let isSet = true
        timerCount += 1
        const unset = (): boolean => {
          const wasSet = isSet
          if (isSet) timerCount -= 1
          isSet = false
          return wasSet
        }
        const remove = timeline.schedule(
          Math.max(throttle, delay > 2 ** 31 - 1 ? 0 : delay + jitter),
          () => runInPage(page, () => unset() && run()),
          true,
        )
        return () => {
          unset()
          remove()
        }
      }

      const page: ModelPage = {
        condition: 'visible',
        resumedAt: -Infinity,
        sentAt: [],
        isClockUnread: false,
        getResourceCount: () =>
          listeners.size + timerCount + [...channels].filter((entry) => entry.page === page).length,
        platform: {
          location: { origin: 'https://app.test' },
          fetch,
          document: {
            get hidden() {
              return page.condition !== 'visible'
            },
            baseURI: 'https://app.test/',
          },
          performance: { now: timeline.performanceNow },
          Date: {
            now: () => {
              page.isClockUnread = false
              return timeline.wallNow()
            },
            // oxlint-disable-next-line no-restricted-globals -- Date.parse reads no clock.
            parse: Date.parse,
          },
          Math: { random },
          setTimeout: (callback, milliseconds) => setTimer(milliseconds, callback),
          clearTimeout: (remove?: () => void) => remove?.(),
          AbortSignal: {
            timeout: (milliseconds) => {
              const controller = new AbortController()
              timeline.schedule(
                milliseconds,
                () =>
                  runInPage(page, () =>
                    controller.abort(new DOMException('The operation timed out', 'TimeoutError')),
                  ),
                true,
              )
              return controller.signal
            },
          },
          addEventListener: (type, listener, { signal }) => {
            const entry = { type, listener }
            listeners.add(entry)
            signal.addEventListener('abort', () => listeners.delete(entry))
          },
          BroadcastChannel: undefined as never,
          localStorage,
        },
      }
      Object.assign(page.platform, { BroadcastChannel: createChannelClass(page) })
      heldTasks.set(page, [])
      dispatchers.set(page, (type) => {
        const event = { type, persisted: type.startsWith('page') } as unknown as Event
        for (const entry of [...listeners]) if (entry.type === type) entry.listener(event)
      })
      browser.pages.push(page)
      return page
    },
    dispatch: (page, type) => runInPage(page, () => dispatchers.get(page)?.(type)),
    changeCondition: (page, condition) => {
      const previous = page.condition
      const dispatchEvent = (type: string): void => dispatchers.get(page)?.(type)
      if (previous === condition || previous === 'closed') return
      if (previous === 'visible') {
        page.condition = 'hidden'
        dispatchEvent('visibilitychange')
      }
      if (condition === 'cached' && previous !== 'frozen') dispatchEvent('pagehide')
      page.condition = condition
      if (condition === 'closed') {
        for (const entry of [...channels]) if (entry.page === page) entry.channel.close()
        return
      }
      if (condition === 'cached' || condition === 'frozen') return
      if (previous !== 'hidden') page.resumedAt = timeline.now()
      // The page runs again: the events come before what waited, in some browsers after it.
      const waiting = heldTasks.get(page)?.splice(0) ?? []
      const dispatchEvents = (): void => {
        if (previous === 'cached') dispatchEvent('pageshow')
        if (condition === 'visible') dispatchEvent('visibilitychange')
      }
      const tasks = random() < 0.5 ? [dispatchEvents, ...waiting] : [...waiting, dispatchEvents]
      for (const run of tasks) timeline.schedule(0, () => runInPage(page, run))
    },
  }
  return browser
}
