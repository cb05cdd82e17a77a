import type { BffOptions } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { axosoft, classSuper } from '@latchkey/bff/providers'
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
const credentials = { username: cathy.username, password: cathy.password }
const fundListPath = '/api/funds/b/OAUTH_TEST/fund-data/fund-list'
const acceptJson = { headers: { accept: 'application/json' } }

const { clientId, clientSecret } = demoClient
const classOptions: Pick<BffOptions, 'provider' | 'proxy'> = {
  provider: classSuper({
    clientId,
    clientSecret,
    business: classBusiness.code,
    scope: ['fund.read', 'offline_access'],
    tokenEndpoint: `${sandboxOrigin}/class/connect/token`,
    api: `${sandboxOrigin}/class/api/1.0`,
  }),
  proxy: [{ path: '/api/funds/*', to: `${sandboxOrigin}/class/api/1.0/*`, methods: ['GET'] }],
}
const axosoftOptions: Pick<BffOptions, 'provider' | 'proxy'> = {
  provider: axosoft({ site: `${sandboxOrigin}/axosoft`, clientId, clientSecret }),
  proxy: [{ path: '/api/items', to: `${sandboxOrigin}/axosoft/api/v6/items`, methods: ['GET'] }],
}

interface ProxyStack {
  browser: TestBrowser
  client: AuthClient
  sandbox: Sandbox
  /** The headers and body of every response that the browser received. */
  responses: string[]
  /** The headers of the page's requests to proxy routes. */
  proxyRequestHeaders: Headers[]
}

/** Opens a page in proxy mode and signs in. */
async function createProxyStack(options: Pick<BffOptions, 'provider' | 'proxy'>): Promise<ProxyStack> {
  const responses: string[] = []
  const proxyRequestHeaders: Headers[] = []
  const sandbox = createSandbox({
    now: () => browser.wallNow(),
    wait: (milliseconds) => browser.wait(milliseconds),
  })
  const bff = createBff({
    ...options,
    mode: 'proxy',
    logger: { info() {}, warn() {}, error() {} },
    platform: {
      now: () => browser.wallNow(),
      sleep: (milliseconds, signal) =>
        Promise.race([
          browser.wait(milliseconds),
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('awake')))),
        ]),
      fetch: sandbox.fetch,
    },
  })
  const browser = createTestBrowser({
    pageUrl: 'https://portal.test/',
    network: async (request) => {
      const { pathname } = new URL(request.url)
      if (!bff.owns(pathname)) return new Response('', { status: 404 })
      if (!pathname.startsWith('/auth/')) proxyRequestHeaders.push(request.headers)
      const response = await bff.fetch(request)
      const { 'set-cookie': _cookie, ...headers } = Object.fromEntries(response.headers)
      responses.push(JSON.stringify(headers) + (await response.clone().text()))
      return response
    },
  })
  const client = createAuthClient({ platform: browser.openTab().platform })
  client.subscribe(() => {})
  await client.ready()
  await client.signIn(credentials)
  return { browser, client, sandbox, responses, proxyRequestHeaders: proxyRequestHeaders }
}

describe('a page in proxy mode', () => {
  it('sends only its cookie for eight hours, and never receives a token', async () => {
    const { browser, client, sandbox, responses, proxyRequestHeaders } = await createProxyStack(classOptions)
    for (let hours = 0; hours < 8; hours += 1) {
      await browser.advance(hour)
      const response = await client.fetch(`${fundListPath}?page=1`, acceptJson)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('Acacia')
    }
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(8)
    expect(
      proxyRequestHeaders.map((headers) => [headers.get('x-latchkey'), headers.get('authorization')]),
    ).toEqual(Array.from({ length: 8 }, () => ['1', null]))
    expect(client.accessToken.get()).toBeNull()
    expect(responses.join()).not.toMatch(/access_token|refresh_token/)
  })

  it('receives no error when the resource server rejects a token', async () => {
    const { browser, client, sandbox, responses } = await createProxyStack(classOptions)
    await browser.advance(5 * minute)
    sandbox.expireAccessTokens()
    const fetched = await Promise.all(
      Array.from({ length: 20 }, () => client.fetch(fundListPath, acceptJson)),
    )
    expect(fetched.map(({ status }) => status)).toEqual(fetched.map(() => 200))
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(1)
    expect(responses.filter((response) => response.includes('"error"'))).toEqual([])
  })

  it('stays signed in when the resource server responds to every token with 401', async () => {
    const { browser, client, sandbox } = await createProxyStack(classOptions)
    await browser.advance(5 * minute)
    sandbox.faults.add({ system: 'class', on: 'resource', kind: 'refuse', times: 100 })
    for (let round = 0; round < 3; round += 1) {
      const response = await client.fetch(fundListPath, acceptJson)
      expect(response.status).toBe(401)
    }
    expect(client.getState().status).toBe('signed-in')
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(1)
  })

  it('keeps the user and asks for a new sign-in when the BFF has ended the session', async () => {
    const { browser, client } = await createProxyStack(axosoftOptions)
    expect((await client.fetch('/api/items')).status).toBe(200)
    await browser.advance(13 * hour)
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState()).toMatchObject({ status: 'expired', session: { user: { first_name: 'Cathy' } } })
    await client.signIn(credentials)
    expect((await client.fetch('/api/items')).status).toBe(200)
  })

  it('asks for a new sign-in when the API rejects a token without a refresh token', async () => {
    const { browser, client, sandbox } = await createProxyStack(axosoftOptions)
    await browser.advance(hour)
    sandbox.revokeAll()
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('expired')
  })
})
