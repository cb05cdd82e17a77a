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
import { plain } from './setup.ts'

const api = 'https://api.example.com/v1/items/'
const route = { path: '/api/items/*', to: `${api}*`, methods: ['GET' as const, 'POST' as const] }

/** A browser that is signed in at a BFF which stands between it and a resource server. */
async function openProxy(resource: Reply = json({ ok: true }), options: Partial<BffOptions> = {}) {
  const server = rotating()
  const scene = createTestBff(
    (asked) => (asked.url.hostname === 'as.example.com' ? server : resource)(asked),
    {
      mode: 'proxy',
      proxy: [route],
      ...options,
    },
  )
  await scene.signIn()
  const { sendRequest: ask, jar } = createBrowser({ fetch: scene.bff.fetch, basePath: '' })
  for (const [name, value] of scene.jar) jar.set(name, value)
  const heard = (): ReceivedRequest[] =>
    scene.endpoint.requests.filter(({ url }) => url.hostname !== 'as.example.com')
  return { ...scene, ask, heard }
}

it.each([
  ['GET', '/api/items/7?a=%20b', `${api}7?a=%20b`],
  ['POST', '/api/items/7/notes', `${api}7/notes`],
])('71 passes on what is on the list: %s %s', async (method, path, address) => {
  const { ask, heard } = await openProxy()
  expect((await ask(method, path, method === 'POST' ? { a: 1 } : undefined)).status).toBe(200)
  expect(heard().map((asked) => [asked.method, asked.url.href])).toEqual([[method, address]])
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
])('71 passes on nothing else: %s %s', async (method, path) => {
  const { ask, heard } = await openProxy()
  expect((await ask(method, path)).status).toBeGreaterThanOrEqual(400)
  expect(heard()).toEqual([])
})

it('71 puts the token in place of the cookie, and lets no header of one connection through', async () => {
  const { ask, heard } = await openProxy()
  await ask('GET', '/api/items/7', undefined, {
    Authorization: 'Bearer of-the-page',
    Connection: 'keep-alive, X-Secret-Hop',
    'X-Secret-Hop': '1',
    'Keep-Alive': 'timeout=5',
    'Proxy-Authorization': 'Basic x',
    TE: 'trailers',
    Upgrade: 'websocket',
    'X-Own': 'stays',
  })
  const headers = heard()[0]?.headers as Headers
  expect(headers.get('Authorization')).toBe('Bearer access-1')
  expect(headers.get('X-Own')).toBe('stays')
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

it('71 hands on no cookie of the resource server, and no token', async () => {
  const { ask, restore } = await openProxy(
    json({ ok: true }, 200, { 'Set-Cookie': '__Host-Http-latchkey=x; Path=/', 'X-Own': 'stays' }),
  )
  const answers: BrowserResponse[] = [await ask('GET', '/api/items/7'), await restore()]
  expect(answers[0]?.headers.getSetCookie()).toEqual([])
  expect(answers[0]?.headers.get('X-Own')).toBe('stays')
  for (const { text, headers } of answers)
    expect(text + JSON.stringify([...headers])).not.toContain('access-1')
})

it('71 asks nobody without a session', async () => {
  const { ask, signOut, heard } = await openProxy()
  await signOut()
  expect((await ask('GET', '/api/items/7', undefined, { Cookie: '' })).body.error).toBe('login_required')
  expect(heard()).toEqual([])
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
])('53 sends the token nowhere but below the route, whatever is asked for: %s', async (path) => {
  const { ask, heard } = await openProxy()
  await ask('GET', path)
  for (const { url } of heard()) {
    expect(url.href.startsWith(api)).toBe(true)
    expect(decodeURIComponent(decodeURIComponent(url.pathname))).not.toMatch(/\.\.|\\|[\r\n\0]/)
  }
})

it.each([301, 302, 303, 307, 308])(
  '53 carries the token along with no redirect to elsewhere (%i)',
  async (status) => {
    const asked: string[] = []
    const server = createTokenEndpoint(rotating())
    const { ask } = await openProxy(undefined, {
      platform: {
        fetch: async (input, init) => {
          const { url, redirect } = new Request(input, init)
          if (url.startsWith('https://as.example.com/')) return server.fetch(input, init)
          asked.push(`${redirect} ${url}`)
          return new Response(null, { status, headers: { Location: 'https://evil.example/' } })
        },
      },
    })
    expect((await ask('GET', '/api/items/7')).status).toBe(502)
    expect(asked).toEqual([`manual ${api}7`])
  },
)

it('52 writes the token into the URL where the description says so, and lets nobody keep the answer', async () => {
  const { ask, heard } = await openProxy(
    json({ ok: true }, 200, { 'Cache-Control': 'public, max-age=3600' }),
    {
      provider: { ...plain(), resource: { tokenPlacement: { query: 'access_token' } } },
    },
  )
  const answer = await ask('GET', '/api/items/7?a=1')
  expect(heard()[0]?.url.href).toBe(`${api}7?a=1&access_token=access-1`)
  expect(heard()[0]?.headers.has('Authorization')).toBe(false)
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
})

it.each([
  ['one that was rejected', '', 1],
  [
    'insufficient_scope among others',
    'Basic realm="a, b", BEARER realm="x \\"y\\"", Error = "insufficient_scope"',
    0,
  ],
  ['insufficient_scope behind a token68', 'Negotiate dG9rZW42OA==, Bearer error=insufficient_scope', 0],
  ['insufficient_scope with an escape in it', 'Bearer error="insufficient\\_scope"', 0],
  ['insufficient_scope in a text only', 'Bearer realm="error=insufficient_scope"', 1],
  ['insufficient_scope of another scheme', 'Digest error="insufficient_scope"', 1],
  ['garbage', ',,, = "" \\ Bearer="', 1],
])('57 reads the challenges of a 401 in the proxy: %s', async (_, challenge, refreshes) => {
  const { ask, endpoint, clock } = await openProxy(json({}, 401, { 'WWW-Authenticate': challenge }))
  await clock.pass(20)
  const answer = await ask('GET', '/api/items/7')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('WWW-Authenticate') ?? '').not.toMatch(/basic|negotiate|digest/i)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(refreshes)
})

it('55 refreshes once and tries once more after a 401 in the proxy, and hands the second on as it is', async () => {
  let tries = 0
  const { ask, heard, endpoint, clock } = await openProxy(() =>
    Response.json({ tries: (tries += 1) }, { status: 401 }),
  )
  await clock.pass(20)
  const answer = await ask('GET', '/api/items/7')
  expect([answer.status, answer.text]).toEqual([401, '{"tries":2}'])
  expect(heard().map(({ headers }) => headers.get('Authorization'))).toEqual([
    'Bearer access-1',
    'Bearer access-2',
  ])
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
})
