import { describe, expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const minute = 60_000
const hour = 60 * minute

describe('a subscriber that throws', () => {
  it('keeps no other from being told, and no sign-out from reaching the BFF; its error is reported', async () => {
    const reported: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => reported.push(reason))
    try {
      const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
      const tab = browser.openTab()
      const client = createAuthClient({ platform: tab.platform })
      const seen: string[] = []
      client.subscribe(() => {
        throw new Error('mine')
      })
      client.subscribe(({ status }) => seen.push(status))
      await client.ready()
      await client.signOut()
      await browser.advance(0)
      expect(seen).toEqual(['signed-in', 'signed-out'])
      expect(browser.requests.at(-1)).toBe('DELETE /auth/session?session_id=session-1')
      expect((await openPage().client.ready()).status).toBe('signed-out')
      expect(reported).toEqual([new Error('mine'), new Error('mine')])
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  })
})

describe('a subscriber', () => {
  it('may stop itself and start another one while it is told', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const client = createAuthClient({ platform })
    const seen: string[] = []
    const stop = client.subscribe(({ status }) => {
      seen.push(`first ${status}`)
      client.subscribe((state) => seen.push(`second ${state.status}`))
      stop()
    })
    await client.ready()
    await client.signOut()
    expect(seen).toEqual(['first signed-in', 'second signed-out'])
  })

  it('may sign out in the middle of being told, and everyone hears the last word last', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    const seen: string[] = []
    client.subscribe(({ status }) => void (status === 'signed-in' && client.signOut()))
    client.subscribe(({ status }) => seen.push(status))
    await client.ready()
    expect(seen.at(-1)).toBe('signed-out')
  })
})

describe('with nobody subscribed', () => {
  it('a restore that failed is tried again for the next caller, when the time for it has come', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    bff.intercept(null)
    await browser.advance(minute)
    expect(await client.getAccessToken()).toBe('session-1.token-1')
    expect(browser.requests).toHaveLength(2)
  })

  it('a caller who waits learns of a sign-out that another tab has noted', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(({ method }) =>
      method === 'DELETE' ? createErrorResponse(503, 'temporarily_unavailable') : undefined,
    )
    browser.storage.set('latchkey:/auth', '')
    await expect(client.getAccessToken()).rejects.toMatchObject({
      code: 'login_required',
      reason: 'signed_out',
    })
  })

  it('a caller who gives up leaves no listener and no alarm behind', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const tab = browser.openTab()
    const client = createAuthClient({ platform: tab.platform })
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => new Promise<never>(() => {}))
    const impatient = new AbortController()
    const caller = client.getAccessToken({ signal: impatient.signal }).catch((error: unknown) => error)
    await browser.advance(0)
    impatient.abort(new Error('I go'))
    expect(await caller).toMatchObject({ message: 'I go' })
    await browser.advance(0)
    expect(tab.listenerCount()).toBe(0)
    expect(browser.timerCount()).toBe(0)
  })

  it('thousands of calls leave nothing behind', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const tab = browser.openTab()
    const client = createAuthClient({ platform: tab.platform })
    const { signal } = new AbortController()
    for (let call = 0; call < 2000; call += 1) await client.getAccessToken({ signal })
    expect(tab.listenerCount()).toBe(0)
    expect(browser.timerCount()).toBe(0)
  })
})

describe('dispose', () => {
  it('lets nobody wait: who asks afterwards, and who was waiting, is refused', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => new Promise<never>(() => {}))
    const waiting = client.getAccessToken().catch((error: unknown) => error)
    await browser.advance(0)
    const before = browser.requests.length
    client.dispose()
    await browser.advance(10_000)
    expect(await waiting).toMatchObject({ code: 'login_required' })
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.accessToken.get()).toBeNull()
    expect(browser.requests.length).toBe(before)
  })
})

describe('an answer that comes after the machine has slept', () => {
  it('is followed by a fresh token without anybody asking', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(({ method }) =>
      method === 'GET' ? browser.wait(500).then(() => undefined as never) : undefined,
    )
    const { client, tab } = openPage()
    await browser.advance(100)
    await browser.sleep(2 * hour)
    tab.show()
    await browser.advance(2_000)
    expect(client.getState().status).toBe('signed-in')
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('as a time limit that has passed meanwhile is no lost session', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    bff.intercept(() => new Promise<never>(() => {}))
    await browser.sleep(2 * hour)
    tab.show()
    await browser.advance(9_500)
    bff.intercept(null)
    expect(client.getState().status).toBe('signed-in')
    await browser.advance(2_000)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })
})

describe('a session that comes without a token, as in an outage of the authorization server', () => {
  it('is shown, and its token follows without anybody asking', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(async (request) => {
      if (request.method === 'POST') return createErrorResponse(503, 'temporarily_unavailable')
      bff.intercept(({ method }) =>
        method === 'POST' ? createErrorResponse(503, 'temporarily_unavailable') : undefined,
      )
      const { token: _token, ...body } = (await (await bff.fetch(request)).json()) as { token: unknown }
      return Response.json(body)
    })
    const { client } = openPage()
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'cathy' } } })
    expect(client.accessToken.get()).toBeNull()
    bff.intercept(null)
    await browser.advance(5_000)
    expect(client.accessToken.get()).toBe('session-1.token-1')
  })
})

describe('a page that wakes before its network does', () => {
  it('keeps trying and keeps the session, and has a token when the network is there', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.hide()
    browser.goOffline()
    await browser.sleep(8 * hour)
    tab.show()
    await browser.advance(10_000)
    expect(client.getState().status).toBe('signed-in')
    browser.goOnline()
    await browser.advance(0)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })
})

describe('a request in the middle of a refresh', () => {
  it('made by who hears that the token is gone and of the next one, is served: nobody waits for himself', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const answers: number[] = []
    client.accessToken.subscribe(() => {
      void client.fetch('/api/items').then(({ status }) => answers.push(status))
    })
    await browser.sleep(2 * hour)
    void client.fetch('/api/items').then(({ status }) => answers.push(status))
    await browser.advance(1_000)
    expect(answers).toEqual([200, 200, 200])
  })
})

describe('an answer that the BFF did not write', () => {
  it('is in no error, whatever it holds', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => Response.json({ access_token: 'canary-token', refresh_token: 'canary-refresh' }))
    await browser.sleep(2 * hour)
    const error: unknown = await client.getAccessToken().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'invalid_response' })
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('canary')
    expect((error as Error).cause).toBeUndefined()
  })

  it.each([
    ['an empty 204', () => new Response(null, { status: 204 })],
    ['JSON of another kind', () => Response.json({})],
    ['a 408', () => new Response('late', { status: 408 })],
    ['a redirect that was followed to a page', () => new Response('<html>', { status: 200 })],
    ['a 401 without a body', () => new Response(null, { status: 401 })],
    ['a 400', () => createErrorResponse(400, 'invalid_request')],
    ['a 500 about the configuration', () => createErrorResponse(500, 'server_error')],
  ])('(%s) ends no session', async (_, answer) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(answer)
    await browser.advance(20 * minute)
    expect(client.getState().status).toBe('signed-in')
    await expect(client.getAccessToken()).rejects.not.toMatchObject({ code: 'login_required' })
    bff.intercept(null)
    await browser.advance(2 * minute)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('erases no note of a sign-out', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => new Response('<html>Welcome to the hotel'))
    await client.signOut()
    await browser.advance(1_000)
    expect(browser.storage.size).toBe(1)
  })
})

describe('a schema of the application that throws', () => {
  it('is an answer that is not understood: a typed error, and nobody is signed out', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const broken = () => {
      throw new TypeError('no such thing')
    }
    const { client } = openPage({ user: { '~standard': { version: 1, vendor: 'test', validate: broken } } })
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'restoring', error: { code: 'invalid_response' } })
    await expect(client.getAccessToken()).rejects.toMatchObject({ name: 'AuthError' })
    await expect(client.signIn({ username: 'cathy', password: 'x' })).rejects.toMatchObject({
      code: 'invalid_response',
    })
  })
})
