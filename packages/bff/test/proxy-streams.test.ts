import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer as createSocketServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBff } from '../src/index.ts'
import { toNodeListener } from '../src/node.ts'
import { createTestLogger, credentials } from './support/browser.ts'
import { sendUpstream } from '../src/upstream-node.ts'
import { provider } from './support/proxy-setup.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let port: 'fetch' | 'undici' = 'undici'

/** A signed-in page over real connections; `api` is the resource server, unless there is one at an address. */
async function createPage(api: RequestListener, address?: AddressInfo, timeout?: number) {
  let passedMs = 0
  const timers: number[] = []
  const logger = createTestLogger()
  const endpoint = createTokenEndpoint(rotating())
  const resource = address ? `http://127.0.0.1:${address.port}` : await listen(api)
  const bff = createBff({
    provider,
    mode: 'proxy',
    proxy: [{ path: '/api/*', to: `${resource}/v1/*`, methods: ['GET', 'POST', 'DELETE'], timeout }],
    logger,
    platform: {
      ...(port === 'undici' && { sendUpstream }),
      startTimer: (milliseconds, callback) => {
        timers.push(milliseconds)
        const timer = setTimeout(callback, milliseconds)
        return () => clearTimeout(timer)
      },
      now: () => Date.now() + passedMs,
      fetch: (input, init) =>
        typeof input === 'string' && input.startsWith(resource)
          ? fetch(input, init)
          : endpoint.fetch(input, init),
    },
  })
  const base = await listen(toNodeListener(bff))
  const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', Origin: base }
  const signedIn = await fetch(`${base}/auth/session`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ credentials }),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const pass = (seconds: number): void => void (passedMs += seconds * 1000)
  return { base, pass, timers, log: logger.lines, headers: { ...headers, Cookie: cookie } }
}

const decode = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString()

describe.each(['fetch', 'undici'] as const)('the proxy over real connections, through %s', (name) => {
  beforeEach(() => void (port = name))

  it.each([302, 307])('does not follow a redirect (%i) with the token', async (status) => {
    const authorizations: (string | undefined)[] = []
    const redirectTarget = await listen((incoming, outgoing) => {
      authorizations.push(incoming.headers.authorization)
      outgoing.end()
    })
    const { base, headers } = await createPage((_, outgoing) => {
      outgoing.writeHead(status, { Location: `${redirectTarget}/v1/me` }).end()
    })
    expect((await fetch(`${base}/api/me`, { headers, redirect: 'manual' })).status).toBe(502)
    expect(authorizations).toEqual([])
  })

  it('streams a download, and aborts the resource server when the page aborts', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    let api: ServerResponse | undefined
    const { base, headers, log } = await createPage((_, outgoing) => {
      api = outgoing
      closed = once(outgoing, 'close')
      outgoing.write('first')
    })
    const page = new AbortController()
    const response = await fetch(`${base}/api/file`, { headers, signal: page.signal })
    const reader = response.body?.getReader()
    expect(decode((await reader?.read())?.value)).toBe('first')
    api?.write('second')
    expect(decode((await reader?.read())?.value)).toBe('second')
    page.abort()
    await closed
    expect(log.filter((line) => line.includes('failed'))).toEqual([])
  })

  it('streams an upload, and aborts it when the page aborts', async () => {
    const arrivals = new EventEmitter()
    const incoming = once(arrivals, 'request') as Promise<[IncomingMessage]>
    const { base, headers } = await createPage((message) => arrivals.emit('request', message))
    const upload = request(`${base}/api/file`, { method: 'POST', headers })
    upload.on('error', () => {})
    upload.write('first')
    const [api] = await incoming
    expect(api.headers).toMatchObject({ authorization: 'Bearer access-1', 'transfer-encoding': 'chunked' })
    const [first] = (await once(api, 'data')) as [Buffer]
    expect(decode(first)).toBe('first')
    upload.write('second')
    const [second] = (await once(api, 'data')) as [Buffer]
    expect(decode(second)).toBe('second')
    const broken = once(api, 'error')
    upload.destroy()
    await broken
  })

  it.each([
    ['a session that has ended', '/api/file', { Cookie: '' }, 401],
    ['a request without X-Latchkey', '/api/file', { 'X-Latchkey': '' }, 403],
    ['a path without a route', '/auth/file', {}, 404],
    ['a sign-in that is too long', '/auth/session', { 'Content-Type': 'application/json' }, 413],
    ['the resource server', '/api/file', {}, 422],
  ])('responds to an upload that is refused by %s, and goes on serving', async (_, path, change, status) => {
    const { base, headers } = await createPage((_incoming, outgoing) => outgoing.writeHead(422).end())
    const socket = connect(Number(new URL(base).port), '127.0.0.1').pause()
    const failed = Promise.race([once(socket, 'close'), once(socket, 'error')]).then(() => {
      throw new Error('the connection ended before the upload')
    })
    // As browsers do, this client reads only after it has sent everything.
    const size = 20_000_000
    const sent = new Promise<void>((resolve) => {
      const lines = Object.entries({
        ...headers,
        ...change,
        Host: new URL(base).host,
        'Content-Length': size,
      })
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n`)
      socket.write(Buffer.alloc(size), () => resolve())
    })
    await Promise.race([sent, failed])
    socket.write('GET /auth/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let text = ''
    socket
      .setEncoding('utf8')
      .on('data', (part: string) => (text += part))
      .resume()
    const expected = [`HTTP/1.1 ${status}`, 'HTTP/1.1 404']
    await vi.waitFor(() => expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(expected), { timeout: 9000 })
    failed.catch(() => {})
    socket.destroy()
  })

  it.each([
    ['a reason phrase with other letters', '200 Très bien', 200],
    ['a status above 599', '999 Request denied', 502],
  ])('forwards %s', async (_, line, status) => {
    const sockets: Socket[] = []
    const api = createSocketServer((socket) => {
      sockets.push(socket)
      socket.once('data', () => socket.write(`HTTP/1.1 ${line}\r\nContent-Length: 20\r\n\r\nthe beginning`))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void api.close())
    await once(api, 'listening')
    const { base, headers } = await createPage(
      (_incoming, outgoing) => outgoing.end(),
      api.address() as AddressInfo,
    )
    const response = await fetch(`${base}/api/me`, { headers })
    expect(response.status).toBe(status)
    const [socket] = sockets
    if (status === 502) await vi.waitFor(() => expect(socket?.destroyed).toBe(true))
    else socket?.end('...ends')
    await response.text()
  })

  it('sends a long upload with its length', async () => {
    const { base, headers } = await createPage(async (incoming, outgoing) => {
      const chunks = (await incoming.toArray()) as Buffer[]
      outgoing.end(`${incoming.headers['content-length']} ${Buffer.concat(chunks).length}`)
    })
    const response = await fetch(`${base}/api/file`, {
      method: 'POST',
      headers,
      body: new Uint8Array(200_000),
    })
    expect(await response.text()).toBe(port === 'undici' ? '200000 200000' : 'undefined 200000')
  })

  it('counts the time limit of its route from the end of the upload', async () => {
    const arrivals = new EventEmitter()
    const arrived = once(arrivals, 'request') as Promise<[IncomingMessage]>
    const { base, headers, log, timers } = await createPage(
      (incoming) => arrivals.emit('request', incoming.resume()),
      undefined,
      0.2,
    )
    const upload = request(`${base}/api/file`, { method: 'POST', headers })
    const responded = once(upload, 'response') as Promise<[IncomingMessage]>
    upload.write('first')
    await arrived
    expect(timers).not.toContain(200)
    upload.end('second')
    const [response] = await responded
    response.resume()
    expect([response.statusCode, timers]).toEqual([503, expect.arrayContaining([200])])
    expect(log.at(-1)).toContain('no response within 0.2 s. Set timeout of the route')
  })

  it('sends the headers of an event stream before its first event', async () => {
    let api: ServerResponse | undefined
    const { base, headers } = await createPage((_, outgoing) => {
      api = outgoing
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    })
    const response = await fetch(`${base}/api/events`, { headers })
    expect(response.headers.get('Content-Type')).toBe('text/event-stream')
    api?.write('data: 1\n\n')
    expect(decode((await response.body?.getReader().read())?.value)).toBe('data: 1\n\n')
  })

  it('sends a short body with its length, and no length without a body', async () => {
    const received: IncomingMessage['headers'][] = []
    const { base, headers } = await createPage((incoming, outgoing) => {
      received.push(incoming.headers)
      outgoing.end()
    })
    await fetch(`${base}/api/items`, { method: 'POST', headers, body: '{"a":1}' })
    await fetch(`${base}/api/items/1`, { method: 'DELETE', headers })
    expect(received.map((sent) => [sent['content-length'], sent['transfer-encoding']])).toEqual([
      ['7', undefined],
      [undefined, undefined],
    ])
  })

  it('sends a request without a body or with a short one again after a rejected token', async () => {
    const received: (string | undefined)[] = []
    const { base, headers, pass } = await createPage((incoming, outgoing) => {
      received.push(`${incoming.method} ${incoming.headers.authorization}`)
      outgoing.writeHead(received.length % 2 === 1 ? 401 : 200).end()
    })
    for (const init of [{ method: 'DELETE' }, { method: 'POST', body: '{}' }]) {
      pass(60)
      expect((await fetch(`${base}/api/items/1`, { ...init, headers })).status).toBe(200)
    }
    expect(received).toEqual([
      'DELETE Bearer access-1',
      'DELETE Bearer access-2',
      'POST Bearer access-2',
      'POST Bearer access-3',
    ])
  })

  it('forwards compressed bodies, and ranges unchanged', async () => {
    const body = 'x'.repeat(5000)
    const zippedLength = String(gzipSync(body).length)
    const { base, headers } = await createPage((incoming, outgoing) => {
      if (incoming.headers.range === undefined) {
        const zipped = gzipSync(body)
        outgoing.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': zipped.length }).end(zipped)
        return
      }
      expect(incoming.headers['accept-encoding']).toBe('identity')
      outgoing.writeHead(206, { 'Content-Range': 'bytes 0-1/5000', 'Content-Length': 2 }).end('xx')
    })
    const whole = await fetch(`${base}/api/file`, { headers })
    // Through fetch, the body arrives decoded.
    const [encoding, length] = port === 'undici' ? ['gzip', zippedLength] : [null, null]
    expect([whole.headers.get('Content-Encoding'), whole.headers.get('Content-Length')]).toEqual([
      encoding,
      length,
    ])
    expect(await whole.text()).toBe(body)
    const part = await fetch(`${base}/api/file`, { headers: { ...headers, Range: 'bytes=0-1' } })
    expect([part.status, part.headers.get('Content-Length'), await part.text()]).toEqual([206, '2', 'xx'])
  })

  it('forwards no request whose path is ambiguous or names another host', async () => {
    const received: (string | undefined)[] = []
    const { base, headers } = await createPage((incoming, outgoing) => {
      received.push(incoming.url)
      outgoing.end()
    })
    for (const path of ['/api/../v2', '/api/%2e%2e/v2', '/api\\..\\v2', '/api/..%2fv2', '/api/a%00', '*']) {
      const outgoing = request(base, { path, headers }).end()
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
      response.resume()
      expect([path, response.statusCode]).toEqual([path, 400])
    }
    expect(received).toEqual([])
    const outgoing = request(base, { path: 'http://evil.example/api/x', headers }).end()
    await once(outgoing, 'response')
    expect(received).toEqual(['/v1/x'])
  })
})

it('uses a body that a parser has read when it can be restored, and responds with 500 otherwise', async () => {
  const bodies: string[] = []
  const listener = toNodeListener({
    owns: () => true,
    async handle(message) {
      bodies.push(String(await message.body?.readBytes(100)))
      return { status: 200, headers: {}, body: 'ok' }
    },
  })
  const base = await listen(async (incoming, outgoing) => {
    await incoming.toArray()
    listener(Object.assign(incoming, { body: { a: '1' } }), outgoing)
  })
  const post = async (type: string): Promise<number> =>
    (await fetch(base, { method: 'POST', headers: { 'Content-Type': type }, body: 'x' })).status
  expect(await post('application/merge-patch+json; charset=utf-8')).toBe(200)
  expect(await post('application/x-www-form-urlencoded')).toBe(500)
  expect(bodies).toEqual(['{"a":"1"}'])
})
