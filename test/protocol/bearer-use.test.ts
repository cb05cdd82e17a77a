import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthClient } from '@latchkey/core'
import { expect, it } from 'vitest'
import { credentials, page } from '../../packages/bff/test/support/browser.ts'
import { grantsOf, json, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { openPage } from './page.ts'
import { tokenResponse, createProvider } from './setup.ts'

it.each([
  ['Bearer', 'bearer'],
  ['Bearer', 'BEARER'],
  ['OAuth2', 'OAuth2'],
  ['oauth2', 'Bearer'],
])(
  '50 sends the token with the scheme of the description: %s, for the token_type %s',
  async (scheme, token_type) => {
    const { client, apiRequests } = await openPage(json({ ...tokenResponse, token_type }), {
      provider: { ...createProvider(), resource: { tokenPlacement: { header: 'Authorization', scheme } } },
    })
    await client.fetch('/api/items')
    expect(apiRequests[0]?.headers.get('Authorization')).toBe(`${scheme} a`)
  },
)

it('51 sends the token in one header and nowhere else', async () => {
  const { client, apiRequests } = await openPage(json({ ...tokenResponse, access_token: 'canary' }))
  await client.fetch('/api/items?a=1', { method: 'POST', body: new URLSearchParams({ b: '2' }) })
  const [{ url, headers }, body] = [apiRequests[0] as Request, await apiRequests[0]?.text()]
  expect([url, body]).toEqual([`${page}/api/items?a=1`, 'b=2'])
  expect([...headers].filter(([, value]) => value.includes('canary'))).toEqual([
    ['authorization', 'Bearer canary'],
  ])
})

it('52 writes the token into no URL of the page or the BFF', async () => {
  const { client, browser, apiRequests, endpoint, bff, pass } = await openPage(
    json({ ...tokenResponse, access_token: 'canary', refresh_token: 'canary-too' }),
    { api: () => new Response(null, { status: 401 }) },
  )
  await pass(20)
  await client.fetch('/api/items')
  await client.getAccessToken({ forceRefresh: true })
  await client.signOut()
  await pass(1)
  await bff.close()
  const urls = [
    ...browser.requests,
    ...apiRequests.map(({ url }) => url),
    ...endpoint.requests.map(({ url }) => url.href),
  ]
  expect(urls.length).toBeGreaterThan(7)
  expect(urls.join('\n')).not.toContain('canary')
})

it('53 does not send the token to another origin after a redirect', async () => {
  const received: [string, IncomingHttpHeaders][] = []
  const startServer = async (handler: Parameters<typeof createServer>[1]) => {
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  const otherServer = await startServer((request, response) => {
    received.push(['other', request.headers])
    response.end()
  })
  const allowedServer = await startServer((request, response) => {
    received.push(['allowed', request.headers])
    response.writeHead(307, { Location: `${otherServer.origin}/` }).end()
  })
  const { tab } = await openPage(rotating())
  const client = createAuthClient({
    allow: [allowedServer.origin],
    platform: {
      ...tab.platform,
      fetch: (input, init) =>
        new URL(input instanceof Request ? input.url : input, page).origin === allowedServer.origin
          ? globalThis.fetch(input, init)
          : tab.platform.fetch(input, init),
    },
  })
  await client.ready()
  await client.fetch(`${allowedServer.origin}/api/items`)
  expect(received.map(([name, headers]) => [name, headers.authorization])).toEqual([
    ['allowed', 'Bearer access-1'],
    ['other', undefined],
  ])
  for (const { server } of [allowedServer, otherServer]) server.close()
})

it('55 returns the second 401 unchanged after one refresh and one retry', async () => {
  let tries = 0
  const { client, endpoint, pass } = await openPage(rotating(), {
    api: () => Response.json({ tries: (tries += 1) }, { status: 401, headers: { 'X-Own': 'stays' } }),
  })
  await pass(20)
  const response = await client.fetch('/api/items')
  expect([response.status, response.headers.get('X-Own'), await response.text()]).toEqual([
    401,
    'stays',
    '{"tries":2}',
  ])
  expect(tries).toBe(2)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it('58 refreshes and retries when the error is invalid_token', async () => {
  const challenge = { 'WWW-Authenticate': 'Bearer realm="api", error="invalid_token"' }
  const { client, endpoint, pass } = await openPage(rotating(), {
    api: ({ headers }) =>
      headers.get('Authorization') === 'Bearer access-1'
        ? new Response(null, { status: 401, headers: challenge })
        : new Response(),
  })
  await pass(20)
  expect((await client.fetch('/api/items')).status).toBe(200)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})

it.each([
  [403, 'Bearer error="insufficient_scope", scope="items:write"'],
  [401, 'Bearer error="insufficient_scope", scope="items:write"'],
  [400, 'Bearer error="invalid_request", error_description="x"'],
  [403, 'Bearer error="invalid_token"'],
])('58 returns %i with %s to the caller unchanged, without a refresh', async (status, challenge) => {
  const { client, endpoint, apiRequests, pass } = await openPage(rotating(), {
    api: () => new Response('as it is', { status, headers: { 'WWW-Authenticate': challenge } }),
  })
  await pass(20)
  const response = await client.fetch('/api/items')
  expect([response.status, await response.text()]).toEqual([status, 'as it is'])
  expect(response.headers.get('WWW-Authenticate')).toBe(challenge)
  expect(apiRequests).toHaveLength(1)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
  expect(client.getState().status).toBe('signed-in')
})

it.each([undefined, 'Bearer', 'Bearer realm="api"', 'Basic realm="api"'])(
  '59 refreshes once after a 401 with the challenge %s, which contains no error',
  async (challenge) => {
    const { client, endpoint, apiRequests, pass } = await openPage(rotating(), {
      api: () =>
        new Response(null, { status: 401, headers: challenge ? { 'WWW-Authenticate': challenge } : {} }),
    })
    await pass(20)
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(apiRequests).toHaveLength(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  },
)

it('59 does not refresh after a 401 for a request without the access token', async () => {
  const { client, endpoint, apiRequests, pass } = await openPage(rotating(), {
    api: () => new Response(null, { status: 401 }),
  })
  await pass(20)
  await client.fetch('/api/items', { headers: { Authorization: `Basic ${btoa(credentials.username)}` } })
  await client.fetch('https://elsewhere.example.com/')
  expect(apiRequests).toHaveLength(2)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
})
