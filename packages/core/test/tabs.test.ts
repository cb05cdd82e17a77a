import { describe, expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createTestBrowser, createFakeBff, createErrorResponse } from '../src/testing/index.ts'
import { createSetup } from './setup.ts'

const hour = 3_600_000
const bob = { username: 'bob', password: 'x' }

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

  it('waits for the responses to earlier sign-outs, which would clear its cookie', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    await client.ready()
    let signOuts = 0
    bff.intercept(({ method }) => {
      if (method !== 'DELETE') return undefined
      signOuts += 1
      // The second one, sent when the tab becomes visible, fails at once; the response to the first is pending.
      return signOuts === 1 ? browser.wait(500) : createErrorResponse(503, 'temporarily_unavailable')
    })
    await client.signOut()
    tab.show()
    const signingIn = client.signIn(bob)
    await browser.advance(1_000)
    expect((await signingIn).user).toEqual({ username: 'bob' })
    const reloaded = openPage()
    expect(await reloaded.client.ready()).toMatchObject({ session: { user: { username: 'bob' } } })
  })

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
