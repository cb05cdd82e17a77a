import type { AuthClient } from '@latchkey/core'
import { cathy, demoClient, noor } from '@latchkey/sandbox'
import { describe, expect, it } from 'vitest'
import { createFullStack } from './full-stack.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const credentialsOf = ({ username, password }: typeof cathy) => ({ username, password })

const fundList = `/api/1.0/b/OAUTH_TEST/fund-data/fund-list`
const funds = (client: AuthClient): Promise<Response> =>
  client.fetch(fundList, { headers: { accept: 'application/json' } })

describe('Axosoft', () => {
  it('signs in with everything in the query of a GET, shows its user, and answers with data', async () => {
    const { openPage, sandbox } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    const session = await client.signIn(credentialsOf(cathy))
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

  it('sends a password with +&=% é 😀 and spaces around it as it was typed', async () => {
    const { openPage } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    expect((await client.signIn(credentialsOf(noor))).user).toMatchObject({ first_name: 'Noor' })
  })

  it('says the same of a wrong password and of an unknown user', async () => {
    const { openPage, answers } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    const refusals: string[] = []
    for (const credentials of [
      { username: 'cathy', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
    ]) {
      await expect(client.signIn(credentials)).rejects.toMatchObject({ code: 'invalid_credentials' })
      refusals.push(answers.at(-1) ?? '')
    }
    expect(refusals[0]).toBe(refusals[1])
  })

  it('keeps its token for thirty days without a loop, and then asks to sign in again in place', async () => {
    const { openPage, browser, grants } = createFullStack('axosoft', {
      bff: { session: { idle: 60 * 86_400, absolute: 60 * 86_400 } },
    })
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
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

  it('asks to sign in again when the API no longer knows a token that nothing can refresh', async () => {
    const { openPage, browser, sandbox } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    await browser.advance(hour)
    sandbox.revokeAll()
    await expect(client.fetch('/api/v6/items')).rejects.toMatchObject({
      code: 'login_required',
      reason: 'no_refresh',
    })
    expect(client.getState().status).toBe('expired')
    await client.signIn(credentialsOf(cathy))
    expect((await client.fetch('/api/v6/items')).status).toBe(200)
  })
})

describe('Class', () => {
  it.each(['number', 'string'] as const)(
    'refreshes a token of 899 seconds (as a %s) in time, all day long',
    async (expiresIn) => {
      const { openPage, browser, grants } = createFullStack('class', { sandbox: { class: { expiresIn } } })
      const { client } = openPage()
      await client.ready()
      await client.signIn(credentialsOf(cathy))
      for (let hours = 0; hours < 8; hours += 1) {
        await browser.advance(hour)
        expect((await funds(client)).status).toBe(200)
      }
      // 8 hours in steps of 839 seconds, and no 401 that had to be mended.
      expect(grants('refresh_token')).toBe(34)
      expect(client.getState().status).toBe('signed-in')
    },
  )

  it('makes one grant for 100 callers in each of 3 tabs whose tokens have expired, and nobody is signed out', async () => {
    const { openPage, browser, grants } = createFullStack('class')
    const pages = [openPage(), openPage(), openPage()]
    await Promise.all(pages.map(({ client }) => client.ready()))
    await pages[0]!.client.signIn(credentialsOf(cathy))
    await browser.advance(0)
    await browser.sleep(hour)
    const responses = await Promise.all(
      pages.flatMap(({ client }) => Array.from({ length: 100 }, () => funds(client))),
    )
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(grants('refresh_token')).toBe(1)
  })

  it('makes one grant of 200 requests that the API rejects at once', async () => {
    const { openPage, browser, sandbox, grants } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    await browser.advance(minute)
    sandbox.expireAccessTokens()
    const responses = await Promise.all(Array.from({ length: 200 }, () => funds(client)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(grants('refresh_token')).toBe(1)
  })

  it('refreshes once after eight hours of sleep, and goes on', async () => {
    const { openPage, browser, grants } = createFullStack('class')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    tab.hide()
    await browser.sleep(8 * hour)
    tab.show()
    expect((await funds(client)).status).toBe(200)
    expect(grants('refresh_token')).toBe(1)
  })

  it('ends the session when the refresh token is refused, with its reason, and the user goes on after signing in', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    sandbox.revokeAll()
    await browser.advance(15 * minute)
    expect(client.getState()).toMatchObject({ status: 'expired', reason: 'refresh_rejected' })
    await client.signIn(credentialsOf(cathy))
    expect((await funds(client)).status).toBe(200)
  })

  it('with a scope that is too small for the API hands the 401 on, after one more try', async () => {
    const { openPage, browser, grants } = createFullStack('class', {
      sandbox: { class: { grantScope: (scope) => scope.filter((value) => value !== 'fund.read') } },
    })
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    await browser.advance(minute)
    expect((await funds(client)).status).toBe(401)
    expect(grants('refresh_token')).toBeLessThanOrEqual(1)
    expect(client.getState()).toMatchObject({ status: 'signed-in' })
  })
})

describe('an outage of the authorization server', () => {
  it.each([
    ['answers 503', { kind: 'status', status: 503 }],
    ['answers 500', { kind: 'status', status: 500 }],
    ['answers 429', { kind: 'status', status: 429, retryAfter: 30 }],
    ['shows a page', { kind: 'html' }],
    ['cuts the connection before the body', { kind: 'disconnect', when: 'before' }],
  ] as const)(
    'that %s for twenty minutes signs nobody out, and is asked a bounded number of times',
    async (_, fault) => {
      const { openPage, browser, sandbox } = createFullStack('class')
      const { client } = openPage()
      await client.ready()
      await client.signIn(credentialsOf(cathy))
      await browser.advance(13 * minute)
      sandbox.requests.clear()
      sandbox.faults.add({ ...fault, on: 'token', times: Infinity })
      await browser.advance(minute + 30_000)
      // The token that is still good stays in use.
      expect((await funds(client)).status).toBe(200)
      await browser.advance(18 * minute)
      expect(client.getState().status).toBe('signed-in')
      expect(sandbox.requests.count({ kind: 'token' })).toBeLessThan(60)
      await expect(client.getAccessToken()).rejects.toMatchObject({ retryable: true })
      sandbox.faults.clear()
      await browser.advance(2 * minute)
      expect((await funds(client)).status).toBe(200)
    },
  )

  it.each([
    ['cuts the connection after it', { kind: 'disconnect', when: 'after' }],
    ['cuts the answer in the middle', { kind: 'malformed' }],
  ] as const)('that spends the refresh token and %s ends with a reason of its own', async (_, fault) => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    sandbox.faults.add({ ...fault, on: 'token', times: 1 })
    await browser.advance(16 * minute)
    expect(client.getState()).toMatchObject({ status: 'expired', reason: 'refresh_lost' })
  })

  it('at a page load shows the session and hands out a token when it is over', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const first = openPage()
    await first.client.ready()
    await first.client.signIn(credentialsOf(cathy))
    first.tab.close()
    await browser.sleep(hour)
    sandbox.faults.add({ kind: 'status', status: 503, on: 'token', times: 1 })
    const { client } = openPage()
    expect((await client.ready()).status).toBe('signed-in')
    await browser.advance(minute)
    expect((await funds(client)).status).toBe(200)
  })
})

describe('signing out', () => {
  it('during a refresh stays so, here, at the BFF and after a reload', async () => {
    const { openPage, browser, sandbox } = createFullStack('class')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    await browser.sleep(hour)
    sandbox.faults.add({ kind: 'hang', on: 'token', times: 1, when: 'after' })
    const caller = funds(client).catch((error: unknown) => error)
    await browser.advance(100)
    await client.signOut()
    sandbox.faults.release()
    expect(await caller).toMatchObject({ code: 'login_required', reason: 'signed_out' })
    await browser.advance(minute)
    expect(client.accessToken.get()).toBeNull()
    tab.close()
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('offline reaches the BFF when the network is back, and a reload meanwhile shows nobody', async () => {
    const { openPage, browser } = createFullStack('axosoft')
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    browser.goOffline()
    await client.signOut()
    await browser.advance(minute)
    tab.close()
    const reloaded = openPage()
    expect((await reloaded.client.ready()).status).toBe('signed-out')
    browser.goOnline()
    await browser.advance(0)
    expect(browser.storage.size).toBe(0)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('everywhere ends the sessions of this user in other browsers, and of nobody else', async () => {
    const { openPage, browser } = createFullStack('axosoft')
    const { client } = openPage()
    await client.ready()
    await client.signIn(credentialsOf(cathy))
    await client.signOut({ everywhere: true })
    await browser.advance(0)
    expect(browser.requests.at(-1)).toMatch(/^DELETE \/auth\/session\?session_id=[\w-]+&everywhere$/)
  })
})

describe('secrets', () => {
  it('are seen by nobody who should not see them, whatever goes wrong', async () => {
    const users = [{ ...cathy, password: 'canary-password' }]
    const { openPage, browser, sandbox, log, answers } = createFullStack('class', { sandbox: { users } })
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
    const seen = [
      ...log,
      ...answers,
      ...browser.requests,
      ...[...browser.storage].flat(),
      ...errors.map(
        (error) =>
          `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ''} ${String((error as Error).cause)}`,
      ),
      JSON.stringify(browser.messages),
    ].join('\n')
    expect(errors.length).toBeGreaterThan(5)
    // Access tokens pass through the answers, which shows that this looks in the right place.
    expect(seen).toContain('access_token')
    for (const canary of ['canary-password', demoClient.clientSecret, 'refresh_token'])
      expect(seen).not.toContain(canary)
  })
})
