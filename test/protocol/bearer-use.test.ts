import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthClient } from '@latchkey/core'
import { expect, it } from 'vitest'
import { credentials, page } from '../../packages/bff/test/support/browser.ts'
import { grantsOf, json, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { openPage } from './page.ts'
import { good, plain } from './setup.ts'

it.each([
  ['Bearer', 'bearer'],
  ['Bearer', 'BEARER'],
  ['OAuth2', 'OAuth2'],
  ['oauth2', 'Bearer'],
])(
  '50 shows a token with the scheme as the description spells it: %s, told as %s',
  async (scheme, token_type) => {
    const { client, heard } = await openPage(json({ ...good, token_type }), {
      provider: { ...plain(), resource: { tokenPlacement: { header: 'Authorization', scheme } } },
    })
    await client.fetch('/api/items')
    expect(heard[0]?.headers.get('Authorization')).toBe(`${scheme} a`)
  },
)

it('51 shows a token in one header and nowhere else', async () => {
  const { client, heard } = await openPage(json({ ...good, access_token: 'canary' }))
  await client.fetch('/api/items?a=1', { method: 'POST', body: new URLSearchParams({ b: '2' }) })
  const [{ url, headers }, body] = [heard[0] as Request, await heard[0]?.text()]
  expect([url, body]).toEqual([`${page}/api/items?a=1`, 'b=2'])
  expect([...headers].filter(([, value]) => value.includes('canary'))).toEqual([
    ['authorization', 'Bearer canary'],
  ])
})

it('52 writes a token into no URL: not of the page, not of the BFF', async () => {
  const { client, browser, heard, endpoint, bff, pass } = await openPage(
    json({ ...good, access_token: 'canary', refresh_token: 'canary-too' }),
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
    ...heard.map(({ url }) => url),
    ...endpoint.requests.map(({ url }) => url.href),
  ]
  expect(urls.length).toBeGreaterThan(7)
  expect(urls.join('\n')).not.toContain('canary')
})

it('53 carries no token along when another origin is where a redirect points', async () => {
  const heard: [string, IncomingHttpHeaders][] = []
  const serve = async (answer: Parameters<typeof createServer>[1]) => {
    const server = createServer(answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  const other = await serve((request, response) => {
    heard.push(['other', request.headers])
    response.end()
  })
  const own = await serve((request, response) => {
    heard.push(['own', request.headers])
    response.writeHead(307, { Location: `${other.origin}/` }).end()
  })
  const { tab } = await openPage(rotating())
  const client = createAuthClient({
    allow: [own.origin],
    platform: {
      ...tab.platform,
      fetch: (input, init) =>
        new URL(input instanceof Request ? input.url : input, page).origin === own.origin
          ? globalThis.fetch(input, init)
          : tab.platform.fetch(input, init),
    },
  })
  await client.ready()
  await client.fetch(`${own.origin}/api/items`)
  expect(heard.map(([name, headers]) => [name, headers.authorization])).toEqual([
    ['own', 'Bearer access-1'],
    ['other', undefined],
  ])
  for (const { server } of [own, other]) server.close()
})

it('55 hands the second 401 on as it is, after one refresh and one more try', async () => {
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

it('58 refreshes and tries again when the error is invalid_token', async () => {
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
])(
  '58 hands %i with %s to the caller as it is, who learns what scope is wanted',
  async (status, challenge) => {
    const { client, endpoint, heard, pass } = await openPage(rotating(), {
      api: () => new Response('as it is', { status, headers: { 'WWW-Authenticate': challenge } }),
    })
    await pass(20)
    const response = await client.fetch('/api/items')
    expect([response.status, await response.text()]).toEqual([status, 'as it is'])
    expect(response.headers.get('WWW-Authenticate')).toBe(challenge)
    expect(heard).toHaveLength(1)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
    expect(client.getState().status).toBe('signed-in')
  },
)

it.each([undefined, 'Bearer', 'Bearer realm="api"', 'Basic realm="api"'])(
  '59 refreshes once after a 401 with the challenge %s, which tells no error',
  async (challenge) => {
    const { client, endpoint, heard, pass } = await openPage(rotating(), {
      api: () =>
        new Response(null, { status: 401, headers: challenge ? { 'WWW-Authenticate': challenge } : {} }),
    })
    await pass(20)
    expect((await client.fetch('/api/items')).status).toBe(401)
    expect(heard).toHaveLength(2)
    expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(1)
  },
)

it('59 does not refresh after a 401 to a request that carried no token of ours', async () => {
  const { client, endpoint, heard, pass } = await openPage(rotating(), {
    api: () => new Response(null, { status: 401 }),
  })
  await pass(20)
  await client.fetch('/api/items', { headers: { Authorization: `Basic ${btoa(credentials.username)}` } })
  await client.fetch('https://elsewhere.example.com/')
  expect(heard).toHaveLength(2)
  expect(grantsOf(endpoint, 'refresh_token')).toHaveLength(0)
})
