import { describe, expect, it } from 'vitest'
import type { AuthClient, Platform } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const cathy = { username: 'cathy', password: 'pw' }
const minute = 60_000
const hour = 60 * minute

/** A constructor that throws as in a sandboxed frame. */
const throwSecurityError = function () {
  throw new DOMException('The operation is insecure.', 'SecurityError')
} as unknown as Platform['BroadcastChannel']

const recordStatuses = (client: AuthClient<never>): string[] => {
  const statuses: string[] = []
  client.subscribe(({ status }) => statuses.push(status))
  return statuses
}

describe('signing in', () => {
  it('returns the session, provides the token, and sends only the session id to other tabs', async () => {
    const { browser, openPage } = createSetup({ users: { cathy: 'pw' } })
    const { client } = openPage()
    await client.ready()
    const session = await client.signIn(cathy)
    expect(session).toEqual({
      id: 'session-1',
      subject: 'subject-cathy',
      user: { username: 'cathy' },
      scope: ['read'],
    })
    expect(client.getState()).toEqual({ status: 'signed-in', session })
    expect(client.accessToken.get()).toBe('session-1.token-1')
    expect(browser.messages).toEqual([{ type: 'signed-in', sessionId: 'session-1' }])
  })

  it('rejects a wrong password with invalid_credentials and keeps the state', async () => {
    const { openPage } = createSetup({ users: { cathy: 'pw' } })
    const { client } = openPage()
    await client.ready()
    const before = client.getState()
    const error = await client
      .signIn({ username: 'cathy', password: 'canary-password' })
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'AuthError', code: 'invalid_credentials', retryable: false })
    expect(client.getState()).toBe(before)
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain(
      'canary-password',
    )
  })

  it('creates one session after a double click: the second attempt replaces the first', async () => {
    const { browser, bff, openPage } = createSetup()
    const { client } = openPage()
    await client.ready()
    bff.intercept(async (request) => {
      if (request.method === 'POST') await browser.wait(100)
    })
    const first = client.signIn(cathy)
    const second = client.signIn(cathy)
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    await browser.advance(100)
    expect((await second).user).toEqual({ username: 'cathy' })
    expect(client.getState().session).toBe(await second)
  })

  it('has the same subject for the same user, and another subject for another user', async () => {
    const { openPage } = createSetup()
    const { client } = openPage()
    await client.ready()
    const first = await client.signIn(cathy)
    const again = await client.signIn(cathy)
    const other = await client.signIn({ username: 'bob', password: 'x' })
    expect(again.id).not.toBe(first.id)
    expect(again.subject).toBe(first.subject)
    expect(other.subject).not.toBe(first.subject)
  })

  it('validates the user with the schema of the application', async () => {
    const { openPage } = createSetup()
    const { client } = openPage({
      user: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) =>
            (value as { username: string }).username === 'cathy'
              ? { value: value as { username: string } }
              : { issues: [{ message: 'Expected cathy', path: ['username'] }] },
        },
      },
    })
    await client.ready()
    await expect(client.signIn({ username: 'bob', password: 'x' })).rejects.toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining('Expected cathy') as string,
    })
    expect((await client.signIn(cathy)).user).toEqual({ username: 'cathy' })
  })
})

describe('loading a page', () => {
  it('sends one request before the first authorized response', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const response = await client.fetch('/api/items')
    expect(response.status).toBe(200)
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /api/items'])
  })

  it('becomes signed-out when there is no session', async () => {
    const { openPage } = createSetup()
    const { client } = openPage()
    expect(client.getState().status).toBe('restoring')
    expect(await client.ready()).toEqual({ status: 'signed-out', session: null, reason: 'no_session' })
  })

  it.each([
    ['is offline', () => Promise.reject(new TypeError('Failed to fetch')), 'network_error'],
    [
      'gets the page of a captive portal',
      () => new Response('<html>Welcome to the hotel', { headers: { 'content-type': 'text/html' } }),
      'invalid_response',
    ],
    ['gets a 502 page', () => new Response('<html>Bad gateway', { status: 502 }), 'temporarily_unavailable'],
    ['gets a 500', () => createErrorResponse(500, 'server_error'), 'server_error'],
    ['gets the 403 page of a firewall', () => new Response('<html>', { status: 403 }), 'invalid_response'],
  ])('stays restoring with an error while it %s, and recovers', async (_, createResponse, code) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(createResponse)
    const { client } = openPage()
    await browser.advance(20 * minute)
    expect(client.getState()).toMatchObject({ status: 'restoring', session: null, error: { code } })
    // With backoff, an outage of twenty minutes causes a few dozen requests.
    expect(browser.requests.length).toBeLessThan(60)
    bff.intercept(null)
    await browser.advance(minute)
    expect(client.getState().status).toBe('signed-in')
  })

  it('rejects a caller at once while the restore waits for its next attempt', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    browser.goOffline()
    const { client } = openPage()
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'network_error', retryable: true })
    const requests = browser.requests.length
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'network_error' })
    expect(browser.requests.length).toBe(requests)
    browser.goOnline()
    expect((await client.ready()).status).toBe('signed-in')
  })
})

describe('a silent refresh', () => {
  it('runs a minute before the token expires and does not change the state', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 899 })
    const { client } = openPage()
    const state = await client.ready()
    let tokens = 0
    client.accessToken.subscribe(() => (tokens += 1))
    const statuses = recordStatuses(client as AuthClient<never>)
    await browser.advance(838_000)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(2_000)
    expect(bff.grantCount()).toBe(1)
    expect(client.accessToken.get()).toBe('session-1.token-2')
    expect(client.getState()).toBe(state)
    expect(statuses).toEqual([])
    expect(tokens).toBe(1)
  })

  it('causes one grant for 100 callers in each of 3 tabs with an expired token', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const pages = [openPage(), openPage(), openPage()]
    await Promise.all(pages.map(({ client }) => client.ready()))
    await browser.sleep(2 * hour)
    const tokens = await Promise.all(
      pages.flatMap(({ client }) => Array.from({ length: 100 }, () => client.getAccessToken())),
    )
    expect(new Set(tokens)).toEqual(new Set(['session-1.token-2']))
    expect(bff.grantCount()).toBe(1)
  })

  it('runs once after eight hours of sleep, before the first request', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.hide()
    await browser.sleep(8 * hour)
    expect(client.accessToken.get()).toBeNull()
    tab.show()
    const response = await client.fetch('/api/items')
    expect(response.status).toBe(200)
    expect(bff.grantCount()).toBe(1)
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/token', 'GET /api/items'])
  })

  it('does not run in a hidden tab, and runs when the tab becomes visible again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.hide()
    expect(browser.timerCount()).toBe(0)
    await browser.advance(3 * hour)
    expect(bff.grantCount()).toBe(0)
    tab.show()
    await browser.advance(0)
    expect(bff.grantCount()).toBe(1)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('does not run when a tab with a valid token gets the focus', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    const statuses = recordStatuses(client as AuthClient<never>)
    for (let focus = 0; focus < 50; focus += 1) tab.show()
    await browser.advance(1000)
    expect(browser.requests).toEqual(['GET /auth/session'])
    expect(statuses).toEqual([])
  })

  it('waits for the network, and the token stays usable until it expires', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 900 })
    const { client } = openPage()
    await client.ready()
    await browser.advance(839_000)
    browser.goOffline()
    await browser.advance(5_000)
    expect(client.accessToken.get()).toBe('session-1.token-1')
    expect(await client.getAccessToken()).toBe('session-1.token-1')
    browser.goOnline()
    await browser.advance(0)
    expect(bff.grantCount()).toBe(1)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('leaves no token after its expiry when it keeps failing, and does not sign the user out', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 900 })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await browser.advance(901_000)
    expect(client.accessToken.get()).toBeNull()
    expect(client.getState().status).toBe('signed-in')
    await expect(client.getAccessToken()).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryable: true,
    })
  })

  it.each([
    ['seconds', '120'],
    ['an HTTP date', new Date(1_800_000_000_000 + 839_000 + 120_000 + 1000).toUTCString()],
  ])('obeys a 429 with Retry-After as %s', async (_, header) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 900 })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => new Response(null, { status: 429, headers: { 'retry-after': header } }))
    await browser.advance(841_000)
    const before = browser.requests.length
    await browser.advance(115_000)
    await client.getAccessToken().catch(() => {})
    browser.goOnline()
    expect(browser.requests.length).toBe(before)
    bff.intercept(null)
    await browser.advance(10_000)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('rejects every caller within ten seconds when it hangs, and the next call sends a new request', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => new Promise<never>(() => {}))
    const callers = Array.from({ length: 10 }, () => client.getAccessToken().catch((error: unknown) => error))
    await browser.advance(9_600)
    for (const error of await Promise.all(callers)) expect(error).toMatchObject({ code: 'network_error' })
    bff.intercept(null)
    await browser.advance(2_000)
    expect(await client.getAccessToken()).toBe('session-1.token-2')
  })
})

describe('expires_in', () => {
  it.each([
    ['missing', undefined],
    ['null', null],
    ['text', 'soon'],
    ['negative', -1],
  ])('that is %s sets no timer: the token is used until the API rejects it', async (_, expiresIn) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn })
    const { client } = openPage()
    await client.ready()
    expect(browser.timerCount()).toBe(0)
    await browser.advance(30 * 24 * hour)
    expect(bff.grantCount()).toBe(0)
    bff.revokeTokens()
    expect((await client.fetch('/api/items')).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })

  it('may be a string of digits', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: '3600' })
    await openPage().client.ready()
    await browser.advance(hour - minute + 1)
    expect(bff.grantCount()).toBe(1)
  })

  it.each([0, 1, 5])(
    'of %i causes no loop: at most one refresh in ten seconds, and every caller gets a token',
    async (expiresIn) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn })
      const { client } = openPage()
      await client.ready()
      await browser.advance(10 * minute - 1)
      expect(bff.grantCount()).toBeLessThan(60)
      expect(bff.grantCount()).toBeGreaterThan(50)
      await browser.sleep(hour)
      expect(client.accessToken.get()).toBeNull()
      expect((await client.fetch('/api/items')).status).toBe(200)
    },
  )

  it('of 30 seconds causes a refresh every 20 seconds', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 30 })
    await openPage().client.ready()
    await browser.advance(10 * minute)
    expect(bff.grantCount()).toBe(30)
  })

  it.each([
    ['30 days', 2_592_000],
    ['1e12', 1e12],
  ])('of %s overflows no timer: there is no refresh on the first day', async (_, expiresIn) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn })
    await openPage().client.ready()
    await browser.advance(24 * hour)
    expect(bff.grantCount()).toBe(0)
    expect(browser.timerCount()).toBe(1)
  })

  it('of 30 days causes a refresh a minute before the end, although no timer is that long', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 2_592_000 })
    await openPage().client.ready()
    await browser.advance(2_592_000_000 - minute - 1)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(2)
    expect(bff.grantCount()).toBe(1)
  })
})

describe('a wall clock that the user sets', () => {
  it.each([
    ['one hour ahead', hour],
    ['five minutes behind', -5 * minute],
  ])('%s does not change when tokens are refreshed', async (_, shift) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    browser.shiftWallClock(shift)
    const { client } = openPage()
    await client.ready()
    await browser.advance(10 * minute)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(50 * minute)
    expect(bff.grantCount()).toBe(4)
  })

  it('back while the page is open does not extend the life of a token', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    await openPage().client.ready()
    browser.shiftWallClock(-24 * hour)
    await browser.advance(840_001)
    expect(bff.grantCount()).toBe(1)
  })
})

describe('signing out', () => {
  it('takes effect at once in this tab, in other tabs, and at the BFF', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const thisPage = openPage()
    const otherPage = openPage()
    await Promise.all([thisPage.client.ready(), otherPage.client.ready()])
    const done = thisPage.client.signOut()
    expect(thisPage.client.getState()).toEqual({ status: 'signed-out', session: null, reason: 'signed_out' })
    expect(thisPage.client.accessToken.get()).toBeNull()
    await done
    await browser.advance(0)
    expect(otherPage.client.getState()).toMatchObject({
      status: 'signed-out',
      reason: 'signed_out_elsewhere',
    })
    expect(otherPage.client.accessToken.get()).toBeNull()
    expect(browser.requests.filter((line) => line.startsWith('DELETE'))).toEqual([
      'DELETE /auth/session?session_id=session-1',
    ])
    expect(browser.messages).toEqual([
      { type: 'signed-out', sessionId: 'session-1' },
      { type: 'ended', sessionId: 'session-1' },
    ])
    expect(browser.storage.size).toBe(0)
  })

  it('during a refresh drops the token that arrives later', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(async (request) => {
      if (request.method === 'POST') await browser.wait(500)
    })
    const caller = client.getAccessToken().catch((error: unknown) => error)
    await client.signOut()
    await browser.advance(1000)
    expect(await caller).toMatchObject({ code: 'login_required', reason: 'signed_out' })
    expect(client.getState().status).toBe('signed-out')
    expect(client.accessToken.get()).toBeNull()
  })

  it('offline survives a reload, and reaches the BFF when the network is back', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const first = openPage()
    await first.client.ready()
    browser.goOffline()
    await first.client.signOut()
    await browser.advance(1000)
    expect([...browser.storage]).toEqual([['latchkey:/auth', '?session_id=session-1']])
    first.tab.close()

    const reloaded = openPage()
    expect((await reloaded.client.ready()).status).toBe('signed-out')
    await browser.advance(0)
    browser.goOnline()
    await browser.advance(0)
    expect(browser.storage.size).toBe(0)
    const later = openPage()
    expect((await later.client.ready()).status).toBe('signed-out')
    expect(bff.signInCount()).toBe(1)
  })

  it('that is still pending does not end the session of the next user', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    browser.goOffline()
    await client.signOut()
    await browser.advance(1000)
    browser.goOnline()
    await client.signIn({ username: 'bob', password: 'x' })
    expect(browser.storage.size).toBe(0)
    await browser.advance(minute)
    const next = openPage()
    expect(await next.client.ready()).toMatchObject({
      status: 'signed-in',
      session: { user: { username: 'bob' } },
    })
  })

  it('that another tab repeats later does not end the session of the next user', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await client.signOut()
    await browser.advance(0)
    await client.signIn({ username: 'bob', password: 'x' })
    // As a sleeping tab stores it after the sign-in.
    browser.storage.set('latchkey:/auth', '?session_id=session-1')
    openPage()
    await browser.advance(minute)
    expect(browser.storage.size).toBe(0)
    expect((await openPage().client.ready()).session).toMatchObject({ user: { username: 'bob' } })
  })

  it('aborts the pending requests of the session', async () => {
    const { openPage } = createSetup({ signedInAs: 'cathy', api: () => new Promise<never>(() => {}) })
    const { client } = openPage()
    await client.ready()
    const request = client.fetch('/api/items').catch((error: unknown) => error)
    await client.signOut()
    expect(await request).toMatchObject({ code: 'login_required', reason: 'signed_out' })
  })

  it('everywhere is sent to the BFF, also after a reload', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    browser.goOffline()
    await client.signOut({ everywhere: true })
    await browser.advance(0)
    tab.close()
    browser.goOnline()
    openPage()
    await browser.advance(0)
    expect(browser.requests.slice(-2)).toEqual([
      'DELETE /auth/session?session_id=session-1&everywhere',
      'GET /auth/session',
    ])
  })
})

describe('a change of user', () => {
  it('during a refresh never delivers the token of the previous user', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(async (request) => {
      if (request.url.endsWith('/token')) await browser.wait(500)
    })
    const callerOfCathy = client.getAccessToken().catch((error: unknown) => error)
    await client.signIn({ username: 'bob', password: 'x' })
    const tokenOfBob = await client.getAccessToken()
    await browser.advance(1000)
    expect(tokenOfBob).toBe('session-2.token-1')
    expect(client.accessToken.get()).toBe('session-2.token-1')
    expect(await callerOfCathy).toMatchObject({ code: 'login_required', reason: 'session_changed' })
  })

  it('in another tab takes effect in this tab, which hides the previous user meanwhile', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const thisPage = openPage()
    const otherPage = openPage()
    await Promise.all([thisPage.client.ready(), otherPage.client.ready()])
    const statuses = recordStatuses(thisPage.client as AuthClient<never>)
    await otherPage.client.signIn({ username: 'bob', password: 'x' })
    await browser.advance(0)
    expect(statuses).toEqual(['restoring', 'signed-in'])
    expect(thisPage.client.getState()).toMatchObject({
      status: 'signed-in',
      session: { user: { username: 'bob' } },
    })
    expect(thisPage.client.accessToken.get()).toBe('session-2.token-1')
  })

  it('is noticed at the next refresh where tabs cannot exchange messages', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const silent = browser.openTab()
    const thisPage = createAuthClient({
      platform: { ...silent.platform, BroadcastChannel: throwSecurityError },
    })
    thisPage.subscribe(() => {})
    const otherPage = openPage()
    await Promise.all([thisPage.ready(), otherPage.client.ready()])
    await otherPage.client.signIn({ username: 'bob', password: 'x' })
    await browser.advance(840_001)
    expect(thisPage.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(bff.grantCount()).toBe(1)
  })
})

describe('a session that ends without a sign-out', () => {
  it.each([
    'idle',
    'absolute',
    'refresh_rejected',
    'no_refresh',
    'refresh_lost',
    'too_many_sessions',
    'no_session',
  ] as const)('(%s) expires the page and keeps its user', async (reason) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.endSessions(reason)
    await browser.advance(901_000)
    expect(client.getState()).toMatchObject({
      status: 'expired',
      reason,
      session: { user: { username: 'cathy' } },
    })
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'login_required', reason })
    const requests = browser.requests.length
    await browser.advance(hour)
    expect(browser.requests.length).toBe(requests)
  })

  it('keeps its subject when the same user signs in again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const before = client.getState().session?.subject
    bff.endSessions('idle')
    await browser.advance(901_000)
    await client.signIn(cathy)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { subject: before } })
  })

  it('with onExpired set to hold, makes requests wait until the same user has signed in again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage({ onExpired: 'hold' })
    await client.ready()
    bff.endSessions('idle')
    await browser.advance(901_000)
    const pending = client.fetch('/api/items')
    await browser.advance(minute)
    await client.signIn(cathy)
    expect((await pending).status).toBe(200)
  })

  it('with onExpired set to hold, rejects the waiting requests when another user signs in', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage({ onExpired: 'hold' })
    await client.ready()
    bff.endSessions('idle')
    await browser.advance(901_000)
    const pending = client.fetch('/api/items').catch((error: unknown) => error)
    await client.signIn({ username: 'bob', password: 'x' })
    expect(await pending).toMatchObject({ code: 'login_required', reason: 'session_changed' })
  })
})

describe('the back-forward cache', () => {
  it('hides the session of a cached page, and shows it again when the BFF confirms it', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    const { session } = await client.ready()
    tab.enterBfcache()
    expect(client.getState()).toEqual({ status: 'restoring', session })
    expect(client.accessToken.get()).toBeNull()
    tab.leaveBfcache()
    await browser.advance(0)
    expect(client.getState()).toEqual({ status: 'signed-in', session })
  })

  it('signs the page out when the session has ended meanwhile', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.enterBfcache()
    bff.endSessions()
    tab.leaveBfcache()
    await browser.advance(0)
    expect(client.getState()).toEqual({ status: 'signed-out', session: null, reason: 'no_session' })
  })

  it('causes no request when a page enters it, also not for a sign-out that is due', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const [first, second] = [openPage(), openPage()]
    await Promise.all([first.client.ready(), second.client.ready()])
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await first.client.signOut()
    await browser.advance(100)
    const before = browser.requests.length
    for (const { tab } of [first, second]) tab.enterBfcache()
    await browser.advance(0)
    expect(browser.requests).toHaveLength(before)
  })
})

describe('subscribing', () => {
  it('sets one timer and one set of listeners for any number of subscribers, and removes them', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const tab = browser.openTab()
    const client = createAuthClient({ platform: tab.platform })
    const mountTwice = [client.subscribe(() => {}), client.accessToken.subscribe(() => {})]
    for (const stop of mountTwice) stop()
    const stops = Array.from({ length: 20 }, () => client.subscribe(() => {}))
    await client.ready()
    expect(browser.timerCount()).toBe(1)
    expect(tab.listenerCount()).toBe(6)
    expect(browser.requests).toEqual(['GET /auth/session'])
    for (const stop of stops) stop()
    for (const stop of stops) stop()
    expect(browser.timerCount()).toBe(0)
    expect(tab.listenerCount()).toBe(0)
    expect(openPage).toBeDefined()
  })

  it('sends no request and sets no listener after dispose()', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    client.dispose()
    expect(browser.timerCount()).toBe(0)
    expect(tab.listenerCount()).toBe(0)
    await browser.advance(2 * hour)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it('lets a listener get a token', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    let token: string | undefined
    client.subscribe(({ status }) => {
      if (status === 'signed-in') void client.getAccessToken().then((value) => (token = value))
    })
    await client.ready()
    await browser.advance(0)
    expect(token).toBe('session-1.token-1')
    expect(bff.grantCount()).toBe(0)
  })

  it('works without storage and channels', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({
      platform: {
        ...browser.openTab().platform,
        BroadcastChannel: throwSecurityError,
        get localStorage(): never {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        },
      },
    })
    client.subscribe(() => {})
    expect((await client.ready()).status).toBe('signed-in')
    await client.signOut()
    expect(client.getState().status).toBe('signed-out')
    expect(browser.requests).toEqual(['GET /auth/session', 'DELETE /auth/session?session_id=session-1'])
  })
})

describe('extend', () => {
  it('sends one request and keeps the session object', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const { session } = await client.ready()
    expect(await client.extend()).toEqual(session)
    expect(client.getState().session).toBe(session)
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /auth/session'])
  })

  it('makes the page expired when the session has ended', async () => {
    const { bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.endSessions()
    await expect(client.extend()).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('expired')
  })
})

describe('proxy mode', () => {
  it('sends X-Latchkey and no token, and asks after a 401 whether the session has ended', async () => {
    const headers: (string | null)[] = []
    const { bff, openPage } = createSetup({
      mode: 'proxy',
      signedInAs: 'cathy',
      api: (request) => {
        headers.push(request.headers.get('x-latchkey'), request.headers.get('authorization'))
        return new Response(null, { status: 401 })
      },
    })
    const { client } = openPage()
    await client.ready()
    expect(client.accessToken.get()).toBeNull()
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(headers).toEqual(['1', null])
    expect(client.getState().status).toBe('signed-in')
    bff.endSessions()
    await client.fetch('/api/items').catch(() => {})
    expect(client.getState().status).toBe('expired')
  })
})
