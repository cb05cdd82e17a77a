import { createBff } from '@latchkey/bff'
import { classSuper } from '@latchkey/bff/providers'
import type { AuthClient } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestBrowser } from '@latchkey/core/testing'
import { createTestBrowser } from '@latchkey/core/testing'
import type { Sandbox } from '@latchkey/sandbox'
import { cathy, classBusiness, createSandbox, demoClient } from '@latchkey/sandbox'
import { describe, expect, it } from 'vitest'

const minute = 60_000
const hour = 60 * minute
const sandboxOrigin = 'https://sandbox.test'
const apiOrigin = 'https://api.test'
const credentials = { username: cathy.username, password: cathy.password }

interface TokenModeStack {
  browser: TestBrowser
  client: AuthClient
  sandbox: Sandbox
  /** The headers of the page's requests to the proxy routes. */
  pageRequests: Headers[]
  /** The headers of requests that the API received, from the proxy or directly from the page. */
  apiRequests: Headers[]
  /** The bodies that the API accepted. */
  notes: string[]
  countRefreshes: () => number
}

/**
 * A signed-in page in token mode with a notes API: below `/api` of its own origin through the BFF, and directly at
 * `api.test`. The API accepts the tokens that the sandbox accepts.
 */
async function createTokenModeStack(): Promise<TokenModeStack> {
  const pageRequests: Headers[] = []
  const apiRequests: Headers[] = []
  const notes: string[] = []
  const sandbox = createSandbox({
    now: () => browser.wallNow(),
    wait: (milliseconds) => browser.wait(milliseconds),
  })

  async function isTokenAccepted({ headers }: Request): Promise<boolean> {
    const { status } = await sandbox.fetch(
      `${sandboxOrigin}/class/api/1.0/b/OAUTH_TEST/fund-data/fund-list`,
      { headers: { accept: 'application/json', authorization: headers.get('authorization') ?? '' } },
    )
    return status === 200
  }

  async function respondAsApi(request: Request): Promise<Response> {
    apiRequests.push(request.headers)
    const body = await request.text()
    if (!(await isTokenAccepted(request))) return new Response('expired token', { status: 401 })
    if (request.method === 'POST') notes.push(body)
    return Response.json(notes)
  }

  const bff = createBff({
    provider: classSuper({
      clientId: demoClient.clientId,
      clientSecret: demoClient.clientSecret,
      business: classBusiness.code,
      scope: ['fund.read', 'offline_access'],
      tokenEndpoint: `${sandboxOrigin}/class/connect/token`,
      api: apiOrigin,
    }),
    proxy: [{ path: '/api/*', to: `${apiOrigin}/v1/*`, methods: ['GET', 'POST'] }],
    logger: { info() {}, warn() {}, error() {} },
    platform: {
      now: () => browser.wallNow(),
      sleep: (milliseconds, signal) =>
        Promise.race([
          browser.wait(milliseconds),
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
        ]),
      fetch: (input, init) => {
        const request = new Request(input, init)
        return request.url.startsWith(apiOrigin) ? respondAsApi(request) : sandbox.fetch(request)
      },
    },
  })
  const browser = createTestBrowser({
    pageUrl: 'https://portal.test/',
    network: (request) => {
      const { origin, pathname } = new URL(request.url)
      if (origin === apiOrigin) return respondAsApi(request)
      if (pathname.startsWith('/api/')) pageRequests.push(request.headers)
      return bff.fetch(request)
    },
  })
  const client = createAuthClient({ platform: browser.openTab().platform, allow: [apiOrigin] })
  client.subscribe(() => {})
  await client.ready()
  await client.signIn(credentials)
  return {
    browser,
    client,
    sandbox,
    pageRequests,
    apiRequests,
    notes,
    countRefreshes: () => sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 }),
  }
}

describe('a page in token mode with proxy routes', () => {
  it('reads and writes through the BFF; only writes send X-Latchkey, and the API gets the token without the cookie', async () => {
    const { client, pageRequests, apiRequests } = await createTokenModeStack()
    const write = await client.fetch('/api/notes', { method: 'POST', body: 'first note' })
    const read = await client.fetch('/api/notes')
    expect([write.status, await read.json()]).toEqual([200, ['first note']])
    expect(pageRequests.map((headers) => headers.get('x-latchkey'))).toEqual(['1', null])
    expect(pageRequests.map((headers) => headers.has('cookie'))).toEqual([true, true])
    const token = client.accessToken.get()
    for (const headers of apiRequests) {
      expect(headers.get('authorization')).toBe(`Bearer ${token}`)
      for (const name of ['cookie', 'x-latchkey', 'origin', 'sec-fetch-site'])
        expect(headers.has(name)).toBe(false)
    }
  })

  it('may read with a plain fetch, which sends no X-Latchkey, but not write', async () => {
    const { browser, notes } = await createTokenModeStack()
    const { platform } = browser.openTab()
    expect((await platform.fetch('/api/notes')).status).toBe(200)
    const write = await platform.fetch('/api/notes', { method: 'POST', body: 'forged note' })
    expect([write.status, await write.json()]).toMatchObject([403, { error: 'access_denied' }])
    expect(notes).toEqual([])
  })

  it('gets the session’s own token in place of an Authorization that it sends', async () => {
    const { client, apiRequests } = await createTokenModeStack()
    const headers = { authorization: 'Bearer of-another-user' }
    expect((await client.fetch('/api/notes', { headers })).status).toBe(200)
    expect(apiRequests.map((received) => received.get('authorization'))).toEqual([
      `Bearer ${client.accessToken.get()}`,
    ])
  })

  it('does not notice a rejected token, and gets the newer one without a second grant', async () => {
    const { browser, client, sandbox, countRefreshes } = await createTokenModeStack()
    await browser.advance(5 * minute)
    sandbox.expireAccessTokens()
    const oldToken = client.accessToken.get()
    const reads = await Promise.all([1, 2, 3].map(() => client.fetch('/api/notes')))
    expect(reads.map(({ status }) => status)).toEqual([200, 200, 200])
    expect([countRefreshes(), client.accessToken.get()]).toEqual([1, oldToken])

    // The page still has the old token, which the API rejects when the page sends it directly.
    await browser.advance(minute)
    expect((await client.fetch(`${apiOrigin}/v1/notes`)).status).toBe(200)
    expect(client.accessToken.get()).not.toBe(oldToken)
    expect(countRefreshes()).toBe(1)
  })

  it('sends a write again whose body the BFF has streamed, with the newer token and without a second grant', async () => {
    const { browser, client, sandbox, notes, countRefreshes } = await createTokenModeStack()
    await browser.advance(5 * minute)
    sandbox.expireAccessTokens()
    const body = 'x'.repeat(100_000)
    expect((await client.fetch('/api/notes', { method: 'POST', body })).status).toBe(200)
    expect([notes, countRefreshes()]).toEqual([[body], 1])
  })

  it('gets the 401 for a streamed body, which cannot be sent again, after one grant', async () => {
    const { browser, client, sandbox, notes, countRefreshes } = await createTokenModeStack()
    await browser.advance(5 * minute)
    sandbox.expireAccessTokens()
    const post = (): Promise<Response> => {
      const body = new Blob(['streamed']).stream()
      return client.fetch('/api/notes', { method: 'POST', body, duplex: 'half' } as RequestInit)
    }
    expect((await post()).status).toBe(401)
    expect((await post()).status).toBe(200)
    expect([notes, countRefreshes(), client.getState().status]).toEqual([['streamed'], 1, 'signed-in'])
  })

  it('stays signed in when the API rejects every token, after one grant', async () => {
    const { browser, client, sandbox, countRefreshes } = await createTokenModeStack()
    await browser.advance(5 * minute)
    sandbox.faults.add({ system: 'class', on: 'resource', kind: 'refuse', times: 100 })
    for (let round = 0; round < 3; round += 1) expect((await client.fetch('/api/notes')).status).toBe(401)
    expect([countRefreshes(), client.getState().status]).toEqual([1, 'signed-in'])
  })

  it('gets login_required without a session, and nothing reaches the API', async () => {
    const { browser, client, apiRequests } = await createTokenModeStack()
    const { platform } = browser.openTab()
    await client.signOut()
    await browser.advance(minute)
    const response = await platform.fetch('/api/notes')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'login_required', reason: 'no_session' })
    expect(apiRequests).toEqual([])
  })

  it('is asked to sign in again when the session has ended in the BFF', async () => {
    const { browser, client, apiRequests } = await createTokenModeStack()
    const { platform } = browser.openTab()
    await platform.fetch('/auth/session', { method: 'DELETE', headers: { 'x-latchkey': '1' } })
    await browser.advance(hour / 2)
    await expect(client.fetch('/api/notes')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('expired')
    expect(apiRequests).toEqual([])
  })
})
