import { runInNewContext } from 'node:vm'
import { createRestoreScript } from '@latchkey/bff'
import type { AuthClient, AuthClientOptions, InitialState, Platform } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser, TestTab } from '@latchkey/core/testing'
import { createErrorResponse, createFakeBff, createTestBrowser } from '@latchkey/core/testing'
import { describe, expect, it } from 'vitest'

const credentials = { username: 'bob', password: 'pw' }

describe('a page whose HTML contains the restore script', () => {
  it('sends the API request first once its JavaScript has loaded: one trip to the first data', async () => {
    const { browser, openPage } = createSetup()
    const page = openPage()
    await browser.advance(500)
    expect(browser.requests).toEqual(['GET /auth/session'])
    const response = await page.loadClient().fetch('/api/items')
    expect(response.status).toBe(200)
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /api/items'])
  })

  it('without the script needs two', async () => {
    const { browser, openPage } = createSetup()
    const page = openPage({ code: '' })
    await browser.advance(500)
    expect(browser.requests).toEqual([])
    await page.loadClient().fetch('/api/items')
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /api/items'])
  })

  it('waits for the response when its JavaScript loads first', async () => {
    const { bff, browser, openPage } = createSetup()
    bff.intercept(() => browser.wait(300))
    const client = openPage().loadClient()
    await browser.advance(299)
    expect(client.getState().status).toBe('restoring')
    await browser.advance(1)
    expect(client.getState().status).toBe('signed-in')
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it('counts the age of the token from when the script sent the request', async () => {
    const { browser, openPage } = createSetup()
    const page = openPage()
    // Longer than the time limit of a request, which must not end the response.
    await browser.advance(29_000)
    const client = page.loadClient()
    await client.ready()
    expect(client.accessToken.secondsLeft()).toBe(900 - 29)
    expect(client.sessionEnd.secondsLeft()).toBe(28_800 - 29)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it.each<[string, string | undefined, (browser: TestBrowser, tab: TestTab) => Promise<unknown> | void]>([
    ['30 seconds have passed', 'subject-cathy', (browser) => browser.advance(30_000)],
    ['the machine has slept', 'subject-cathy', (browser) => browser.sleep(60_000)],
    ['the page was in the back-forward cache', 'subject-cathy', (_, tab) => tab.enterBfcache()],
    [
      'another tab has signed in',
      'subject-bob',
      async (browser) => {
        const other = createAuthClient({ platform: browser.openTab().platform })
        await other.signIn(credentials)
      },
    ],
    [
      'another tab has signed out',
      undefined,
      async (browser) => {
        const other = createAuthClient({ platform: browser.openTab().platform })
        await other.ready()
        await other.signOut()
      },
    ],
  ])('sends another request when %s', async (_, subject, act) => {
    const { browser, openPage } = createSetup()
    const page = openPage()
    await browser.advance(100)
    await act(browser, page.tab)
    await browser.advance(0)
    const before = browser.requests.length
    const { session } = await page.loadClient().ready()
    expect(browser.requests.slice(before)).toEqual(['GET /auth/session'])
    expect(session?.subject).toBe(subject)
  })

  it('sends another request at once when that of the script failed', async () => {
    const { browser, openPage } = createSetup()
    browser.goOffline()
    const page = openPage()
    await browser.advance(100)
    browser.goOnline()
    expect((await page.loadClient().ready()).status).toBe('signed-in')
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /auth/session'])
  })

  it('tries again, as after any failure, when the request fails while the client waits for it', async () => {
    const { bff, browser, openPage } = createSetup()
    bff.intercept(() => new Promise<void>(() => {}))
    const client = openPage().loadClient()
    await browser.advance(9_400)
    expect(client.getState()).toEqual({ status: 'restoring', session: null })
    bff.intercept(null)
    await browser.advance(1_200)
    expect(client.getState().status).toBe('signed-in')
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /auth/session'])
  })

  it('obeys Retry-After in a response to the script', async () => {
    const { bff, browser, openPage } = createSetup()
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable', { retryAfter: 20 }))
    const page = openPage()
    await browser.advance(100)
    bff.intercept(null)
    const client = page.loadClient()
    await browser.advance(19_000)
    expect(client.getState()).toMatchObject({
      status: 'restoring',
      error: { code: 'temporarily_unavailable', retryAfter: 20 },
    })
    await browser.advance(1_000)
    expect(client.getState().status).toBe('signed-in')
  })

  it('uses the response once, and only for its base path', async () => {
    const { browser, openPage } = createSetup()
    const page = openPage(createRestoreScript({ basePath: ['/gate', '/auth'] }))
    await browser.advance(100)
    expect(browser.requests).toEqual(['GET /gate/session', 'GET /auth/session'])
    await page.loadClient().ready()
    await page.loadClient().ready()
    expect(browser.requests.slice(2)).toEqual(['GET /auth/session'])
    page.loadClient({ basePath: '/other' })
    expect(browser.requests.slice(3)).toEqual(['GET /other/session'])
  })

  it('does not use it after a sign-in', async () => {
    const { browser, openPage } = createSetup({ signedInAs: null })
    const page = openPage()
    await browser.advance(100)
    const initialState: InitialState = { status: 'signed-out', session: null }
    const client = page.loadClient({ initialState })
    await client.signIn(credentials)
    page.tab.leaveBfcache()
    expect((await client.ready()).session).toMatchObject({ subject: 'subject-bob' })
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/session', 'GET /auth/session'])
  })

  it('asks for nothing while a sign-out is not confirmed', async () => {
    const { bff, browser, openPage } = createSetup()
    const first = openPage().loadClient()
    await first.ready()
    bff.intercept((request) => {
      if (request.method === 'DELETE') throw new TypeError('Failed to fetch')
    })
    await first.signOut()
    await browser.advance(0)
    first.dispose()
    const before = browser.requests.length
    const page = openPage()
    await browser.advance(100)
    expect(browser.requests.slice(before)).toEqual([])
    expect((await page.loadClient().ready()).status).toBe('signed-out')
    expect(browser.requests.slice(before)).toEqual([expect.stringMatching(/^DELETE /)])
  })

  it.each(['localStorage', 'BroadcastChannel'])(
    'sends its only request from the client where %s is forbidden',
    async (member) => {
      const { browser, openPage } = createSetup()
      const page = openPage({ code: createRestoreScript().code, forbidden: member })
      await browser.advance(100)
      expect(browser.requests).toEqual([])
      expect((await page.loadClient().ready()).status).toBe('signed-in')
      expect(browser.requests).toEqual(['GET /auth/session'])
    },
  )

  it('closes its channel and has no timer after 30 seconds, where no client was loaded', async () => {
    const { browser, openPage } = createSetup()
    const page = openPage()
    const count = page.tab.listenerCount()
    await browser.advance(30_000)
    expect(page.tab.listenerCount()).toBe(count - 1)
    expect(browser.timerCount()).toBe(0)
  })
})

function createSetup({ signedInAs = 'cathy' }: { signedInAs?: string | null } = {}) {
  const bff = createFakeBff()
  const browser = createTestBrowser({
    network: (request) => {
      const { pathname } = new URL(request.url)
      if (pathname.startsWith('/auth/')) return bff.fetch(request)
      return new Response(null, { status: bff.acceptsToken(request) ? 200 : 404 })
    },
    ...(signedInAs !== null && { cookie: bff.startSession(signedInAs) }),
  })

  /** Opens a page whose JavaScript has not loaded yet, and runs the script of its HTML. */
  const openPage = ({
    code = createRestoreScript().code,
    forbidden,
  }: {
    code?: string
    forbidden?: string
  } = {}) => {
    const tab = browser.openTab()
    const { platform } = tab
    const { signal } = new AbortController()
    const globals: Record<string, unknown> & Pick<Platform, 'latchkeyRestore'> = {
      ...platform,
      ...{ Response },
      ...(forbidden !== undefined && { [forbidden]: undefined }),
      addEventListener: (type: 'pagehide', listener: () => void) => {
        platform.addEventListener(type, listener, { signal })
      },
    }
    globals['window'] = globals
    runInNewContext(code, globals)
    return {
      tab,
      loadClient: (options: AuthClientOptions = {}): AuthClient => {
        const client = createAuthClient({
          platform: { ...platform, latchkeyRestore: globals.latchkeyRestore },
          ...options,
        })
        client.subscribe(() => {})
        return client
      },
    }
  }
  return { bff, browser, openPage }
}
