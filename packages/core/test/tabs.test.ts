import { describe, expect, it } from 'vitest'
import type { Platform } from '../src/index.ts'
import { createAuthClient } from '../src/index.ts'
import { createTestBrowser, createFakeBff, createErrorResponse } from '../src/testing/index.ts'
import { createSetup, createSlowSchema } from './setup.ts'

const hour = 3_600_000
const bob = { username: 'bob', password: 'x' }
const withoutChannels: Pick<Platform, 'BroadcastChannel'> = {
  BroadcastChannel: function () {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  } as never,
}
const withoutStorage: Pick<Platform, 'localStorage'> = {
  localStorage: {
    getItem: () => null,
    setItem: () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    },
    removeItem: () => {},
  },
}

describe('a sign-out', () => {
  it('reaches a restoring tab before it reaches the BFF', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const thisPage = openPage()
    await thisPage.client.ready()
    bff.intercept(({ method }) => browser.wait(method === 'DELETE' ? 500 : 200))
    const otherPage = openPage()
    await browser.advance(100)
    await thisPage.client.signOut()
    await browser.advance(2_000)
    expect(otherPage.client.getState().status).toBe('signed-out')
    expect(thisPage.client.getState().status).toBe('signed-out')
  })

  it('that the BFF has not confirmed also signs out a page that leaves the back-forward cache', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const cached = openPage()
    const thisPage = openPage()
    await Promise.all([cached.client.ready(), thisPage.client.ready()])
    cached.tab.enterBfcache()
    bff.intercept(({ method }) =>
      method === 'DELETE' ? createErrorResponse(503, 'temporarily_unavailable') : undefined,
    )
    await thisPage.client.signOut()
    await browser.advance(1_000)
    const seen: string[] = []
    cached.client.subscribe(({ status }) => seen.push(status))
    cached.tab.leaveBfcache()
    await browser.advance(10_000)
    expect(seen).not.toContain('signed-in')
    expect(cached.client.getState().status).toBe('signed-out')
  })

  it('changes the state once, however often the tab becomes visible before the BFF confirms it', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    bff.intercept(async ({ method }) => {
      if (method === 'DELETE') await browser.wait(500)
    })
    let changes = 0
    client.subscribe(() => (changes += 1))
    await client.signOut()
    for (let focus = 0; focus < 10; focus += 1) tab.show()
    await browser.advance(1_000)
    expect(changes).toBe(1)
  })

  it('in two tabs at once changes the state once in each and causes no loop', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const pages = [openPage(), openPage()]
    await Promise.all(pages.map(({ client }) => client.ready()))
    const seen = pages.map(({ client }) => {
      const statuses: string[] = []
      client.subscribe(({ status }) => statuses.push(status))
      return statuses
    })
    await Promise.all(pages.map(({ client }) => client.signOut()))
    await browser.advance(hour)
    expect(seen).toEqual([['signed-out'], ['signed-out']])
    expect(browser.requests).toHaveLength(4)
  })

  it('of an earlier session does not sign out a tab that is fetching a later one', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const [first, second] = [openPage(), openPage()]
    await Promise.all([first.client.ready(), second.client.ready()])
    bff.intercept(({ method }) => (method === 'GET' ? browser.wait(500) : undefined))
    await first.client.signIn(bob)
    await browser.advance(100)
    expect(second.client.getState()).toMatchObject({ status: 'restoring', session: { id: 'session-1' } })
    const late = new second.tab.platform.BroadcastChannel('latchkey:/auth')
    late.postMessage({ type: 'signed-out', sessionId: 'session-1' })
    await browser.advance(1_000)
    expect(second.client.getState()).toMatchObject({ status: 'signed-in', session: { id: 'session-2' } })
  })

  it('is not undone by a response whose user a restoring tab is parsing', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const restoring = openPage({ user: createSlowSchema(() => browser.wait(500)) }).client
    const statuses: string[] = []
    restoring.subscribe(({ status }) => statuses.push(status))
    await browser.advance(100)
    void client.signOut()
    await browser.advance(1_000)
    expect(statuses).toEqual(['signed-out'])
  })

  it.each([
    'the first request of a page',
    'extend()',
    'a sign-in',
    'a sign-in after an unconfirmed sign-out',
  ])('is final at every moment at which the page reads the response to %s', async (request) => {
    for (let moment = 0; moment < 60; moment += 1) {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const { client } = openPage()
      if (request !== 'the first request of a page') await client.ready()
      let respond = (): void => {}
      bff.intercept(() => new Promise<void>((resolve) => (respond = resolve)))
      if (request === 'a sign-in after an unconfirmed sign-out') {
        client.signIn(bob).catch(() => {})
        await client.signOut()
        await browser.advance(0)
      }
      if (request.startsWith('a sign-in')) client.signIn(bob).catch(() => {})
      else (request === 'extend()' ? client.extend() : client.ready()).catch(() => {})
      await browser.advance(0)
      bff.intercept(null)
      respond()
      for (let step = 0; step < moment; step += 1) await Promise.resolve()
      await client.signOut()
      await browser.advance(1000)
      expect(client.getState().status, `after ${moment} microtasks`).toBe('signed-out')
      expect((await openPage().client.ready()).status, `after ${moment} microtasks`).toBe('signed-out')
    }
  })

  it('is not undone by a call of extend()', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    browser.goOffline()
    await client.signOut()
    await browser.advance(0)
    browser.goOnline()
    await expect(client.extend()).rejects.toMatchObject({ code: 'login_required', reason: 'signed_out' })
    expect(client.getState().status).toBe('signed-out')
  })
})

describe('a sign-out that the BFF does not confirm', () => {
  const fail = ({ method }: Request) =>
    method === 'DELETE' ? createErrorResponse(503, 'temporarily_unavailable') : undefined
  const signOuts = (requests: string[]) => requests.filter((line) => line.startsWith('DELETE'))

  it.each(['with a subscriber', 'without a subscriber', 'in a hidden tab'])(
    'is repeated until the BFF is well again, %s',
    async (name) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const tab = browser.openTab()
      const client = createAuthClient({ platform: tab.platform })
      if (name === 'with a subscriber') client.subscribe(() => {})
      await client.ready()
      if (name === 'in a hidden tab') tab.hide()
      bff.intercept(fail)
      await client.signOut()
      await browser.advance(10 * 60_000)
      expect(signOuts(browser.requests).length).toBeLessThan(30)
      bff.intercept(null)
      await browser.advance(60_000)
      expect(browser.storage.size).toBe(0)
      expect((await openPage().client.ready()).status).toBe('signed-out')
    },
  )

  it('is not sent once for each time that the page gets the focus', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    bff.intercept(fail)
    await client.signOut()
    for (let focus = 0; focus < 100; focus += 1) {
      tab.show()
      await browser.advance(10)
    }
    expect(signOuts(browser.requests).length).toBeLessThan(6)
  })

  it('is not forgotten when the message of the sign-in before it arrives late', async () => {
    const { browser, bff, openPage } = createSetup()
    const { client, tab } = openPage()
    await client.ready()
    const { id: sessionId } = await client.signIn(bob)
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await client.signOut()
    new tab.platform.BroadcastChannel('latchkey:/auth').postMessage({ type: 'signed-in', sessionId })
    await browser.advance(0)
    bff.intercept(null)
    await browser.advance(60_000)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it.each(['', 'session-1'])(
    'is not forgotten when the message of the sign-in before it arrives late, by a page that knew only the session "%s"',
    async (knownId) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const { client, tab } = openPage()
      if (knownId) await client.ready()
      else tab.enterBfcache()
      const other = createAuthClient({ platform: { ...browser.openTab().platform, ...withoutChannels } })
      const { id: sessionId } = await other.signIn(bob)
      bff.intercept(fail)
      expect(client.getState().status).toBe(knownId ? 'signed-in' : 'restoring')
      await client.signOut()
      const stored = [...browser.storage.values()]
      new tab.platform.BroadcastChannel('latchkey:/auth').postMessage({ type: 'signed-in', sessionId })
      await browser.advance(0)
      expect(stored).toEqual([`?session_id=${knownId}`])
      expect([...browser.storage.values()]).toEqual(stored)
    },
  )

  it('ends whichever session there is, also one whose sign-in a page that knew none hears of late', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    const other = createAuthClient({ platform: { ...browser.openTab().platform, ...withoutChannels } })
    const { id: sessionId } = await other.signIn(bob)
    tab.enterBfcache()
    bff.intercept(({ method }) => (method === 'DELETE' ? browser.wait(500) : undefined))
    await client.signOut()
    const seen: string[] = []
    client.subscribe(({ status }) => seen.push(status))
    new tab.platform.BroadcastChannel('latchkey:/auth').postMessage({ type: 'signed-in', sessionId })
    await browser.advance(2_000)
    expect(seen).not.toContain('signed-in')
    expect(client.getState().status).toBe('signed-out')
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it.each(['signs out', 'signs in and out'])(
    'is not forgotten when a message of an earlier sign-in arrives late, where no page can store it, and the page %s',
    async (acts) => {
      const { browser, bff } = createSetup()
      const { platform } = browser.openTab()
      const client = createAuthClient({ platform: { ...platform, ...withoutStorage } })
      client.subscribe(() => {})
      const { id: sessionId } = await client.signIn(bob)
      bff.intercept(fail)
      if (acts === 'signs in and out') client.signIn(bob).catch(() => {})
      await client.signOut()
      new platform.BroadcastChannel('latchkey:/auth').postMessage({ type: 'signed-in', sessionId })
      await browser.advance(0)
      bff.intercept(null)
      await browser.advance(60_000)
      expect(signOuts(browser.requests).length).toBeGreaterThan(1)
      expect(client.getState().status).toBe('signed-out')
    },
  )

  it('is not forgotten when another page reports another session, where no page can store it', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const { platform } = browser.openTab()
    const client = createAuthClient({ platform: { ...platform, ...withoutStorage } })
    client.subscribe(() => {})
    await client.ready()
    bff.intercept(fail)
    await client.signOut()
    const message = { type: 'signed-in', sessionId: 'session-0' }
    new platform.BroadcastChannel('latchkey:/auth').postMessage(message)
    await browser.advance(0)
    bff.intercept(null)
    await browser.advance(60_000)
    expect(client.getState().status).toBe('signed-out')
    const reloaded = createAuthClient({ platform: browser.openTab().platform })
    expect((await reloaded.ready()).status).toBe('signed-out')
  })

  it('is not forgotten when the BFF confirms another one, whose request it replaced', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    let confirm = (): void => {}
    bff.intercept(() => new Promise<void>((resolve) => (confirm = resolve)))
    await client.signOut()
    // A tab that has signed in and out again stores its sign-out, and is closed.
    browser.storage.set('latchkey:/auth', '?session_id=session-2')
    bff.intercept(fail)
    tab.show()
    await browser.advance(0)
    confirm()
    await browser.advance(0)
    expect([...browser.storage.values()]).toEqual(['?session_id=session-2'])
    bff.intercept(null)
    await browser.advance(60_000)
    expect(browser.storage.size).toBe(0)
  })

  it('is not replaced by a sign-out of an earlier session, in a tab that has missed the messages', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    const late = createAuthClient({ platform: browser.openTab().platform })
    await Promise.all([client.ready(), late.ready()])
    await client.signIn(bob)
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await client.signOut({ everywhere: true })
    await late.signOut()
    bff.intercept(null)
    await browser.advance(60_000)
    expect((await openPage().client.ready()).status).toBe('signed-out')
    expect(browser.requests).toContain('DELETE /auth/session?session_id=&everywhere')
  })

  it('is not undone in a tab that asks for what it has missed, where tabs cannot exchange messages', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const [tab, otherTab] = [browser.openTab(), browser.openTab()]
    const client = createAuthClient({ platform: { ...tab.platform, ...withoutChannels } })
    const otherClient = createAuthClient({ platform: { ...otherTab.platform, ...withoutChannels } })
    otherClient.subscribe(() => {})
    await Promise.all([client.ready(), otherClient.ready()])
    bff.intercept(fail)
    await client.signOut()
    await browser.advance(5_000)
    otherTab.show()
    await browser.advance(100)
    expect(browser.requests.filter((line) => line.includes('?peek'))).toHaveLength(1)
    expect(otherClient.getState()).toMatchObject({ status: 'signed-out' })
  })

  it('is sent after a sign-in that fails', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy', users: { bob: 'right' } })
    const { client } = openPage()
    await client.ready()
    browser.goOffline()
    await client.signOut()
    await client.signIn(bob).catch(() => {})
    browser.goOnline()
    await browser.advance(60_000)
    expect(browser.storage.size).toBe(0)
    expect(bff.signInCount()).toBe(1)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('signs out no page with another session, and a page that is loaded later shows that one', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    await client.signIn(bob)
    // As a tab that has not heard of the sign-in stores it.
    browser.storage.set('latchkey:/auth', '?session_id=session-1')
    const statuses: string[] = []
    client.subscribe(({ status }) => statuses.push(status))
    tab.show()
    const loaded = openPage()
    await browser.advance(0)
    expect(statuses).toEqual([])
    for (const page of [client, loaded.client])
      expect(page.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(browser.storage.size).toBe(0)
  })
})

describe('a second sign-out', () => {
  it('sends nothing, so that it cannot end the session of another tab', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    await Promise.all([client.signOut(), client.signOut()])
    await browser.advance(0)
    await client.signOut()
    expect(browser.requests).toEqual(['GET /auth/session', 'DELETE /auth/session?session_id=session-1'])
  })
})

describe('a sign-out of a page', () => {
  it('that is signing in ends the session that the sign-in may have started', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    // The cookie is set by then, and the sign-in has not finished.
    const { client } = openPage({
      user: createSlowSchema(({ username }) => (username === 'bob' ? browser.wait(500) : undefined)),
    })
    await client.ready()
    const signingIn = client.signIn(bob).catch((error: unknown) => error)
    await browser.advance(100)
    await client.signOut()
    await browser.advance(1_000)
    expect(await signingIn).toMatchObject({ name: 'AbortError' })
    expect(bff.signInCount()).toBe(2)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it('that restores from the back-forward cache ends the session that the browser has, not the one it showed', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    tab.enterBfcache()
    const other = createAuthClient({ platform: { ...browser.openTab().platform, ...withoutChannels } })
    await other.signIn(bob)
    bff.intercept(() => browser.wait(500))
    tab.leaveBfcache()
    await browser.advance(0)
    expect(client.getState()).toMatchObject({ status: 'restoring', session: { id: 'session-1' } })
    await client.signOut()
    await browser.advance(2_000)
    bff.intercept(null)
    expect((await openPage().client.ready()).status).toBe('signed-out')
  })

  it.each(['without a subscriber', 'that is restoring'])('%s reaches the other tabs', async (name) => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const other = openPage()
    await other.client.ready()
    bff.intercept(() => browser.wait(50))
    const client = createAuthClient({ platform: browser.openTab().platform })
    if (name === 'that is restoring') client.subscribe(() => {})
    else {
      const restored = client.ready()
      await browser.advance(100)
      await restored
    }
    await client.signOut()
    await browser.advance(1_000)
    expect(other.client.getState().status).toBe('signed-out')
  })
})

describe('a sign-in', () => {
  it('that fails after an unconfirmed sign-out leaves the page signed out, also after the back-forward cache', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await client.signOut()
    await browser.advance(1_000)
    bff.intercept(() => new Promise<never>(() => {}))
    const signingIn = client.signIn(bob).catch((error: unknown) => error)
    await browser.advance(0)
    tab.enterBfcache()
    tab.leaveBfcache()
    await browser.advance(10_000)
    expect(await signingIn).toMatchObject({ code: 'network_error' })
    expect(client.getState().status).toBe('signed-out')
  })

  it.each([['a sign-out'], ['a sign-out that hangs']])(
    'does not wait for %s, whose late response does not remove its cookie',
    async (name) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const { client } = openPage()
      await client.ready()
      bff.intercept(async ({ method }) => {
        if (method === 'DELETE') await (name === 'a sign-out' ? browser.wait(500) : new Promise(() => {}))
      })
      await client.signOut()
      expect((await client.signIn(bob)).user).toEqual({ username: 'bob' })
      await browser.advance(1_000)
      expect(browser.storage.size).toBe(0)
      const reloaded = openPage()
      expect(await reloaded.client.ready()).toMatchObject({ session: { user: { username: 'bob' } } })
    },
  )

  it('keeps its cookie when a sign-out that the BFF has handled is confirmed late, while the schema reads the user', async () => {
    const { browser, bff } = createSetup({ signedInAs: 'cathy' })
    const client = createAuthClient<{ username: string }>({
      platform: browser.openTab().platform,
      user: createSlowSchema(() => browser.wait(500)),
    })
    void client.ready()
    await browser.advance(1_000)
    bff.intercept(async (request) => {
      if (request.method !== 'DELETE') return
      bff.intercept(null)
      const response = await bff.fetch(request)
      await browser.wait(300)
      return response
    })
    await client.signOut()
    await browser.advance(0)
    const signingIn = client.signIn(bob)
    await browser.advance(1_000)
    expect((await signingIn).user).toEqual({ username: 'bob' })
    const reloaded = createAuthClient({ platform: browser.openTab().platform })
    expect(await reloaded.ready()).toMatchObject({ session: { user: { username: 'bob' } } })
  })

  it('is not ended by the sign-out before it, which another tab sends while the schema reads the user', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage({ user: createSlowSchema(() => browser.wait(500)) })
    const other = openPage()
    // While restoring, so that the request names no session.
    void client.signOut()
    void client.signIn(bob)
    await browser.advance(100)
    other.tab.show()
    await browser.advance(1_000)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect(await openPage().client.ready()).toMatchObject({ session: { user: { username: 'bob' } } })
  })

  it('is not ended by an unconfirmed sign-out that is due while the schema reads the user', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage({ user: createSlowSchema(() => browser.wait(5_000)) })
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    // While restoring, so that the request names no session.
    await client.signOut()
    await browser.advance(100)
    bff.intercept(null)
    void client.signIn(bob)
    await browser.advance(3_000)
    tab.show()
    await browser.advance(3_000)
    expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    expect((await openPage().client.ready()).status).toBe('signed-in')
  })

  it.each([
    ['?session_id=session-2', 'the schema reads the user'],
    ['?session_id=', 'the schema reads the user'],
    ['?session_id=', 'the request is on its way'],
  ])(
    'does not outlive a later sign-out in another tab (%s), whose message it has not got, while %s',
    async (query, delay) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      const { client } = openPage({ user: createSlowSchema(() => browser.wait(500)) })
      const ready = client.ready()
      await browser.advance(1_000)
      await ready
      if (delay === 'the request is on its way')
        bff.intercept(({ method }) => (method === 'POST' ? browser.wait(200) : undefined))
      const signIn = client.signIn(bob).catch((error: unknown) => error)
      await browser.advance(100)
      browser.storage.set('latchkey:/auth', query)
      await browser.advance(1_000)
      expect(await signIn).toMatchObject({ code: 'login_required', reason: 'signed_out_elsewhere' })
      expect(client.getState().status).toBe('signed-out')
      expect((await openPage().client.ready()).status).toBe('signed-out')
    },
  )

  it.each(['with a wrong password', 'while the network is cut'])(
    'that %s replaces another one shows in all tabs the session whose cookie has arrived',
    async (name) => {
      const { browser, openPage } = createSetup({ users: { bob: 'x' } })
      const { client, tab } = openPage({ user: createSlowSchema(() => browser.wait(500)) })
      const other = openPage().client
      await Promise.all([client.ready(), other.ready()])
      void client.signIn(bob).catch(() => {})
      await browser.advance(100)
      if (name === 'while the network is cut') browser.goOffline()
      void client.signIn({ ...bob, password: 'wrong' }).catch(() => {})
      await browser.advance(100)
      browser.goOnline()
      tab.show()
      await browser.advance(1_000)
      for (const page of [client, other])
        expect(page.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
    },
  )

  it('that overlaps with one in another tab leaves both tabs with the session of the later response', async () => {
    const { browser, bff, openPage } = createSetup()
    const [first, second] = [openPage(), openPage()]
    await Promise.all([first.client.ready(), second.client.ready()])
    let signIns = 0
    bff.intercept(async ({ method, url }) => {
      if (method === 'POST' && url.endsWith('/session')) await browser.wait((signIns += 1) * 300)
    })
    const both = [first.client.signIn({ username: 'cathy', password: 'x' }), second.client.signIn(bob)]
    await browser.advance(1_000)
    await Promise.all(both)
    for (const { client } of [first, second])
      expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })
})

describe('tabs that become visible together', () => {
  it('cause one grant for twenty tabs', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const pages = Array.from({ length: 20 }, () => openPage())
    await Promise.all(pages.map(({ client }) => client.ready()))
    for (const { tab } of pages) tab.hide()
    await browser.sleep(8 * hour)
    const before = browser.requests.length
    for (const { tab } of pages) tab.show()
    await browser.advance(1_000)
    expect(bff.grantCount()).toBe(1)
    expect(browser.requests.length - before).toBe(20)
    for (const { client } of pages) expect(client.accessToken.get()).toBe('session-1.token-2')
  })

  it('do not wait for a tab that is closed during its refresh', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const [closing, staying] = [openPage(), openPage()]
    await Promise.all([closing.client.ready(), staying.client.ready()])
    await browser.sleep(2 * hour)
    bff.intercept(async ({ method }) => {
      if (method === 'POST') await browser.wait(500)
    })
    void closing.client.getAccessToken()
    await browser.advance(100)
    closing.tab.close()
    const token = staying.client.getAccessToken()
    await browser.advance(500)
    expect(await token).toBe('session-1.token-2')
    expect(bff.grantCount()).toBe(1)
  })

  it('retry at different times during an outage', async () => {
    let random = 0
    const { browser, bff, openPage } = createSetup({
      signedInAs: 'cathy',
      random: () => (random += 0.037) % 1,
    })
    const pages = Array.from({ length: 20 }, () => openPage())
    await Promise.all(pages.map(({ client }) => client.ready()))
    const requestTimes: number[] = []
    bff.intercept(() => {
      requestTimes.push(Math.round(browser.monotonicNow()))
      return createErrorResponse(503, 'temporarily_unavailable')
    })
    await browser.advance(850_000)
    expect(new Set(requestTimes.slice(20)).size).toBeGreaterThan(15)
  })
})

describe('two BFFs on one page', () => {
  it('have separate sessions and messages', async () => {
    const bffs = [createFakeBff({ basePath: '/one' }), createFakeBff({ basePath: '/two' })]
    const browser = createTestBrowser({
      network: (request) => bffs[new URL(request.url).pathname.startsWith('/one/') ? 0 : 1]!.fetch(request),
    })
    const { platform } = browser.openTab()
    const [one, two] = ['/one', '/two'].map((basePath) => createAuthClient({ platform, basePath }))
    for (const client of [one!, two!]) client.subscribe(() => {})
    await Promise.all([one!.ready(), two!.ready()])
    await one!.signIn(bob)
    await browser.advance(0)
    expect(two!.getState().status).toBe('signed-out')
    await two!.signOut()
    await browser.advance(0)
    expect(one!.getState().status).toBe('signed-in')
    expect(browser.storage.size).toBe(0)
  })
})
