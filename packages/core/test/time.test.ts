import { describe, expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createErrorResponse, createTestAuth } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const minute = 60_000
const hour = 60 * minute
const bob = { username: 'bob', password: 'x' }
const outage = () => createErrorResponse(503, 'temporarily_unavailable')

describe('a Retry-After', () => {
  it.each(['86400', '31536000', '1e999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'of %s keeps a page for ten minutes, not longer',
    async (header) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      bff.intercept(() => new Response(null, { status: 503, headers: { 'retry-after': header } }))
      const { client } = openPage()
      await browser.advance(minute)
      bff.intercept(null)
      await browser.advance(8 * minute)
      expect(browser.requests).toHaveLength(1)
      await browser.advance(2 * minute)
      expect(client.getState().status).toBe('signed-in')
    },
  )
})

describe('a token', () => {
  it('is not used after its end when the clock was set back before the machine slept', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    browser.shiftWallClock(-hour)
    // The clock notices the change when something reads it, for example the next request.
    await client.fetch('/api/items')
    await browser.sleep(20 * minute)
    expect(client.accessToken.get()).toBeNull()
    expect(await client.getAccessToken()).toBe('session-1.token-2')
  })

  it.each([
    ['GET', 'visible'],
    ['GET', 'hidden'],
    ['POST', 'visible'],
    ['POST', 'hidden'],
  ])(
    'that a %s brings after the machine slept longer than it is valid is refreshed before a caller of a %s page gets it',
    async (slowMethod, visibility) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      bff.intercept(async (request) => {
        if (request.method !== slowMethod) return
        bff.intercept(null)
        const response = await bff.fetch(request)
        await browser.wait(500)
        return response
      })
      const { client, tab } = openPage()
      if (slowMethod === 'POST') {
        await client.ready()
        await browser.sleep(2 * hour)
      }
      if (visibility === 'hidden') tab.hide()
      const token = client.getAccessToken()
      await browser.advance(100)
      await browser.sleep(2 * hour)
      await browser.advance(1_000)
      expect(await token).toBe(slowMethod === 'GET' ? 'session-1.token-2' : 'session-1.token-3')
    },
  )
})

describe('a sign-in whose response arrives after the machine slept', () => {
  /** Starts a sign-in, and delivers its response after 20 minutes of sleep. */
  const signInAndSleep = async (mode: 'token' | 'proxy', isSignedOutMeanwhile: boolean) => {
    const { browser, bff, openPage } = createSetup({ mode, users: { bob: 'x' } })
    const { client } = openPage()
    await client.ready().catch(() => {})
    bff.intercept(async (request) => {
      if (request.method !== 'POST') return
      bff.intercept(null)
      const response = await bff.fetch(request)
      await browser.wait(500)
      if (isSignedOutMeanwhile) bff.endSessions()
      return response
    })
    const statuses: string[] = []
    client.subscribe(() => statuses.push(client.getState().status))
    const signIn = client.signIn(bob).catch((error: unknown) => error)
    await browser.advance(100)
    await browser.sleep(20 * minute)
    await browser.advance(1_000)
    return { client, statuses, result: await signIn }
  }

  it.each(['token', 'proxy'] as const)(
    'shows no session that has ended meanwhile, in %s mode',
    async (mode) => {
      const { statuses, result } = await signInAndSleep(mode, true)
      expect(result).toMatchObject({ code: 'network_error' })
      expect(statuses).not.toContain('signed-in')
    },
  )

  it('shows the session when the BFF still has it', async () => {
    const { client } = await signInAndSleep('token', false)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })
})

describe('extend', () => {
  it('that fails does not make the next refresh earlier', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(outage)
    await expect(client.extend()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    bff.intercept(null)
    await browser.advance(13 * minute)
    expect(bff.grantCount()).toBe(0)
    await browser.advance(2 * minute)
    expect(bff.grantCount()).toBe(1)
  })

  it('that crosses a refresh leaves its waiting callers with the new token', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.revokeTokens()
    bff.intercept(async ({ method }) => {
      if (method === 'POST') await browser.wait(500)
    })
    const response = client.fetch('/api/items')
    await browser.advance(100)
    await client.extend()
    await browser.advance(1_000)
    expect((await response).status).toBe(200)
    expect(bff.grantCount()).toBe(1)
  })
})

describe('after a failed refresh', () => {
  it('callers are served within half a second when the BFF is well again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', random: () => 0.99 })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(outage)
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    bff.intercept(null)
    let failures = 0
    for (let wait = 0; wait < 500; wait += 50) {
      await browser.advance(50)
      if ((await client.getAccessToken().catch(() => null)) === null) failures += 1
    }
    expect(failures).toBeLessThan(6)
    expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('callers who ask ten times a second cause fewer than ten requests in an outage of twenty seconds', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', random: () => 0.99 })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(outage)
    const before = browser.requests.length
    for (let wait = 0; wait < 20_000; wait += 100) {
      await client.getAccessToken().catch(() => {})
      await browser.advance(100)
    }
    expect(browser.requests.length - before).toBeLessThan(10)
  })

  it('callers obey the Retry-After of the BFF', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await browser.sleep(2 * hour)
    bff.intercept(() => createErrorResponse(429, 'rate_limited', { retryAfter: 30 }))
    await client.getAccessToken().catch(() => {})
    const before = browser.requests.length
    for (let second = 0; second < 29; second += 1) {
      await client.getAccessToken().catch(() => {})
      await browser.advance(1_000)
    }
    expect(browser.requests.length).toBe(before)
  })
})

describe('responses that contradict each other', () => {
  it('cause no storm: a restore without a token, and session_changed for each token request', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(async (request) => {
      if (request.method === 'POST')
        return createErrorResponse(401, 'login_required', { reason: 'session_changed' })
      bff.intercept(null)
      const { token: _token, ...body } = (await (await bff.fetch(request)).json()) as { token: unknown }
      bff.intercept(({ method }) =>
        method === 'POST'
          ? createErrorResponse(401, 'login_required', { reason: 'session_changed' })
          : Response.json(body),
      )
      return Response.json(body)
    })
    const { client } = openPage()
    for (let second = 0; second < 60; second += 1) {
      void client.getAccessToken().catch(() => {})
      await browser.advance(1_000)
    }
    expect(browser.requests.length).toBeLessThan(40)
  })
})

describe('a token that has expired before the BFF responds', () => {
  it('causes no storm: the page tries again as after every failure', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    bff.intercept(async (request) => {
      bff.intercept(null)
      const { token: _token, ...body } = (await (await bff.fetch(request)).json()) as { token: unknown }
      bff.intercept(() => Response.json(body))
      return Response.json(body)
    })
    const { client } = openPage()
    const error: unknown = await client.getAccessToken().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'temporarily_unavailable', retryable: true })
    await browser.advance(minute)
    expect(browser.requests.length).toBeLessThan(20)
    bff.intercept(null)
    await browser.advance(minute)
    expect(await client.getAccessToken()).toBe('session-1.token-1')
  })
})

describe('messages that a page has missed', () => {
  it('are made up for when it is shown, where tabs cannot exchange messages', async () => {
    const { browser, openPage } = createSetup()
    const tab = browser.openTab()
    const client = createAuthClient({
      platform: {
        ...tab.platform,
        BroadcastChannel: function () {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        } as never,
      },
    })
    client.subscribe(() => {})
    await client.ready()
    await openPage().client.signIn(bob)
    await browser.advance(5_000)
    expect(client.getState().status).toBe('signed-out')
    for (let focus = 0; focus < 10; focus += 1) tab.show()
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(browser.requests.filter((line) => line.includes('?peek'))).toHaveLength(1)
  })

  it('are made up for by the next subscriber, and a component that mounts again at once sends nothing', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    const stop = client.subscribe(() => {})
    await client.ready()
    stop()
    client.subscribe(() => {})()
    expect(browser.requests).toEqual(['GET /auth/session'])
    await openPage().client.signOut()
    await browser.advance(5_000)
    client.subscribe(() => {})
    await browser.advance(0)
    expect(client.getState().status).toBe('expired')
  })

  it('are made up for by the first subscriber, when extend() was the first use of the client', async () => {
    const { browser, openPage } = createSetup()
    const client = createAuthClient({ platform: browser.openTab().platform })
    await expect(client.extend()).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('signed-out')
    await openPage().client.signIn(bob)
    await browser.advance(5_000)
    client.subscribe(() => {})
    await browser.advance(0)
    expect(client.getState().status).toBe('signed-in')
  })

  it('are made up for when the page is shown, if a request from before was running at the first subscriber', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const tab = browser.openTab()
    const client = createAuthClient({ platform: tab.platform })
    bff.intercept(async (request) => {
      bff.intercept(null)
      const response = await bff.fetch(request)
      await browser.wait(3_000)
      return response
    })
    const controller = new AbortController()
    client.getAccessToken(controller).catch(() => {})
    controller.abort()
    await browser.advance(0)
    await openPage().client.signIn({ username: 'bob', password: 'x' })
    await browser.advance(2_000)
    client.subscribe(() => {})
    await browser.advance(2_000)
    tab.show()
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })

  it('are made up for when the network is back, if the first attempt fails', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient({ platform: browser.openTab().platform })
    const stop = client.subscribe(() => {})
    await client.ready()
    stop()
    await openPage().client.signOut()
    await browser.advance(5_000)
    browser.goOffline()
    client.subscribe(() => {})
    await browser.advance(0)
    expect(client.getState().status).toBe('signed-in')
    browser.goOnline()
    await browser.advance(0)
    expect(client.getState().status).toBe('expired')
  })

  it('are not asked for when a page that was loaded long ago gets the focus', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    await browser.advance(minute)
    tab.show()
    await browser.advance(0)
    expect(browser.requests).toEqual(['GET /auth/session'])
  })
})

describe('sessionEnd', () => {
  it('says when the session ends, and notifies its own listeners only', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    expect(client.sessionEnd.secondsLeft()).toBe(28_800)
    const seen: string[] = []
    client.subscribe(() => seen.push('state'))
    client.sessionEnd.subscribe(() => seen.push('end'))
    const before = client.sessionEnd.get()
    await browser.advance(minute)
    expect(client.sessionEnd.get()).toBe(before)
    expect(client.sessionEnd.secondsLeft()).toBe(28_740)
    await client.extend()
    expect(client.sessionEnd.secondsLeft()).toBe(28_800)
    expect(seen).toEqual(['end'])
    await client.signOut()
    expect(client.sessionEnd.get()).toBeNull()
    expect(seen).toEqual(['end', 'state', 'end'])
  })
})

describe('sessionEnd.check', () => {
  it('learns that another tab has used the session, and does not use it itself', async () => {
    const auth = createTestAuth({ user: bob, idle: 600 })
    auth.subscribe(() => {})
    await auth.browser.advance(500_000)
    await auth.sessionEnd.check()
    expect(auth.sessionEnd.secondsLeft()).toBe(100)
    await auth.extend()
    await auth.browser.advance(100_000)
    await auth.sessionEnd.check()
    expect(auth.sessionEnd.secondsLeft()).toBe(500)
  })

  it('ends a session that has ended', async () => {
    const auth = createTestAuth({ user: bob, idle: 600, expiresIn: 3600 })
    auth.subscribe(() => {})
    await auth.browser.advance(600_000)
    expect(auth.getState().status).toBe('signed-in')
    await expect(auth.sessionEnd.check()).rejects.toMatchObject({ code: 'login_required', reason: 'idle' })
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'idle' })
  })
})

describe('ready', () => {
  it('returns the same promise until the client has left restoring, and afterwards until the state changes', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const first = client.ready()
    await browser.advance(0)
    expect(client.ready()).toBe(first)
    expect(await first).toBe(client.getState())
    await client.signOut()
    const second = client.ready()
    expect(second).not.toBe(first)
    expect(client.ready()).toBe(second)
    expect((await second).status).toBe('signed-out')
  })
})
