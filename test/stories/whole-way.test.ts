import type { AuthClient } from '@latchkey/core'
import { cathy, demoClient, noor } from '@latchkey/sandbox'
import { describe, expect, it } from 'vitest'
import { createFullStack } from './full-stack.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const getCredentials = ({ username, password }: typeof cathy) => ({ username, password })

const fundListPath = `/api/1.0/b/OAUTH_TEST/fund-data/fund-list`
const fetchFunds = (client: AuthClient): Promise<Response> =>
  client.fetch(fundListPath, { headers: { accept: 'application/json' } })

describe('Axosoft', () => {
  it('signs in with a GET whose query contains the credentials, and returns the user and data', async () => {
    const { openPage, sandbox } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    const session = await client.signIn(getCredentials(cathy))
    expect(session.user).toEqual({
      id: 7,
      first_name: 'Cathy',
      last_name: "O'Reilly (Dev)",
      email: 'Cathy.Oreilly@mycompany.com',
    })
    expect((await client.fetch('/api/v6/items')).status).toBe(200)
    expect(sandbox.requests.all({ kind: 'token' }).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /axosoft/api/oauth2/token',
    ])
  })

  it('sends a password with +&=% é 😀 and spaces around it unchanged', async () => {
    const { openPage } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    expect((await client.signIn(getCredentials(noor))).user).toMatchObject({ first_name: 'Noor' })
  })

  it('responds to a wrong password and to an unknown user in the same way', async () => {
    const { openPage, responses } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    const rejections: string[] = []
    for (const credentials of [
      { username: 'cathy', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
    ]) {
      await expect(client.signIn(credentials)).rejects.toMatchObject({ code: 'invalid_credentials' })
      // Each request has an id of its own.
      rejections.push((responses.at(-1) ?? '').replace(/"x-request-id":"[^"]*"/, ''))
    }
    expect(rejections[0]).toBe(rejections[1])
  })

  it('keeps its token for thirty days without a refresh, then keeps the user and asks for a new sign-in', async () => {
    const {
      openPage,
      browser,
      countGrants: grants,
    } = createFullStack('axosoft', {
      bff: { session: { idle: 60 * 86_400, absolute: 60 * 86_400 } },
    })
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await browser.advance(29 * day)
    expect((await client.fetch('/api/v6/items')).status).toBe(200)
    expect(browser.requests.filter((line) => line === 'POST /auth/token')).toHaveLength(0)
    await browser.advance(1.1 * day)
    expect(client.getState()).toMatchObject({
      status: 'expired',
      reason: 'no_refresh',
      session: { user: { first_name: 'Cathy' } },
    })
    expect(grants('password')).toBe(1)
  })

  it('asks for a new sign-in when the API rejects a token without a refresh token', async () => {
    const { openPage, browser, sandbox } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await browser.advance(hour)
    sandbox.revokeAll()
    await expect(client.fetch('/api/v6/items')).rejects.toMatchObject({
      code: 'login_required',
      reason: 'no_refresh',
    })
    expect(client.getState().status).toBe('expired')
    await client.signIn(getCredentials(cathy))
    expect((await client.fetch('/api/v6/items')).status).toBe(200)
  })
})

describe('Class', () => {
  it.each(['number', 'string'] as const)(
    'refreshes a token of 899 seconds (as a %s) before it expires, for eight hours',
    async (expiresIn) => {
      const {
        openPage,
        browser,
        countGrants: grants,
      } = createFullStack('class', { sandbox: { class: { expiresIn } } })
      const { client } = openPage()
      await client.ready()
      await client.signIn(getCredentials(cathy))
      for (let hours = 0; hours < 8; hours += 1) {
        await browser.advance(hour)
        expect((await fetchFunds(client)).status).toBe(200)
      }
      // Eight hours in steps of 839 seconds: no refresh followed a 401.
      expect(grants('refresh_token')).toBe(34)
      expect(client.getState().status).toBe('signed-in')
    },
  )

  it('makes one grant for 100 callers in each of 3 tabs whose tokens have expired, and nobody is signed out', async () => {
    const { openPage, browser, countGrants: grants } = createFullStack('class')
    const pages = [openPage(), openPage(), openPage()]
    await Promise.all(pages.map(({ client }) => client.ready()))
    await pages[0]!.client.signIn(getCredentials(cathy))
    await browser.advance(0)
    await browser.sleep(hour)
    const responses = await Promise.all(
      pages.flatMap(({ client }) => Array.from({ length: 100 }, () => fetchFunds(client))),
    )
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(grants('refresh_token')).toBe(1)
  })

  it('makes one grant for 200 requests that the API rejects at the same time', async () => {
    const { openPage, browser, sandbox, countGrants: grants } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await browser.advance(minute)
    sandbox.expireAccessTokens()
    const responses = await Promise.all(Array.from({ length: 200 }, () => fetchFunds(client)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(grants('refresh_token')).toBe(1)
  })

  it('refreshes once after eight hours of sleep, and keeps the session', async () => {
    const { openPage, browser, countGrants: grants } = createFullStack('class')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    tab.hide()
    await browser.sleep(8 * hour)
    tab.show()
    expect((await fetchFunds(client)).status).toBe(200)
    expect(grants('refresh_token')).toBe(1)
  })

  it('ends the session with a reason when the refresh token is rejected, and continues after a new sign-in', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    sandbox.revokeAll()
    await browser.advance(15 * minute)
    expect(client.getState()).toMatchObject({ status: 'expired', reason: 'refresh_rejected' })
    await client.signIn(getCredentials(cathy))
    expect((await fetchFunds(client)).status).toBe(200)
  })

  it('returns the 401 of an API that needs more scope, after one retry', async () => {
    const {
      openPage,
      browser,
      countGrants: grants,
    } = createFullStack('class', {
      sandbox: { class: { grantScope: (scope) => scope.filter((value) => value !== 'fund.read') } },
    })
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await browser.advance(minute)
    expect((await fetchFunds(client)).status).toBe(401)
    expect(grants('refresh_token')).toBeLessThanOrEqual(1)
    expect(client.getState()).toMatchObject({ status: 'signed-in' })
  })
})

describe('an outage of the authorization server', () => {
  it.each([
    ['503', { kind: 'status', status: 503 }],
    ['500', { kind: 'status', status: 500 }],
    ['429', { kind: 'status', status: 429, retryAfter: 30 }],
    ['an HTML page', { kind: 'html' }],
    ['a closed connection', { kind: 'disconnect', when: 'before' }],
  ] as const)(
    'with %s for twenty minutes signs nobody out, and causes a bounded number of requests',
    async (_, fault) => {
      const { openPage, browser, sandbox } = createFullStack('class')
      const { client } = openPage()
      await client.ready()
      await client.signIn(getCredentials(cathy))
      await browser.advance(13 * minute)
      sandbox.requests.clear()
      sandbox.faults.add({ ...fault, on: 'token', times: Infinity })
      await browser.advance(minute + 30_000)
      // The token has not expired, so it is still used.
      expect((await fetchFunds(client)).status).toBe(200)
      await browser.advance(18 * minute)
      expect(client.getState().status).toBe('signed-in')
      expect(sandbox.requests.count({ kind: 'token' })).toBeLessThan(60)
      await expect(client.getAccessToken()).rejects.toMatchObject({ retryable: true })
      sandbox.faults.clear()
      await browser.advance(2 * minute)
      expect((await fetchFunds(client)).status).toBe(200)
    },
  )

  it.each([
    ['closes the connection', { kind: 'disconnect', when: 'after' }],
    ['truncates the response', { kind: 'malformed' }],
  ] as const)('that uses up the refresh token and %s ends the session as refresh_lost', async (_, fault) => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    sandbox.faults.add({ ...fault, on: 'token', times: 1 })
    await browser.advance(16 * minute)
    expect(client.getState()).toMatchObject({ status: 'expired', reason: 'refresh_lost' })
  })

  it('during a page load keeps the session, which gets a token after the outage', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const first = openPage()
    await first.client.ready()
    await first.client.signIn(getCredentials(cathy))
    first.tab.close()
    await browser.sleep(hour)
    sandbox.faults.add({ kind: 'status', status: 503, on: 'token', times: 1 })
    const { client } = openPage()
    expect((await client.ready()).status).toBe('signed-in')
    await browser.advance(minute)
    expect((await fetchFunds(client)).status).toBe(200)
  })
})

describe('a sign-out', () => {
  it('during a refresh ends the session in the page, at the BFF and after a reload', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await browser.sleep(hour)
    sandbox.faults.add({ kind: 'hang', on: 'token', times: 1, when: 'after' })
    const pendingFetch = fetchFunds(client).catch((error: unknown) => error)
    await browser.advance(100)
    await client.signOut()
    sandbox.faults.release()
    expect(await pendingFetch).toMatchObject({ code: 'login_required', reason: 'signed_out' })
    await browser.advance(minute)
    expect(client.accessToken.get()).toBeNull()
    tab.close()
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('while offline reaches the BFF when the network returns, and a reload in between stays signed out', async () => {
    const { openPage, browser } = createFullStack('axosoft')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    browser.goOffline()
    await client.signOut()
    await browser.advance(minute)
    tab.close()
    const reloaded = openPage()
    expect((await reloaded.client.ready()).status).toBe('signed-out')
    await browser.advance(0)
    browser.goOnline()
    await browser.advance(0)
    expect(browser.storage.size).toBe(0)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('everywhere sends one request that ends all sessions of the user', async () => {
    const { openPage, browser } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    await client.signIn(getCredentials(cathy))
    await client.signOut({ everywhere: true })
    await browser.advance(0)
    expect(browser.requests.at(-1)).toMatch(/^DELETE \/auth\/session\?session_id=[\w-]+&everywhere$/)
  })
})

describe('secrets', () => {
  it('reach no log, response, error, storage or other tab when token requests fail', async () => {
    const users = [{ ...cathy, password: 'canary-password' }]
    const { openPage, browser, sandbox, log, responses } = createFullStack('class', { sandbox: { users } })
    const { client } = openPage()
    const errors: unknown[] = []
    client.subscribe((state) => errors.push(state))
    await client.ready()
    const credentials = { username: 'cathy', password: 'canary-password' }
    const faults = [
      { kind: 'html' },
      { kind: 'malformed' },
      { kind: 'disconnect' },
      { kind: 'status', status: 500 },
      { kind: 'redirect' },
    ] as const
    for (const fault of faults) {
      sandbox.faults.add({ ...fault, on: 'token', times: 1 })
      await client.signIn(credentials).catch((error: unknown) => errors.push(error))
    }
    await client.signIn(credentials)
    await browser.advance(hour)
    await client.signOut()
    await browser.advance(minute)
    const outputs = [
      ...log,
      ...responses,
      ...browser.requests,
      ...[...browser.storage].flat(),
      ...errors.map(
        (error) =>
          `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ''} ${String((error as Error).cause)}`,
      ),
      JSON.stringify(browser.messages),
    ].join('\n')
    expect(errors.length).toBeGreaterThan(5)
    // Responses contain access tokens, which shows that the test looks in the right place.
    expect(outputs).toContain('access_token')
    for (const canary of ['canary-password', demoClient.clientSecret, 'refresh_token'])
      expect(outputs).not.toContain(canary)
  })
})
