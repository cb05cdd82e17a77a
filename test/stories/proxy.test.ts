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
const origin = 'https://sandbox.test'
const credentials = { username: cathy.username, password: cathy.password }
const fundList = '/api/funds/b/OAUTH_TEST/fund-data/fund-list'
const json = { headers: { accept: 'application/json' } }

const { clientId, clientSecret } = demoClient
const classApi: Pick<BffOptions, 'provider' | 'proxy'> = {
  provider: classSuper({
    clientId,
    clientSecret,
    business: classBusiness.code,
    scope: ['fund.read', 'offline_access'],
    tokenEndpoint: `${origin}/class/connect/token`,
    api: `${origin}/class/api/1.0`,
  }),
  proxy: [{ path: '/api/funds/*', to: `${origin}/class/api/1.0/*`, methods: ['GET'] }],
}
const axosoftApi: Pick<BffOptions, 'provider' | 'proxy'> = {
  provider: axosoft({ site: `${origin}/axosoft`, clientId, clientSecret }),
  proxy: [{ path: '/api/items', to: `${origin}/axosoft/api/v6/items`, methods: ['GET'] }],
}

interface Stage {
  browser: TestBrowser
  client: AuthClient
  sandbox: Sandbox
  /** The bodies and headers of every answer that reached the browser. */
  answers: string[]
  /** What the page sent at the proxy's paths. */
  sent: Headers[]
}

/** A page in mode `proxy`, with somebody signed in. */
async function setStage(options: Pick<BffOptions, 'provider' | 'proxy'>): Promise<Stage> {
  const answers: string[] = []
  const sent: Headers[] = []
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
      if (!pathname.startsWith('/auth/')) sent.push(request.headers)
      const answer = await bff.fetch(request)
      const { 'set-cookie': _cookie, ...headers } = Object.fromEntries(answer.headers)
      answers.push(JSON.stringify(headers) + (await answer.clone().text()))
      return answer
    },
  })
  const client = createAuthClient({ platform: browser.openTab().platform })
  client.subscribe(() => {})
  await client.ready()
  await client.signIn(credentials)
  return { browser, client, sandbox, answers, sent }
}

describe('a page in proxy mode', () => {
  it('asks with its cookie alone, all day long, and never sees a token', async () => {
    const { browser, client, sandbox, answers, sent } = await setStage(classApi)
    for (let hours = 0; hours < 8; hours += 1) {
      await browser.advance(hour)
      const answer = await client.fetch(`${fundList}?page=1`, json)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain('Acacia')
    }
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(8)
    expect(sent.map((headers) => [headers.get('x-latchkey'), headers.get('authorization')])).toEqual(
      Array.from({ length: 8 }, () => ['1', null]),
    )
    expect(client.accessToken.get()).toBeNull()
    expect(answers.join()).not.toMatch(/access_token|refresh_token/)
  })

  it('does not notice that the resource server rejected a token', async () => {
    const { browser, client, sandbox, answers } = await setStage(classApi)
    await browser.advance(5 * minute)
    sandbox.expireAccessTokens()
    const all = await Promise.all(Array.from({ length: 20 }, () => client.fetch(fundList, json)))
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(1)
    expect(answers.filter((answer) => answer.includes('"error"'))).toEqual([])
  })

  it('stays signed in when the resource server says 401 whatever the token is', async () => {
    const { browser, client, sandbox } = await setStage(classApi)
    await browser.advance(5 * minute)
    sandbox.faults.add({ system: 'class', on: 'resource', kind: 'refuse', times: 100 })
    for (let round = 0; round < 3; round += 1) {
      const answer = await client.fetch(fundList, json)
      expect(answer.status).toBe(401)
    }
    expect(client.getState().status).toBe('signed-in')
    expect(sandbox.requests.count({ kind: 'token', grant: 'refresh_token', status: 200 })).toBe(1)
  })

  it('asks to sign in again, in place, when the BFF has no session any more', async () => {
    const { browser, client } = await setStage(axosoftApi)
    expect((await client.fetch('/api/items')).status).toBe(200)
    await browser.advance(13 * hour)
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState()).toMatchObject({ status: 'expired', session: { user: { first_name: 'Cathy' } } })
    await client.signIn(credentials)
    expect((await client.fetch('/api/items')).status).toBe(200)
  })

  it('asks to sign in again when the API no longer knows a token that nothing can refresh', async () => {
    const { browser, client, sandbox } = await setStage(axosoftApi)
    await browser.advance(hour)
    sandbox.revokeAll()
    await expect(client.fetch('/api/items')).rejects.toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('expired')
  })
})
