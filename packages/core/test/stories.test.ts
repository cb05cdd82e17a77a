import { describe, expect, it } from 'vitest'
import type { AuthClient, Platform } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const cathy = { username: 'cathy', password: 'pw' }
const minute = 60_000
const hour = 60 * minute

/** What a sandboxed frame makes of a constructor. */
const forbidden = function () {
  throw new DOMException('The operation is insecure.', 'SecurityError')
} as unknown as Platform['BroadcastChannel']

const statuses = (client: AuthClient<never>): string[] => {
  const seen: string[] = []
  client.subscribe(({ status }) => seen.push(status))
  return seen
}

describe('signing in', () => {
  it('shows the user, hands out the token, and tells the other tabs the name of the session and nothing else', async () => {
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

  it('throws invalid_credentials for a wrong password and leaves the page as it was', async () => {
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

  it('makes one session of a double click: the second attempt replaces the first', async () => {
    const { browser, bff, openPage } = createSetup()
    const { client } = openPage()
    await client.ready()
    bff.intercept((request) =>
      request.method === 'POST' ? browser.wait(100).then(() => undefined as never) : undefined,
    )
    const first = client.signIn(cathy)
    const second = client.signIn(cathy)
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    await browser.advance(100)
    expect((await second).user).toEqual({ username: 'cathy' })
    expect(client.getState().session).toBe(await second)
  })

  it('keeps the page of the same user, and gives another one another subject', async () => {
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

  it('checks the user with the schema of the application', async () => {
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
  it('asks once, and the first authorized answer needs nothing more', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const response = await client.fetch('/api/items')
    expect(response.status).toBe(200)
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /api/items'])
  })

  it('is signed out when there is no session', async () => {
    const { openPage } = createSetup()
    const { client } = openPage()
    expect(client.getState().status).toBe('restoring')
    expect(await client.ready()).toEqual({ status: 'signed-out', session: null, reason: 'no_session' })
  })

  it.each([
    ['is offline', () => Promise.reject(new TypeError('Failed to fetch')), 'network_error'],
    [
      'meets a captive portal',
      () => new Response('<html>Welcome to the hotel', { headers: { 'content-type': 'text/html' } }),
      'invalid_response',
    ],
    ['meets a 502 page', () => new Response('<html>Bad gateway', { status: 502 }), 'temporarily_unavailable'],
    ['meets a 500', () => createErrorResponse(500, 'server_error'), 'server_error'],
    ['meets a 403 page of a firewall', () => new Response('<html>', { status: 403 }), 'invalid_response'],
  ])('stays restoring while it %s, says why, and recovers by itself', async (_, trouble, code) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(trouble)
    const { client } = openPage()
    await browser.advance(20 * minute)
    expect(client.getState()).toMatchObject({ status: 'restoring', session: null, error: { code } })
    // With back-off, twenty minutes of outage are a few dozen requests.
    expect(browser.requests.length).toBeLessThan(60)
    bff.intercept(null)
    await browser.advance(minute)
    expect(client.getState().status).toBe('signed-in')
  })

  it('gives a caller a typed error at once while the restore waits for its next try', async () => {
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
  it('happens a minute before the token expires and changes nothing in the state', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 899 })
    const { client } = openPage()
    const state = await client.ready()
    let tokens = 0
    client.accessToken.subscribe(() => (tokens += 1))
    const seen = statuses(client as AuthClient<never>)
    await browser.advance(838_000)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(2_000)
    expect(bff.grantCount()).toBe(1)
    expect(client.accessToken.get()).toBe('session-1.token-2')
    expect(client.getState()).toBe(state)
    expect(seen).toEqual([])
    expect(tokens).toBe(1)
  })

  it('is one grant for 100 callers and 3 tabs with an expired token', async () => {
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

  it('happens once after eight hours of sleep, before the first request goes out', async () => {
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

  it('does not happen in a hidden tab, and happens when the tab is shown again', async () => {
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

  it('does nothing when a tab with a fresh token is focused', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    const seen = statuses(client as AuthClient<never>)
    for (let focus = 0; focus < 50; focus += 1) tab.show()
    await browser.advance(1000)
    expect(browser.requests).toEqual(['GET /auth/session'])
    expect(seen).toEqual([])
  })

  it('waits for the network when it is away at the moment of the refresh, and the token stays usable meanwhile', async () => {
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

  it('turns the token null at its expiry when the refresh keeps failing, and signs nobody out', async () => {
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

  it('tries a bounded number of times in an outage of ten minutes, and callers add none', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', random: () => 0.99 })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => new Response('<html>', { status: 500 }))
    const before = browser.requests.length
    for (let second = 0; second < 600; second += 1) {
      await client.getAccessToken().catch(() => {})
      await browser.advance(1000)
    }
    expect(browser.requests.length - before).toBeLessThan(25)
    expect(client.getState().status).toBe('signed-in')
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

  it('gives every caller a typed error within ten seconds when it hangs, and the next call starts afresh', async () => {
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
  ])('%s sets no alarm; the token is used until it is rejected', async (_, expiresIn) => {
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

  it('as a string of digits is a number', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: '3600' })
    await openPage().client.ready()
    await browser.advance(hour - minute + 1)
    expect(bff.grantCount()).toBe(1)
  })

  it.each([0, 1, 5])(
    'of %i makes no loop: at most one refresh in ten seconds, and each who asks is served',
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

  it('of 30 seconds refreshes at most once per third of a lifetime', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 30 })
    await openPage().client.ready()
    await browser.advance(10 * minute)
    expect(bff.grantCount()).toBe(30)
  })

  it.each([
    ['30 days', 2_592_000],
    ['1e12', 1e12],
  ])('of %s overflows no timer: nothing in the first day', async (_, expiresIn) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn })
    await openPage().client.ready()
    await browser.advance(24 * hour)
    expect(bff.grantCount()).toBe(0)
    expect(browser.timerCount()).toBe(1)
  })

  it('of 30 days is refreshed a minute before they are over, though no timer is that long', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', expiresIn: 2_592_000 })
    await openPage().client.ready()
    await browser.advance(2_592_000_000 - minute - 1)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(2)
    expect(bff.grantCount()).toBe(1)
  })
})

describe('a clock that the user sets', () => {
  it.each([
    ['an hour fast at sign-in', hour],
    ['five minutes slow', -5 * minute],
  ])('%s changes nothing', async (_, shift) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    browser.shiftWallClock(shift)
    const { client } = openPage()
    await client.ready()
    await browser.advance(10 * minute)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(50 * minute)
    expect(bff.grantCount()).toBe(4)
  })

  it('set back while the page is open makes no token live longer', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    await openPage().client.ready()
    browser.shiftWallClock(-24 * hour)
    await browser.advance(840_001)
    expect(bff.grantCount()).toBe(1)
  })
})

describe('signing out', () => {
  it('is done at once here, in the other tabs, and at the BFF', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const here = openPage()
    const there = openPage()
    await Promise.all([here.client.ready(), there.client.ready()])
    const done = here.client.signOut()
    expect(here.client.getState()).toEqual({ status: 'signed-out', session: null, reason: 'signed_out' })
    expect(here.client.accessToken.get()).toBeNull()
    await done
    await browser.advance(0)
    expect(there.client.getState()).toMatchObject({ status: 'signed-out', reason: 'signed_out_elsewhere' })
    expect(there.client.accessToken.get()).toBeNull()
    expect(browser.requests.filter((line) => line.startsWith('DELETE'))).toEqual([
      'DELETE /auth/session?session_id=session-1',
    ])
    expect(browser.messages).toHaveLength(1)
    expect(browser.storage.size).toBe(0)
  })

  it('during a refresh stays so: the late token is never seen', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept((request) =>
      request.method === 'POST' ? browser.wait(500).then(() => undefined as never) : undefined,
    )
    const caller = client.getAccessToken().catch((error: unknown) => error)
    await client.signOut()
    await browser.advance(1000)
    expect(await caller).toMatchObject({ code: 'login_required', reason: 'signed_out' })
    expect(client.getState().status).toBe('signed-out')
    expect(client.accessToken.get()).toBeNull()
  })

  it('offline is noted, survives a reload, and reaches the BFF when the network is back', async () => {
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
    browser.goOnline()
    await browser.advance(0)
    expect(browser.storage.size).toBe(0)
    const later = openPage()
    expect((await later.client.ready()).status).toBe('signed-out')
    expect(bff.signInCount()).toBe(1)
  })

  it('that is still noted does not end the session of who signs in next', async () => {
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

  it('that another tab carries on with late does not end the session of who has signed in since', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await client.signOut()
    await browser.advance(0)
    await client.signIn({ username: 'bob', password: 'x' })
    // A note that a tab which sleeps writes back after the sign-in.
    browser.storage.set('latchkey:/auth', '?session_id=session-1')
    openPage()
    await browser.advance(minute)
    expect(browser.storage.size).toBe(0)
    expect((await openPage().client.ready()).session).toMatchObject({ user: { username: 'bob' } })
  })

  it('aborts the requests of the session', async () => {
    const { client } = await (async () => {
      const stage = createSetup({ signedInAs: 'cathy', api: () => new Promise<never>(() => {}) })
      const page = stage.openPage()
      await page.client.ready()
      return page
    })()
    const request = client.fetch('/api/items').catch((error: unknown) => error)
    await client.signOut()
    expect(await request).toMatchObject({ code: 'login_required', reason: 'signed_out' })
  })

  it('everywhere says so to the BFF, after a reload too', async () => {
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
    expect(browser.requests.at(-1)).toBe('DELETE /auth/session?session_id=session-1&everywhere')
  })
})

describe('another user', () => {
  it("who signs in while a refresh of the first is under way never gets the first one's token", async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept((request) =>
      request.url.endsWith('/token') ? browser.wait(500).then(() => undefined as never) : undefined,
    )
    const callerOfCathy = client.getAccessToken().catch((error: unknown) => error)
    await client.signIn({ username: 'bob', password: 'x' })
    const tokenOfBob = await client.getAccessToken()
    await browser.advance(1000)
    expect(tokenOfBob).toBe('session-2.token-1')
    expect(client.accessToken.get()).toBe('session-2.token-1')
    expect(await callerOfCathy).toMatchObject({ code: 'login_required', reason: 'session_changed' })
  })

  it('who signs in in another tab takes this tab over, which shows nothing of the first meanwhile', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const here = openPage()
    const there = openPage()
    await Promise.all([here.client.ready(), there.client.ready()])
    const seen = statuses(here.client as AuthClient<never>)
    await there.client.signIn({ username: 'bob', password: 'x' })
    await browser.advance(0)
    expect(seen).toEqual(['restoring', 'signed-in'])
    expect(here.client.getState()).toMatchObject({
      status: 'signed-in',
      session: { user: { username: 'bob' } },
    })
    expect(here.client.accessToken.get()).toBe('session-2.token-1')
  })

  it('is noticed at the next refresh where tabs cannot talk to each other', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const silent = browser.openTab()
    const here = createAuthClient({ platform: { ...silent.platform, BroadcastChannel: forbidden } })
    here.subscribe(() => {})
    const there = openPage()
    await Promise.all([here.ready(), there.client.ready()])
    await there.client.signIn({ username: 'bob', password: 'x' })
    await browser.advance(840_001)
    expect(here.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(bff.grantCount()).toBe(1)
  })
})

describe('a session that ends by itself', () => {
  it.each(['idle', 'absolute', 'refresh_rejected', 'no_refresh', 'refresh_lost', 'no_session'] as const)(
    '(%s) expires the page and keeps its user',
    async (reason) => {
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
    },
  )

  it('goes on where it stopped when the same user signs in again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const before = client.getState().session?.subject
    bff.endSessions('idle')
    await browser.advance(901_000)
    await client.signIn(cathy)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { subject: before } })
  })

  it('holds requests until the same user is back, when asked to', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage({ onExpired: 'hold' })
    await client.ready()
    bff.endSessions('idle')
    await browser.advance(901_000)
    const held = client.fetch('/api/items')
    await browser.advance(minute)
    await client.signIn(cathy)
    expect((await held).status).toBe(200)
  })

  it('never lets a held request of one user out with the token of another', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage({ onExpired: 'hold' })
    await client.ready()
    bff.endSessions('idle')
    await browser.advance(901_000)
    const held = client.fetch('/api/items').catch((error: unknown) => error)
    await client.signIn({ username: 'bob', password: 'x' })
    expect(await held).toMatchObject({ code: 'login_required', reason: 'session_changed' })
  })
})

describe('the back-forward cache', () => {
  it("puts the session out of sight before the page is frozen, and back when it is still that user's", async () => {
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

  it('shows nothing after a sign-out meanwhile', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.enterBfcache()
    bff.endSessions()
    tab.leaveBfcache()
    await browser.advance(0)
    expect(client.getState()).toEqual({ status: 'signed-out', session: null, reason: 'no_session' })
  })
})

describe('watching', () => {
  it('sets one alarm and one set of listeners for any number of subscribers, and leaves none', async () => {
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

  it('hears of no more after dispose, and asks for nothing', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    client.dispose()
    expect(browser.timerCount()).toBe(0)
    expect(tab.listenerCount()).toBe(0)
    await browser.advance(2 * hour)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })

  it('lets a listener ask for a token and sign out', async () => {
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

  it('works in one tab where storage and channels are forbidden', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({
      platform: {
        ...browser.openTab().platform,
        BroadcastChannel: forbidden,
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

describe('extending', () => {
  it('asks the BFF once and keeps the session object', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const { session } = await client.ready()
    expect(await client.extend()).toEqual(session)
    expect(client.getState().session).toBe(session)
    expect(browser.requests).toEqual(['GET /auth/session', 'GET /auth/session'])
  })

  it('of a session that is gone expires the page', async () => {
    const { bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.endSessions()
    await expect(client.extend()).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('expired')
  })
})

describe('proxy mode', () => {
  it('sends the header and no token, and learns from a 401 that the session is over', async () => {
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
