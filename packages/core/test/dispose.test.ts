import { describe, expect, it } from 'vitest'
import { createAuthClient } from '../src/index.ts'
import { createErrorResponse } from '../src/testing/index.ts'
import { createSetup, createSlowSchema } from './setup.ts'

const hour = 3_600_000
const bob = { username: 'bob', password: 'x' }

/** A page whose BFF takes half a second, with a user whose token has expired. */
const openSlowPage = async (options: { onExpired?: 'hold' } = {}) => {
  const setup = createSetup({ signedInAs: 'cathy' })
  const other = setup.openPage()
  const page = setup.openPage(options)
  await Promise.all([page.client.ready(), other.client.ready()])
  await setup.browser.sleep(2 * hour)
  setup.bff.intercept(() => setup.browser.wait(500))
  return { ...setup, ...page, other }
}

/** What a page may be waiting for when its client is disposed. */
const waits: Record<string, (page: Awaited<ReturnType<typeof openSlowPage>>) => Promise<unknown>> = {
  getAccessToken: ({ client }) => client.getAccessToken(),
  fetch: ({ client }) => client.fetch('/api/items'),
  signIn: ({ client }) => client.signIn(bob),
  extend: ({ client }) => client.extend(),
  'sessionEnd.check': ({ client }) => client.sessionEnd.check(),
  ready: ({ client, tab }) => {
    tab.enterBfcache()
    return client.ready()
  },
  'a held request': async ({ client, bff, browser }) => {
    bff.intercept(null)
    bff.endSessions('idle')
    await client.getAccessToken().catch(() => {})
    expect(client.getState().status).toBe('expired')
    bff.intercept(() => browser.wait(500))
    return client.fetch('/api/items')
  },
}

describe('dispose', () => {
  it.each(Object.keys(waits))('ends %s, and nothing follows', async (name) => {
    const page = await openSlowPage({ onExpired: 'hold' })
    const { browser, client, tab, other } = page
    const waiting = waits[name]!(page).then(
      () => 'resolved',
      (error: unknown) => error,
    )
    await browser.advance(100)
    const [requests, messages] = [browser.requests.length, browser.messages.length]
    client.dispose()
    other.client.dispose()
    const state = client.getState()
    await browser.advance(hour)
    expect(await waiting).not.toBe('resolved')
    expect(client.getState()).toBe(state)
    expect(client.accessToken.get()).toBeNull()
    expect([browser.requests.length, browser.messages.length]).toEqual([requests, messages])
    expect([tab.listenerCount(), browser.timerCount()]).toEqual([0, 0])
  })

  it('is final: later calls reject, and a late subscriber does not start the client again', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client, tab } = openPage()
    const other = openPage()
    await client.ready()
    client.dispose()
    const before = browser.requests.length
    const statuses: string[] = []
    client.subscribe(({ status }) => statuses.push(status))
    const calls = [client.getAccessToken(), client.signIn(bob), client.extend(), client.fetch('/api/items')]
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'login_required' })
    await client.signOut()
    expect(browser.requests.length).toBe(before)
    await other.client.signIn(bob)
    tab.show()
    await browser.advance(hour)
    expect(statuses).toEqual([])
    expect(tab.listenerCount()).toBe(0)
    expect(bff.signInCount()).toBe(2)
  })

  it('ends what a listener starts because the token is gone', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    const results: unknown[] = []
    client.accessToken.subscribe(() => {
      for (const call of [client.signIn(bob), client.extend(), client.getAccessToken()])
        call.then(
          () => results.push('resolved'),
          (error: unknown) => results.push((error as { code?: string }).code),
        )
    })
    const before = browser.requests.length
    client.dispose()
    const state = client.getState()
    await browser.advance(hour)
    expect(results).toEqual(['login_required', 'login_required', 'login_required'])
    expect(client.getState()).toBe(state)
    expect(browser.requests.length).toBe(before)
    expect(bff.signInCount()).toBe(1)
  })

  it('sends no sign-out for a user that the schema rejects later', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const rejectLater = createSlowSchema(() => browser.wait(500).then(() => Promise.reject(new Error('no'))))
    const { client } = openPage({ user: rejectLater })
    await browser.advance(100)
    client.dispose()
    await browser.advance(hour)
    expect(browser.requests).toEqual(['GET /auth/session'])
    expect(browser.messages).toEqual([])
  })

  it('rejects ready() of a client that has not restored its session', async () => {
    const { browser } = createSetup({ signedInAs: 'cathy' })
    browser.goOffline()
    const client = createAuthClient({ platform: browser.openTab().platform })
    const before = client.ready()
    client.dispose()
    await expect(before).rejects.toMatchObject({ name: 'AuthError' })
    await expect(client.ready()).rejects.toMatchObject({ name: 'AuthError' })
  })

  it('repeats no sign-out', async () => {
    const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    await client.ready()
    bff.intercept(() => createErrorResponse(503, 'temporarily_unavailable'))
    await client.signOut()
    client.dispose()
    await browser.advance(hour)
    expect(browser.requests.filter((line) => line.startsWith('DELETE'))).toHaveLength(1)
    expect(browser.timerCount()).toBe(0)
  })
})
