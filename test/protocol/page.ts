import type { BffOptions } from '@latchkey/bff'
import type { AuthClient } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { Clock } from '../../packages/bff/test/support/browser.ts'
import { createTestBff, credentials, page } from '../../packages/bff/test/support/browser.ts'
import type { Reply } from '../../packages/bff/test/support/token-endpoint.ts'

/** A page in a test browser on which somebody is signed in, at a BFF before a scripted authorization server. */
export interface Page extends Pick<ReturnType<typeof createTestBff>, 'bff' | 'endpoint' | 'log'> {
  browser: TestBrowser
  tab: TestTab
  client: AuthClient
  /** Opens another tab of the same browser, which is signed in as well. */
  openTab: () => Promise<AuthClient>
  /** What reached the application's API, and whatever else is outside of the BFF. */
  heard: Request[]
  /** Lets so many seconds pass for the page and for the BFF. */
  pass: (seconds: number) => Promise<void>
  /** The machine of the page sleeps for so many seconds, and the BFF goes on. */
  sleep: (seconds: number) => Promise<void>
  /** Tells the page of an event of the window, such as `focus`. */
  tell: (type: string) => void
}

export async function openPage(
  reply: Reply,
  options: Partial<BffOptions> & { api?: (request: Request) => Response | Promise<Response> } = {},
): Promise<Page> {
  const { api = () => new Response(), ...more } = options
  const heard: Request[] = []
  const browser = createTestBrowser({
    pageUrl: `${page}/`,
    network: (request) => {
      const { origin, pathname } = new URL(request.url)
      if (origin === page && pathname.startsWith('/auth/')) return scene.bff.fetch(request)
      heard.push(request.clone())
      return api(request)
    },
  })
  const pass = (seconds: number): Promise<void> => browser.advance(seconds * 1000)
  let slept = browser.wallNow()
  const clock: Clock = {
    // The server's own clock: what the user does to that of the page changes nothing here.
    now: () => slept + browser.monotonicNow(),
    sleep: (milliseconds, signal) =>
      Promise.race([
        browser.wait(milliseconds),
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('awake')))),
      ]),
    pass,
  }
  const scene = createTestBff(reply, more, clock)
  const window = new EventTarget()
  const open = (): { tab: TestTab; client: AuthClient } => {
    const tab = browser.openTab()
    const addEventListener: typeof tab.platform.addEventListener = (type, listener, { signal }) => {
      window.addEventListener(type, listener, { signal })
      tab.platform.addEventListener(type, listener, { signal })
    }
    const client = createAuthClient({ platform: { ...tab.platform, addEventListener } })
    client.subscribe(() => {})
    return { tab, client }
  }
  const { tab, client } = open()
  await client.signIn(credentials)
  return {
    ...scene,
    browser,
    tab,
    client,
    heard,
    pass,
    sleep: (seconds) => {
      slept += seconds * 1000
      return browser.sleep(seconds * 1000)
    },
    tell: (type) => void window.dispatchEvent(new Event(type)),
    openTab: async () => {
      const other = open()
      await other.client.ready()
      return other.client
    },
  }
}
