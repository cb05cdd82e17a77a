import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Check, CheckContext, Page } from '../check.ts'
import { advanceClock, openSignedInPage, waitUntil } from '../check.ts'
import { compressedText } from '../upstream.ts'

/** What pages send to the API through the BFF. */
export const proxyChecks: readonly Check[] = [
  {
    name: 'sends the token to the API, and neither the cookie nor what is not on the list',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const headers = {
        'X-Tenant': 'one',
        X_Forwarded_User: 'admin',
        'X-Forwarded-For': '192.0.2.1',
        Accept: 'application/json',
      }
      const response = await page.fetch('/api/echo?page=2&q=a%20b', { headers })
      const echo = (await response.json()) as { method: string; url: string; headers: Record<string, string> }
      deepStrictEqual([response.status, echo.method, echo.url], [200, 'GET', '/v1/echo?page=2&q=a%20b'])
      ok(echo.headers['authorization']?.startsWith(`Bearer access.${context.username}.`))
      strictEqual(echo.headers['accept'], 'application/json')
      for (const name of [
        'cookie',
        'x-latchkey',
        'origin',
        'x-tenant',
        'x_forwarded_user',
        'x-forwarded-for',
      ])
        strictEqual(echo.headers[name], undefined, name)
      deepStrictEqual(response.headers.getSetCookie(), [])
      strictEqual(response.headers.get('cache-control'), 'no-store')
    },
  },
  {
    name: 'refuses paths and methods that no route allows, and requests without a session',
    async run(context) {
      const { page } = await openSignedInPage(context)
      strictEqual((await page.send('DELETE', '/api/echo'))[0], 405)
      strictEqual((await page.fetch('/other/echo')).status, 404)
      for (const path of ['/api/%2e%2e/admin', '/api/a%2fb', '/api/a%5cb'])
        ok([400, 404].includes((await page.fetch(path)).status), path)
      page.cookie = ''
      strictEqual((await page.send('GET', '/api/echo'))[1].error, 'login_required')
    },
  },
  {
    name: 'refreshes the token that the API rejects, and sends the request again',
    async run(context) {
      const { page } = await openSignedInPage(context)
      context.upstream.rejectAccessTokens(context.username)
      await advanceClock(context, 60)
      strictEqual((await page.fetch('/api/echo')).status, 200)
      deepStrictEqual(context.upstream.grants(context.username), ['password', 'refresh_token'])
    },
  },
  {
    name: 'passes on HEAD, responses without a body, and redirects to paths of a route only',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const head = await page.fetch('/api/echo', { method: 'HEAD' })
      deepStrictEqual([head.status, await head.text()], [200, ''])
      strictEqual((await page.fetch('/api/empty')).status, 204)
      const redirect = await page.fetch('/api/redirect')
      deepStrictEqual([redirect.status, redirect.headers.get('location')], [302, '/api/echo?page=2'])
      strictEqual((await page.fetch('/api/elsewhere')).status, 502)
    },
  },
  {
    name: 'streams an upload: the API has the first part before the page sends the last',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const exchange = context.upstream.exchange(context.username)
      const upload = openRequest(context, page, `/api/upload/${context.username}`, 'POST')
      const responded = once(upload, 'response')
      upload.write('x'.repeat(1000))
      await waitUntil(() => exchange.received === 1000)
      upload.end('y'.repeat(500))
      const [response] = await responded
      strictEqual(await readText(response), '1500 bytes')
    },
  },
  {
    name: 'passes a long upload and a long download on whole',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const body = new Uint8Array(5_000_000).fill(120)
      const response = await page.fetch(`/api/upload/${context.username}`, { method: 'POST', body })
      strictEqual(await response.text(), '5000000 bytes')
      const exchange = context.upstream.exchange(context.username)
      const download = await page.fetch(`/api/download/${context.username}`)
      exchange.end('z'.repeat(5_000_000))
      strictEqual((await download.arrayBuffer()).byteLength, 5_000_006)
    },
  },
  {
    name: 'streams a download: the page has the first part before the API sends the last',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const response = await page.fetch(`/api/download/${context.username}`)
      const parts = createPartReader(response)
      strictEqual(await parts.next(), 'first ')
      context.upstream.exchange(context.username).end('last')
      strictEqual(await parts.next(), 'last')
      strictEqual(await parts.next(), null)
    },
  },
  {
    name: 'ends the request to the API when the page leaves',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const leave = new AbortController()
      const response = await page.fetch(`/api/download/${context.username}`, { signal: leave.signal })
      strictEqual(await createPartReader(response).next(), 'first ')
      leave.abort()
      const exchange = context.upstream.exchange(context.username)
      // Workers notice it when the next part cannot be sent.
      await waitUntil(() => {
        exchange.write('next ')
        return exchange.isCut
      })
    },
  },
  {
    name: 'ends an event stream when its session ends',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const parts = createPartReader(await page.fetch(`/api/events/${context.username}`))
      strictEqual(await parts.next(), 'data: 1\n\n')
      strictEqual((await page.send('DELETE', '/auth/session'))[0], 204)
      ok([null, 'broken'].includes(await parts.next()))
      await waitUntil(() => context.upstream.exchange(context.username).isCut)
    },
  },
  {
    name: 'never shows a response that the API cut as a complete one',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const outcome = await page
        .fetch('/api/broken')
        .then(async (response) => `${response.status} ${await response.text()}`)
        .catch(() => 'broken')
      ok(['broken', '503'].includes(outcome.slice(0, 6).trim().split(' ')[0] ?? ''), outcome)
    },
  },
  ...['gzip', 'br', 'deflate', 'zstd'].map((encoding): Check => ({
    name: `passes a body in ${encoding} on, so that the page can read it`,
    async run(context) {
      const { page } = await openSignedInPage(context)
      const upstreamRequest = openRequest(context, page, `/api/compressed/${encoding}`, 'GET')
      upstreamRequest.end()
      const [response] = await once(upstreamRequest, 'response')
      strictEqual(response.statusCode, 200)
      const bytes = await readBytes(response)
      const isDecoded = context.runtime.decodedEncodings.includes(encoding)
      strictEqual(response.headers['content-encoding'], isDecoded ? undefined : encoding)
      strictEqual(bytes.toString() === compressedText, isDecoded)
    },
  })),
  {
    name: 'forwards WebSockets on Node, and responds with 501 elsewhere',
    async run(context) {
      const { page } = await openSignedInPage(context)
      const handshake = openRequest(context, page, '/chat', 'GET', {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version': '13',
      })
      handshake.end()
      const status = await new Promise((resolve, reject) => {
        handshake.once('error', reject)
        handshake.once('response', (response) => resolve(response.resume().statusCode))
        handshake.once('upgrade', (response, socket) => {
          socket.destroy()
          resolve(response.statusCode)
        })
      })
      strictEqual(status, context.runtime.canForwardWebSockets ? 101 : 501)
    },
  },
]

/** Opens a request whose body is sent in parts, and whose response is not decoded: `fetch` can do neither everywhere. */
function openRequest(
  { origin }: CheckContext,
  page: Page,
  path: string,
  method: string,
  headers: Record<string, string> = {},
) {
  return request(origin + path, {
    method,
    headers: {
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Origin: origin,
      Cookie: page.cookie,
      ...headers,
    },
  })
}

async function readBytes(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  return (await readBytes(stream)).toString()
}

/** Returns the next part of a response; `null` at its end, and `broken` when it ends early. */
function createPartReader({ body }: Response): { next: () => Promise<string | null> } {
  const reader = body!.getReader()
  return {
    next: () =>
      reader.read().then(
        ({ value }) => (value ? new TextDecoder().decode(value) : null),
        () => 'broken',
      ),
  }
}
