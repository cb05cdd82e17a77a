import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createBff } from '../src/index.ts'
import type { ProxyRoute } from '../src/index.ts'
import { sendUpstream } from '../src/upstream-node.ts'
import type { AdapterClient, AdapterName, StoryRequest, StoryResponse } from './support/adapters.ts'
import { openAdapter } from './support/adapters.ts'
import { createTestLogger, credentials } from './support/browser.ts'
import { provider } from './support/proxy-setup.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

async function startApi(api: RequestListener): Promise<string> {
  const server: Server = createServer(api).listen(0, '127.0.0.1')
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const respondOk: RequestListener = (incoming, outgoing) => {
  incoming.resume()
  outgoing.end('ok')
}

/** A signed-in page behind an adapter; `api` is its resource server. */
async function openPage(name: AdapterName, api = respondOk, route: Partial<ProxyRoute> = {}) {
  const logger = createTestLogger()
  const timers: (() => void)[] = []
  const bff = createBff({
    provider,
    mode: 'proxy',
    proxy: [
      {
        path: '/api/*',
        to: `${await startApi(api)}/v1/*`,
        methods: ['GET', 'POST', 'DELETE'],
        ...route,
      },
    ],
    logger,
    platform: {
      fetch: createTokenEndpoint(rotating()).fetch,
      sendUpstream,
      now: () => Date.parse('2026-01-01T00:00:00Z'),
      startTimer: (_, callback) => {
        timers.push(callback)
        return () => void timers.splice(timers.indexOf(callback), 1)
      },
    },
  })
  const client = await openAdapter(name, bff)
  closers.push(client.close)
  const headers: Record<string, string> = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
  const withHeaders = (request: StoryRequest): StoryRequest => ({
    ...request,
    headers: {
      ...headers,
      ...((request.method ?? 'GET') !== 'GET' && { Origin: client.origin }),
      ...request.headers,
    },
  })
  const page = {
    log: logger.lines,
    timers,
    headers,
    client,
    open: (request: StoryRequest): Promise<StoryResponse> => client.send(withHeaders(request)),
    sendAndLeave: (...[request, arrived]: Parameters<AdapterClient['sendAndLeave']>): Promise<void> =>
      client.sendAndLeave(withHeaders(request), arrived),
    send: async (request: StoryRequest) => {
      const response = await page.open(request)
      const body = await readAll(response.body)
      const { 'x-request-id': _, ...comparable } = response.headers
      return { status: response.status, headers: comparable, body: body.toString('latin1') }
    },
  }
  const signedIn = await page.send(postJson('/auth/session', { credentials }))
  headers['Cookie'] = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
  return { ...page, signedIn }
}

function createArrival<T>(): { arrived: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const arrived = new Promise<T>((settle) => void (resolve = settle))
  return { arrived, resolve }
}

type Page = Awaited<ReturnType<typeof openPage>>

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function postJson(path: string, body: unknown): StoryRequest {
  const headers = { 'Content-Type': 'application/json' }
  return { method: 'POST', path, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** What differs from one sign-in and one port to the next. */
function withoutRandom(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/[\w-]{64}/g, '(cookie)')
    .replaceAll(/device=[\w-]{24}/g, 'device=(cookie)')
    .replaceAll(/[\w-]{43}/g, '(id)')
    .replaceAll(/127\.0\.0\.1:\d+/g, '(host)')
}

const echo: RequestListener = async (incoming, outgoing) => {
  const chunks = (await incoming.toArray()) as Buffer[]
  const { host: _, ...headers } = incoming.headers
  const { method, url } = incoming
  outgoing.setHeader('Set-Cookie', ['a=1', 'b=2'])
  outgoing.setHeader('ETag', '"1"')
  outgoing.end(JSON.stringify({ method, url, headers, length: Buffer.concat(chunks).length }))
}

const stories: [name: string, api: RequestListener, story: (page: Page) => Promise<unknown>][] = [
  [
    'a session from sign-in to sign-out',
    respondOk,
    async ({ send, signedIn }) => {
      const { session } = JSON.parse(signedIn.body) as { session: { session_id: string } }
      return [
        signedIn,
        await send({ path: '/auth/session?peek' }),
        await send(postJson('/auth/token', { session_id: session.session_id, after: 0 })),
        await send({ method: 'DELETE', path: '/auth/session?everywhere' }),
        await send({ path: '/auth/session' }),
      ]
    },
  ],
  [
    'requests that are refused',
    respondOk,
    async ({ send }) => [
      await send({ path: '/auth/nothing' }),
      await send({ method: 'PUT', path: '/auth/session' }),
      await send({ path: '/auth/session', headers: { 'Sec-Fetch-Site': 'cross-site' } }),
      await send({ path: '/api/me', headers: { Cookie: '' } }),
      await send({ method: 'POST', path: '/auth/token' }),
      await send(postJson('/auth/token', 'not json')),
      await send(postJson('/auth/session', ' '.repeat(20_000))),
      await send({ path: '/api/%2e%2e%2fadmin' }),
      await send({ path: '/api/a%00' }),
    ],
  ],
  [
    'proxied requests with and without bodies',
    echo,
    async ({ send }) => [
      await send({ path: '/api/a%20b/%C3%A9;x?q=%2F&r=a+b&&s' }),
      await send({ method: 'DELETE', path: '/api/items/1' }),
      await send(postJson('/api/items', { a: 1 })),
      await send({ method: 'POST', path: '/api/file', body: new Uint8Array(300_000) }),
    ],
  ],
  ['a HEAD request', echo, async ({ send }) => send({ method: 'HEAD', path: '/api/items' })],
  [
    'responses without a body',
    (_, outgoing) => {
      outgoing.writeHead(Number(outgoing.req.url?.slice(-3)), { ETag: '"1"' }).end()
    },
    async ({ send }) => [
      await send({ path: '/api/204' }),
      await send({ path: '/api/304', headers: { 'If-None-Match': '"1"' } }),
    ],
  ],
  [
    'a compressed response with trailers, and a redirect',
    (incoming, outgoing) => {
      if (incoming.url === '/v1/moved') return void outgoing.writeHead(302, { Location: '/v1/new' }).end()
      const encoding = { 'Content-Encoding': 'gzip', Trailer: 'X-End', 'Content-Type': 'text/plain' }
      outgoing.writeHead(200, encoding)
      outgoing.addTrailers({ 'X-End': '1' })
      outgoing.end(gzipSync('x'.repeat(5000)))
    },
    async ({ send }) => [await send({ path: '/api/file' }), await send({ path: '/api/moved' })],
  ],
]

describe('every adapter', () => {
  it.each(stories)('responds in the same way to %s', async (_, api, story) => {
    const [expected = '', ...others] = await Promise.all(
      (['fetch', 'node:http', 'node:http2'] as const).map(async (name) =>
        withoutRandom(await story(await openPage(name, api))),
      ),
    )
    expect(expected).toContain('"status":')
    for (const other of others) expect(JSON.parse(other)).toEqual(JSON.parse(expected))
  })
})

describe.each(['fetch', 'node:http', 'node:http2'] as const)('the adapter for %s', (name) => {
  it('opens an event stream before its first event, and passes each event at once', async () => {
    let api: ServerResponse | undefined
    const page = await openPage(name, (_, outgoing) => {
      api = outgoing
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    })
    const { headers, body } = await page.open({ path: '/api/events' })
    expect(headers['content-type']).toBe('text/event-stream')
    const events = body[Symbol.asyncIterator]()
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      api?.write(event)
      const { value } = (await events.next()) as { value: Uint8Array }
      expect(Buffer.from(value).toString()).toBe(event)
    }
  })

  it('ends the request to the resource server when the client leaves before the response', async () => {
    const { arrived, resolve } = createArrival<IncomingMessage>()
    const page = await openPage(name, (incoming) => resolve(incoming))
    await page.sendAndLeave({ path: '/api/slow' }, arrived)
    const { socket } = await arrived
    if (!socket.destroyed) await once(socket, 'close')
    expect(page.log.filter((line) => line.includes('failed'))).toEqual([])
  })

  it('ends the request to the resource server when the client leaves within the response', async () => {
    const { arrived, resolve } = createArrival<ServerResponse>()
    const page = await openPage(name, (_, outgoing) => {
      outgoing.write('first')
      resolve(outgoing)
    })
    const response = await page.open({ path: '/api/file' })
    await response.body[Symbol.asyncIterator]().next()
    response.leave()
    const api = await arrived
    if (!api.destroyed) await once(api, 'close')
    expect(page.log.filter((line) => line.includes('ended early'))).toEqual([])
  })

  it('breaks off a response that the resource server breaks off, and logs it without the path', async () => {
    const page = await openPage(name, (_, outgoing) => {
      outgoing.writeHead(200, { 'Content-Length': 100 })
      outgoing.write('first', () => outgoing.destroy())
    })
    const { body } = await page.open({ path: '/api/secret-file' })
    await expect(readAll(body)).rejects.toThrow(Error)
    const lines = page.log.filter((line) => line.includes('ended early'))
    expect(lines).toEqual([expect.stringMatching(/^Response of 127\.0\.0\.1:\d+ ended early, .*\(\w+\)$/)])
  })

  it('slows down the resource server for a slow client', async () => {
    let written = 0
    const page = await openPage(name, (_, outgoing) => {
      const writeMore = (): void => {
        while (!outgoing.destroyed && written < 200_000_000) {
          written += 65_536
          if (!outgoing.write(Buffer.alloc(65_536))) return void outgoing.once('drain', writeMore)
        }
      }
      writeMore()
    })
    const response = await page.open({ path: '/api/file' })
    await response.body[Symbol.asyncIterator]().next()
    let before = -1
    let unchanged = 0
    await vi.waitFor(
      () => {
        unchanged = written === before ? unchanged + 1 : 0
        before = written
        expect(unchanged).toBe(4)
      },
      { timeout: 20_000, interval: 200 },
    )
    expect(written).toBeLessThan(50_000_000)
    response.leave()
  })

  it('responds with 408 to a body of its own routes that takes too long', async () => {
    const page = await openPage(name)
    const responded = page.open({ ...postJson('/auth/session', '{'), isIncomplete: true })
    await vi.waitFor(() => expect(page.timers).toHaveLength(1))
    page.timers[0]?.()
    expect((await responded).status).toBe(408)
  })

  it('cuts an upload of unknown length at the limit of its route, with 413', async () => {
    const page = await openPage(name, (incoming) => void incoming.resume(), { maxRequestBytes: 100_000 })
    const upload = { method: 'POST', path: '/api/file', body: new Uint8Array(300_000) }
    expect((await page.send({ ...upload, hasUnknownLength: true })).status).toBe(413)
  })

  it('refuses bodies beyond the limits of a route', async () => {
    const page = await openPage(
      name,
      (incoming, outgoing) => {
        incoming.resume()
        if (incoming.method === 'POST') return
        const isKnown = incoming.url === '/v1/known'
        outgoing.writeHead(200, isKnown ? { 'Content-Length': 300 } : {})
        outgoing.write('x'.repeat(100))
        outgoing.end('x'.repeat(200))
      },
      { maxRequestBytes: 100, maxResponseBytes: 200 },
    )
    expect((await page.send({ ...postJson('/api/a', 'x'.repeat(101)) })).status).toBe(413)
    expect((await page.send({ path: '/api/known' })).status).toBe(502)
    expect(page.log.at(-1)).toContain('Set maxResponseBytes of the route')
    await expect(page.send({ path: '/api/unknown' })).rejects.toThrow(Error)
    expect(page.log.at(-1)).toContain('was cut')
  })
})
