import { describe, expect, it } from 'vitest'
import { AuthError, createAuthClient, findAuthError } from '../src/index.ts'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const minute = 60_000
const hour = 60 * minute

describe('a listener that throws', () => {
  it('stops neither the other listeners nor the sign-out request; its error is reported', async () => {
    const reportedErrors: unknown[] = []
    const processListeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => reportedErrors.push(reason))
    try {
      const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
      const tab = browser.openTab()
      const client = createAuthClient({ platform: tab.platform })
      const seen: string[] = []
      client.subscribe(() => {
        throw new Error('from a listener')
      })
      client.subscribe(({ status }) => seen.push(status))
      await client.ready()
      await client.signOut()
      await browser.advance(0)
      expect(seen).toEqual(['signed-in', 'signed-out'])
      expect(browser.requests.at(-1)).toBe('DELETE /auth/session?session_id=session-1')
      expect((await openPage().client.ready()).status).toBe('signed-out')
      expect(reportedErrors).toEqual([new Error('from a listener'), new Error('from a listener')])
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of processListeners) process.on('unhandledRejection', listener)
    }
  })
})

describe('a listener', () => {
  it('may unsubscribe and subscribe another listener while it is called', async () => {
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

  it('may sign out while it is called, and every listener gets the final state last', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    const seen: string[] = []
    client.subscribe(({ status }) => void (status === 'signed-in' && client.signOut()))
    client.subscribe(({ status }) => seen.push(status))
    await client.ready()
    expect(seen.at(-1)).toBe('signed-out')
  })
})

describe('without a subscriber', () => {
  it('the next caller repeats a failed restore when the next attempt is due', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    bff.intercept(null)
    await browser.advance(minute)
    expect(await client.getAccessToken()).toBe('session-1.token-1')
    expect(browser.requests).toHaveLength(2)
  })

  it('a waiting caller rejects when another tab has stored a sign-out', async () => {
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

  it('an aborted call leaves no listener and no timer', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const tab = browser.openTab()
    const client = createAuthClient({ platform: tab.platform })
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => new Promise<never>(() => {}))
    const controller = new AbortController()
    const caller = client.getAccessToken({ signal: controller.signal }).catch((error: unknown) => error)
    await browser.advance(0)
    controller.abort(new Error('cancelled'))
    expect(await caller).toMatchObject({ message: 'cancelled' })
    await browser.advance(0)
    expect(tab.listenerCount()).toBe(0)
    expect(browser.timerCount()).toBe(0)
  })

  it('thousands of calls leave no listener and no timer', async () => {
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
  it('rejects waiting callers and later calls with login_required', async () => {
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

describe('after the machine has slept', () => {
  it('the client refreshes a token whose response arrived late', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(async ({ method }) => {
      if (method === 'GET') await browser.wait(500)
    })
    const { client, tab } = openPage()
    await browser.advance(100)
    await browser.sleep(2 * hour)
    tab.show()
    await browser.advance(2_000)
    expect(client.getState().status).toBe('signed-in')
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('a request that timed out meanwhile does not end the session', async () => {
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

describe('a session without a token, as during an outage of the authorization server', () => {
  it('is shown, and the client fetches its token', async () => {
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

describe('a page that wakes up before its network', () => {
  it('keeps the session and retries, and gets a token when the network is back', async () => {
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

describe('a request during a refresh', () => {
  it('succeeds when a token listener sends it', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const statuses: number[] = []
    client.accessToken.subscribe(() => {
      void client.fetch('/api/items').then(({ status }) => statuses.push(status))
    })
    await browser.sleep(2 * hour)
    void client.fetch('/api/items').then(({ status }) => statuses.push(status))
    await browser.advance(1_000)
    expect(statuses).toEqual([200, 200, 200])
  })
})

describe('a response that the BFF did not write', () => {
  it('appears in no error', async () => {
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
    ['JSON with another shape', () => Response.json({})],
    ['a 408', () => new Response('late', { status: 408 })],
    ['HTML after a redirect', () => new Response('<html>', { status: 200 })],
    ['a 401 without a body', () => new Response(null, { status: 401 })],
    ['a 400', () => createErrorResponse(400, 'invalid_request')],
    ['a 500 with server_error', () => createErrorResponse(500, 'server_error')],
  ])('(%s) does not end the session', async (_, createResponse) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(createResponse)
    await browser.advance(20 * minute)
    expect(client.getState().status).toBe('signed-in')
    await expect(client.getAccessToken()).rejects.not.toMatchObject({ code: 'login_required' })
    bff.intercept(null)
    await browser.advance(2 * minute)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it.each([
    [200, { error: 'login_required' }, 'invalid_response'],
    [401, { error: 'invalid_token' }, 'invalid_response'],
    [400, { error: { code: 'login_required' } }, 'invalid_response'],
    [429, { error: 'slow_down' }, 'rate_limited'],
    [502, { error: 'bad_gateway', error_description: 'canary' }, 'temporarily_unavailable'],
  ])('(%s %j) is an error with a code of this package: %s', async (status, body, code) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => Response.json(body, { status }))
    await browser.sleep(2 * hour)
    const error: unknown = await client.getAccessToken().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'AuthError', code })
    expect(String(error)).not.toContain('canary')
  })

  it('does not clear a pending sign-out', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => new Response('<html>Welcome to the hotel'))
    await client.signOut()
    await browser.advance(1_000)
    expect(browser.storage.size).toBe(1)
  })
})

describe('a request to the BFF', () => {
  it('uses no HTTP cache, and only a sign-out continues after the page is closed', async () => {
    const inits: string[] = []
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const client = createAuthClient({
      platform: {
        ...platform,
        fetch: (input, init) => {
          inits.push(`${init?.method} ${init?.cache} ${init?.keepalive}`)
          return platform.fetch(input, init)
        },
      },
    })
    await client.getAccessToken()
    await client.getAccessToken({ forceRefresh: true })
    await client.signOut()
    expect(inits).toEqual(['GET no-store false', 'POST no-store false', 'DELETE no-store true'])
  })

  it('that throws before it is sent is a network_error, and the page tries again', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    let isBroken = true
    const client = createAuthClient({
      platform: {
        ...platform,
        fetch: (input, init) => {
          if (isBroken) throw new TypeError('not a function')
          return platform.fetch(input, init)
        },
      },
    })
    client.subscribe(() => {})
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'restoring', error: { code: 'network_error' } })
    isBroken = false
    await browser.advance(5_000)
    expect(client.getState().status).toBe('signed-in')
  })

  it('works in a browser without AbortSignal.any', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(AbortSignal, 'any')
    Reflect.deleteProperty(AbortSignal, 'any')
    try {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const { client } = openPage()
      await client.ready()
      await expect(client.fetch('/api/items', { signal: AbortSignal.abort() })).rejects.toMatchObject({
        name: 'AbortError',
      })
      const controller = new AbortController()
      bff.intercept(() => new Promise<never>(() => {}))
      const signingIn = client
        .signIn({ username: 'bob', password: 'x' }, { signal: controller.signal })
        .catch((error: unknown) => error)
      await browser.advance(0)
      controller.abort(new Error('cancelled'))
      expect(await signingIn).toMatchObject({ message: 'cancelled' })
    } finally {
      Object.defineProperty(AbortSignal, 'any', descriptor!)
    }
  })
})

describe('findAuthError', () => {
  it('finds an AuthError in the causes of another error, and ends when a cause is its own cause', () => {
    const authError = new AuthError('login_required', 'login_required: idle')
    const wrapped = new Error('FetchError', { cause: new TypeError('wrapped', { cause: authError }) })
    expect(findAuthError(authError)).toBe(authError)
    expect(findAuthError(wrapped)).toBe(authError)
    const circular: Error = new Error('circular')
    circular.cause = circular
    for (const value of [circular, new Error('another'), 'text', null, undefined])
      expect(findAuthError(value)).toBeUndefined()
  })
})
