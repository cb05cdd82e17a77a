import type { BffOptions } from '@latchkey/bff'
import type { AuthClient } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { Clock } from '../../packages/bff/test/support/browser.ts'
import { createClock, createTestBff, credentials, page } from '../../packages/bff/test/support/browser.ts'
import type { Reply } from '../../packages/bff/test/support/token-endpoint.ts'

/** A signed-in page in a test browser, with a BFF and a scripted authorization server. */
export interface Page extends Pick<ReturnType<typeof createTestBff>, 'bff' | 'endpoint' | 'log'> {
  browser: TestBrowser
  tab: TestTab
  client: AuthClient
  /** Opens another signed-in tab of the same browser. */
  openTab: () => Promise<AuthClient>
  /** The page's requests to the API and to all other URLs outside the BFF. */
  apiRequests: Request[]
  /** Advances the clocks of page and BFF, in seconds. */
  pass: (seconds: number) => Promise<void>
  /** Puts the page's machine to sleep, in seconds, while the BFF runs. */
  sleep: (seconds: number) => Promise<void>
  /** Dispatches an event of the page's window, such as `focus`. */
  dispatchWindowEvent: (type: string) => void
}

export async function openPage(
  reply: Reply,
  options: Partial<BffOptions> & { api?: (request: Request) => Response | Promise<Response> } = {},
): Promise<Page> {
  const { api = () => new Response(), ...bffOptions } = options
  const apiRequests: Request[] = []
  const browser = createTestBrowser({
    pageUrl: `${page}/`,
    network: (request) => {
      const { origin, pathname } = new URL(request.url)
      if (origin === page && pathname.startsWith('/auth/')) return testBff.bff.fetch(request)
      apiRequests.push(request.clone())
      return api(request)
    },
  })
  const pass = (seconds: number): Promise<void> => browser.advance(seconds * 1000)
  let sleptMs = browser.wallNow()
  // The server has its own clock: setting the page's wall clock does not change it.
  const now = (): number => sleptMs + browser.monotonicNow()
  const clock: Clock = {
    ...createClock(),
    now,
    monotonicNow: now,
    startTimer(milliseconds, callback) {
      let isStopped = false
      const ring = async (): Promise<void> => {
        await browser.wait(milliseconds)
        if (!isStopped) callback()
      }
      void ring()
      return () => void (isStopped = true)
    },
    sleep: (milliseconds, signal) =>
      Promise.race([
        browser.wait(milliseconds),
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('awake')))),
      ]),
    pass,
  }
  const testBff = createTestBff(reply, bffOptions, clock)
  const window = new EventTarget()
  const openClient = (): { tab: TestTab; client: AuthClient } => {
    const tab = browser.openTab()
    const addEventListener: typeof tab.platform.addEventListener = (type, listener, { signal }) => {
      window.addEventListener(type, listener, { signal })
      tab.platform.addEventListener(type, listener, { signal })
    }
    const client = createAuthClient({
      platform: { ...tab.platform, addEventListener },
    })
    client.subscribe(() => {})
    return { tab, client }
  }
  const { tab, client } = openClient()
  await client.signIn(credentials)
  return {
    ...testBff,
    browser,
    tab,
    client,
    apiRequests: apiRequests,
    pass,
    sleep: (seconds) => {
      sleptMs += seconds * 1000
      return browser.sleep(seconds * 1000)
    },
    dispatchWindowEvent: (type) => void window.dispatchEvent(new Event(type)),
    openTab: async () => {
      const other = openClient()
      await other.client.ready()
      return other.client
    },
  }
}
