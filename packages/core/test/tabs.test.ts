import { describe, expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createTestBrowser, createFakeBff, createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const hour = 3_600_000
const bob = { username: 'bob', password: 'x' }
/** Answers each of these after so long, as the BFF would. */
const slowly =
  (wait: (milliseconds: number) => Promise<void>, milliseconds: number, ...methods: string[]) =>
  (request: Request): Promise<never> | undefined =>
    methods.includes(request.method) ? wait(milliseconds).then(() => undefined as never) : undefined

describe('a sign-out', () => {
  it('reaches a tab that is still restoring, though the BFF has not heard of it yet', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const here = openPage()
    await here.client.ready()
    bff.intercept(({ method }) =>
      browser.wait(method === 'DELETE' ? 500 : 200).then(() => undefined as never),
    )
    const there = openPage()
    await browser.advance(100)
    await here.client.signOut()
    await browser.advance(2_000)
    expect(there.client.getState().status).toBe('signed-out')
    expect(here.client.getState().status).toBe('signed-out')
  })

  it('that the BFF has not heard of shows nobody to a page that comes out of the back-forward cache', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const cached = openPage()
    const here = openPage()
    await Promise.all([cached.client.ready(), here.client.ready()])
    cached.tab.enterBfcache()
    bff.intercept(({ method }) =>
      method === 'DELETE' ? createErrorResponse(503, 'temporarily_unavailable') : undefined,
    )
    await here.client.signOut()
    await browser.advance(1_000)
    const seen: string[] = []
    cached.client.subscribe(({ status }) => seen.push(status))
    cached.tab.leaveBfcache()
    await browser.advance(10_000)
    expect(seen).not.toContain('signed-in')
    expect(cached.client.getState().status).toBe('signed-out')
  })

  it('is told to the page once, however often that is looked at before the BFF has heard of it', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    bff.intercept(slowly((time) => browser.wait(time), 500, 'DELETE'))
    let told = 0
    client.subscribe(() => (told += 1))
    await client.signOut()
    for (let focus = 0; focus < 10; focus += 1) tab.show()
    await browser.advance(1_000)
    expect(told).toBe(1)
  })

  it('in two tabs at once is one event in each, and no loop', async () => {
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

  it('is not undone by a page that says that somebody is still there', async () => {
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

describe('a sign-in', () => {
  it('that fails on a page with a sign-out unheard of, back from the back-forward cache, leaves it signed out', async () => {
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

  it('waits for every answer to the sign-out before it, which would take its cookie away', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    let signOuts = 0
    bff.intercept(({ method }) => {
      if (method !== 'DELETE') return undefined
      signOuts += 1
      // The second one, of a look at the page, fails at once; the first is still to come.
      return signOuts === 1
        ? browser.wait(500).then(() => undefined as never)
        : createErrorResponse(503, 'temporarily_unavailable')
    })
    await client.signOut()
    tab.show()
    const signingIn = client.signIn(bob)
    await browser.advance(1_000)
    expect((await signingIn).user).toEqual({ username: 'bob' })
    const reloaded = openPage()
    expect(await reloaded.client.ready()).toMatchObject({ session: { user: { username: 'bob' } } })
  })

  it('of another tab that is answered during this one leaves both with the session of the later answer', async () => {
    const { browser, bff, openPage } = createSetup()
    const [first, second] = [openPage(), openPage()]
    await Promise.all([first.client.ready(), second.client.ready()])
    let signIns = 0
    bff.intercept(({ method, url }) => {
      if (method !== 'POST' || !url.endsWith('/session')) return undefined
      signIns += 1
      return browser.wait(signIns * 300).then(() => undefined as never)
    })
    const both = [first.client.signIn({ username: 'cathy', password: 'x' }), second.client.signIn(bob)]
    await browser.advance(1_000)
    await Promise.all(both)
    for (const { client } of [first, second])
      expect(client.getState()).toMatchObject({ status: 'signed-in', session: { user: { username: 'bob' } } })
  })
})

describe('tabs that wake together', () => {
  it('make one grant for twenty of them', async () => {
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

  it('do not wait for one that is closed in the middle of its refresh', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const [closing, staying] = [openPage(), openPage()]
    await Promise.all([closing.client.ready(), staying.client.ready()])
    await browser.sleep(2 * hour)
    bff.intercept(slowly((time) => browser.wait(time), 500, 'POST'))
    void closing.client.getAccessToken()
    await browser.advance(100)
    closing.tab.close()
    const token = staying.client.getAccessToken()
    await browser.advance(500)
    expect(await token).toBe('session-1.token-2')
    expect(bff.grantCount()).toBe(1)
  })

  it('come back at different moments after an outage', async () => {
    let turn = 0
    const { browser, bff, openPage } = createSetup({
      signedInAs: 'cathy',
      random: () => (turn += 0.037) % 1,
    })
    const pages = Array.from({ length: 20 }, () => openPage())
    await Promise.all(pages.map(({ client }) => client.ready()))
    const moments: number[] = []
    bff.intercept(() => {
      moments.push(Math.round(browser.monotonicNow()))
      return createErrorResponse(503, 'temporarily_unavailable')
    })
    await browser.advance(850_000)
    expect(new Set(moments.slice(20)).size).toBeGreaterThan(15)
  })
})

describe('two BFFs in one page', () => {
  it('have a session each, and neither hears of the other', async () => {
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
