import type { BffOptions } from '@latchkey/bff'
import { expect, it } from 'vitest'
import type { BrowserResponse } from '../../packages/bff/test/support/browser.ts'
import { createBrowser, createTestBff } from '../../packages/bff/test/support/browser.ts'
import type { ReceivedRequest, Reply } from '../../packages/bff/test/support/token-endpoint.ts'
import {
  createTokenEndpoint,
  grantsOf,
  json,
  rotating,
} from '../../packages/bff/test/support/token-endpoint.ts'
import { createProvider } from './setup.ts'

const api = 'https://api.example.com/v1/items/'
const route = { path: '/api/items/*', to: `${api}*`, methods: ['GET' as const, 'POST' as const] }

/** Creates a BFF in proxy mode with a signed-in browser and a resource server. */
async function openProxy(resource: Reply = json({ ok: true }), options: Partial<BffOptions> = {}) {
  const server = rotating()
  const testBff = createTestBff(
    (request) => (request.url.hostname === 'as.example.com' ? server : resource)(request),
    {
      mode: 'proxy',
      proxy: [route],
      ...options,
    },
  )
  await testBff.signIn()
  const { sendRequest, jar } = createBrowser({ fetch: testBff.bff.fetch, basePath: '' })
  for (const [name, value] of testBff.jar) jar.set(name, value)
  const listApiRequests = (): ReceivedRequest[] =>
    testBff.endpoint.requests.filter(({ url }) => url.hostname !== 'as.example.com')
  return { ...testBff, sendRequest, listApiRequests }
}

it.each([
  ['GET', '/api/items/7?a=%20b', `${api}7?a=%20b`],
  ['POST', '/api/items/7/notes', `${api}7/notes`],
])('71 forwards an allowed request: %s %s', async (method, path, address) => {
  const { sendRequest, listApiRequests } = await openProxy()
  expect((await sendRequest(method, path, method === 'POST' ? { a: 1 } : undefined)).status).toBe(200)
  expect(listApiRequests().map((request) => [request.method, request.url.href])).toEqual([[method, address]])
})

it.each([
  ['DELETE', '/api/items/7'],
  ['PUT', '/api/items/7'],
  ['OPTIONS', '/api/items/7'],
  ['GET', '/api/items'],
  ['GET', '/api/itemsandmore'],
  ['GET', '/api/other'],
  ['GET', '/API/items/7'],
  ['GET', '//evil.example/api/items/7'],
])('71 rejects any other request: %s %s', async (method, path) => {
  const { sendRequest, listApiRequests } = await openProxy()
  expect((await sendRequest(method, path)).status).toBeGreaterThanOrEqual(400)
  expect(listApiRequests()).toEqual([])
})

it('71 replaces the cookie by the token, and removes hop-by-hop headers', async () => {
  const { sendRequest, listApiRequests } = await openProxy()
  await sendRequest('GET', '/api/items/7', undefined, {
    Authorization: 'Bearer of-the-page',
    Connection: 'keep-alive, X-Secret-Hop',
    'X-Secret-Hop': '1',
    'Keep-Alive': 'timeout=5',
    'Proxy-Authorization': 'Basic x',
    TE: 'trailers',
    Upgrade: 'h2c',
    'X-Request-ID': 'stays',
  })
  const headers = listApiRequests()[0]?.headers as Headers
  expect(headers.get('Authorization')).toBe('Bearer access-1')
  expect(headers.get('X-Request-ID')).toBe('stays')
  for (const name of [
    'Cookie',
    'X-Secret-Hop',
    'Proxy-Authorization',
    'TE',
    'Upgrade',
    'Keep-Alive',
    'X-Latchkey',
  ])
    expect([name, headers.get(name)]).toEqual([name, null])
})

it('71 returns neither a cookie of the resource server nor the token', async () => {
  const { sendRequest, restore } = await openProxy(
    json({ ok: true }, 200, { 'Set-Cookie': '__Host-Http-latchkey=x; Path=/', 'X-Own': 'stays' }),
  )
  const responses: BrowserResponse[] = [await sendRequest('GET', '/api/items/7'), await restore()]
  expect(responses[0]?.headers.getSetCookie()).toEqual([])
  expect(responses[0]?.headers.get('X-Own')).toBe('stays')
  for (const { text, headers } of responses)
    expect(text + JSON.stringify([...headers])).not.toContain('access-1')
})

it('71 forwards nothing without a session', async () => {
  const { sendRequest, signOut, listApiRequests } = await openProxy()
  await signOut()
  expect((await sendRequest('GET', '/api/items/7', undefined, { Cookie: '' })).body.error).toBe(
    'login_required',
  )
  expect(listApiRequests()).toEqual([])
})

it.each([
  '/api/items/../admin',
  '/api/items/%2e%2e/admin',
  '/api/items/..%2fadmin',
  '/api/items/..%5cadmin',
  '/api/items/..\\admin',
  '/api/items/%252e%252e/admin',
  '/api/items/%252e%252e%252fadmin',
  '/api/items/..;/admin',
  '/api/items//evil.example/',
  '/api/items/@evil.example/',
  '/api/items/%40evil.example/',
  '/api/items/%0d%0aHost:evil.example',
  '/api/items/%00',
  '/api/items/https://evil.example/',
])('53 sends the token only to URLs below the route: %s', async (path) => {
  const { sendRequest, listApiRequests } = await openProxy()
  await sendRequest('GET', path)
  for (const { url } of listApiRequests()) {
    expect(url.href.startsWith(api)).toBe(true)
    expect(decodeURIComponent(decodeURIComponent(url.pathname))).not.toMatch(/\.\.|\\|[\r\n\0]/)
  }
})

it.each([301, 302, 303, 307, 308])('53 does not follow a redirect with the token (%i)', async (status) => {
  const forwarded: string[] = []
  const server = createTokenEndpoint(rotating())
  const { sendRequest } = await openProxy(undefined, {
    platform: {
      fetch: async (input, init) => {
        const { url, redirect } = new Request(input, init)
        if (url.startsWith('https://as.example.com/')) return server.fetch(input, init)
        forwarded.push(`${redirect} ${url}`)
        return new Response(null, { status, headers: { Location: 'https://evil.example/' } })
      },
    },
  })
  expect((await sendRequest('GET', '/api/items/7')).status).toBe(502)
  expect(forwarded).toEqual([`manual ${api}7`])
})

it('52 writes the token into the URL when the description says so, and sets no-store', async () => {
  const { sendRequest, listApiRequests } = await openProxy(
    json({ ok: true }, 200, { 'Cache-Control': 'public, max-age=3600' }),
    {
      provider: { ...createProvider(), resource: { tokenPlacement: { query: 'access_token' } } },
    },
  )
  const response = await sendRequest('GET', '/api/items/7?a=1')
  expect(listApiRequests()[0]?.url.href).toBe(`${api}7?a=1&access_token=access-1`)
  expect(listApiRequests()[0]?.headers.has('Authorization')).toBe(false)
  expect(response.headers.get('Cache-Control')).toBe('no-store')
})

it.each([
  ['an empty one', '', 1],
  [
    'insufficient_scope among others',
    'Basic realm="a, b", BEARER realm="x \\"y\\"", Error = "insufficient_scope"',
    0,
  ],
  ['insufficient_scope after a token68', 'Negotiate dG9rZW42OA==, Bearer error=insufficient_scope', 0],
  ['insufficient_scope with an escape in it', 'Bearer error="insufficient\\_scope"', 0],
  ['insufficient_scope inside another value', 'Bearer realm="error=insufficient_scope"', 1],
  ['insufficient_scope of another scheme', 'Digest error="insufficient_scope"', 1],
  ['garbage', ',,, = "" \\ Bearer="', 1],
])('57 reads the challenges of a 401 in the proxy: %s', async (_, challenge, refreshes) => {
  const { sendRequest, endpoint, clock } = await openProxy(json({}, 401, { 'WWW-Authenticate': challenge }))
  await clock.pass(20)
  const response = await sendRequest('GET', '/api/items/7')
  expect(response.status).toBe(401)
  expect(response.headers.get('WWW-Authenticate') ?? '').not.toMatch(/basic|negotiate|digest/i)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(refreshes)
})

it('55 refreshes and retries once after a 401 in the proxy, and returns the second 401 unchanged', async () => {
  let tries = 0
  const { sendRequest, listApiRequests, endpoint, clock } = await openProxy(() =>
    Response.json({ tries: (tries += 1) }, { status: 401 }),
  )
  await clock.pass(20)
  const response = await sendRequest('GET', '/api/items/7')
  expect([response.status, response.text]).toEqual([401, '{"tries":2}'])
  expect(listApiRequests().map(({ headers }) => headers.get('Authorization'))).toEqual([
    'Bearer access-1',
    'Bearer access-2',
  ])
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})
