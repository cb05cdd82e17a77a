import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readRemainder } from '../src/adapters/node-body.ts'
import { BodyQueue } from '../src/body-queue.ts'
import type { Bff } from '../src/index.ts'
import { createBff } from '../src/index.ts'
import { toNodeListener } from '../src/node.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createTestLogger, credentials } from './support/browser.ts'
import { createTokenEndpoint, rotating } from './support/token-endpoint.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function makeBff() {
  const { fetch } = createTokenEndpoint(rotating())
  return createBff({
    provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
    logger: createTestLogger(),
    platform: { fetch },
  })
}

function createEndlessBody(): BodyQueue {
  return new BodyQueue({ pause: () => {}, resume: () => {}, cancel: () => {} })
}

const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' }
const body = JSON.stringify({ credentials })

describe('toNodeListener', () => {
  it('serves sign-in and restore, with a cookie without Secure on loopback', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const signedIn = await fetch(`${base}/auth/session`, {
      method: 'POST',
      headers: { ...headers, Origin: base },
      body,
    })
    expect(signedIn.status).toBe(200)
    const [cookie = ''] = signedIn.headers.getSetCookie()
    expect(cookie).toMatch(/^latchkey=[\w-]{64}; Path=\/; HttpOnly; SameSite=Strict$/)
    const restored = await fetch(`${base}/auth/session`, {
      headers: { ...headers, Cookie: cookie.split(';')[0] ?? '' },
    })
    expect(await restored.json()).toMatchObject({
      session: { user: { username: 'cathy' } },
      token: { sequence: 1 },
    })
  })

  it('calls next() for paths that the BFF does not own', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) =>
      listener(incoming, outgoing, () => outgoing.end('the app')),
    )
    expect(await (await fetch(`${base}/authors`)).text()).toBe('the app')
    expect((await fetch(`${base}/auth/nothing`)).status).toBe(404)
  })

  it('uses the result of a body parser', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen(async (incoming, outgoing) => {
      const chunks = (await incoming.toArray()) as Buffer[]
      listener(Object.assign(incoming, { body: JSON.parse(Buffer.concat(chunks).toString()) }), outgoing)
    })
    const response = await fetch(`${base}/auth/session`, { method: 'POST', headers, body })
    expect(response.status).toBe(200)
  })

  it('does not call a body compressed that a parser has decompressed', async () => {
    const received: (string | null)[] = []
    const listener = toNodeListener({
      owns: () => true,
      handle: async (message) => {
        const bytes = await message.body?.readBytes(100)
        received.push(message.getHeader('content-encoding'), String(bytes))
        return { status: 200, headers: {}, body: null }
      },
    })
    const base = await listen(async (incoming, outgoing) => {
      await incoming.toArray()
      listener(Object.assign(incoming, { body: { a: 1 } }), outgoing)
    })
    await fetch(`${base}/api`, {
      method: 'POST',
      headers: { ...headers, 'Content-Encoding': 'gzip' },
      body: gzipSync('{"a":1}'),
    })
    expect(received).toEqual([null, '{"a":1}'])
  })

  it('responds with 400 when the body was read and discarded', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen(async (incoming, outgoing) => {
      await incoming.toArray()
      listener(incoming, outgoing)
    })
    expect((await fetch(`${base}/auth/session`, { method: 'POST', headers, body })).status).toBe(400)
  })

  it('uses the whole URL when a framework has removed the mount point from it', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) => {
      const originalUrl = incoming.url
      incoming.url = '/session'
      listener(Object.assign(incoming, { originalUrl }), outgoing, () => outgoing.end('the app'))
    })
    expect(await (await fetch(`${base}/auth/session`, { headers })).json()).toMatchObject({ session: null })
  })

  it.each([
    ['//evil.example/auth/session', 404],
    ['http://evil.example/auth/session', 200],
    ['*', 400],
    ['/auth/../auth/session', 400],
    ['/auth/%2E%2e/auth/session', 400],
    ['/auth\\session', 400],
    ['/auth/session?../auth', 200],
    ['/auth/%00', 404],
  ])('responds to the request target %s with %i', async (path, status) => {
    const base = await listen(toNodeListener(makeBff()))
    const outgoing = request(base, { path, headers }).end()
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect(response.statusCode).toBe(status)
  })

  it('responds with 400 to a method that fetch forbids, and goes on serving', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const outgoing = request(`${base}/auth/session`, { method: 'TRACE', headers }).end()
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect(response.statusCode).toBe(400)
    expect((await fetch(`${base}/auth/session`, { headers })).status).toBe(200)
  })

  it('closes the connection when a body breaks or a handler throws', async () => {
    const broken = createEndlessBody()
    broken.end(new Error('broken'))
    const handlers: Bff['handle'][] = [
      async () => ({ status: 200, headers: {}, body: broken }),
      () => Promise.reject(new Error('thrown')),
    ]
    for (const handle of handlers) {
      const base = await listen(toNodeListener({ owns: () => true, handle }))
      await expect(fetch(`${base}/auth/x`).then((response) => response.text())).rejects.toThrow(TypeError)
    }
  })

  /** Sends text over a connection, and returns everything that comes back until it is closed. */
  async function exchangeText(base: string, text: string): Promise<string> {
    const socket = connect(Number(new URL(base).port), '127.0.0.1').setEncoding('utf8')
    socket.on('error', () => {})
    socket.write(text)
    return ((await socket.toArray()) as string[]).join('')
  }

  it('responds with 400 to several hosts, of which a server in front may have read another', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const lines = ['GET /auth/session HTTP/1.1', 'Host: a.example', 'host: b.example', 'Connection: close']
    expect(await exchangeText(base, `${lines.join('\r\n')}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('serves a client that waits with its body for 100 Continue', async () => {
    const base = await listen(toNodeListener(makeBff()))
    const outgoing = request(`${base}/auth/session`, {
      method: 'POST',
      headers: { ...headers, Origin: base, Expect: '100-continue', 'Content-Length': body.length },
    })
    outgoing.flushHeaders()
    await once(outgoing, 'continue')
    outgoing.end(body)
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect(response.statusCode).toBe(200)
  })

  it('closes the connection of a client that takes too long with its body', async () => {
    const { fetch } = createTokenEndpoint(rotating())
    const bff = createBff({
      provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
      logger: createTestLogger(),
      platform: {
        fetch,
        startTimer(_, callback) {
          setImmediate(callback)
          return () => {}
        },
      },
    })
    const base = await listen(toNodeListener(bff))
    const lines = Object.entries({ ...headers, Origin: base, Host: new URL(base).host, 'Content-Length': 9 })
    const head = `POST /auth/token HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n{`
    expect(await exchangeText(base, head)).toMatch(/^HTTP\/1\.1 408 [^]*\r\nConnection: close\r\n/i)
  })

  it('reads the remainder of a refused body, up to a time limit', async () => {
    const base = await listen((incoming, outgoing) => {
      outgoing.end('refused')
      readRemainder(incoming, 1)
    })
    // It would close the connection too, after five seconds.
    for (const server of servers) server.keepAliveTimeout = 0
    const head = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\n'
    expect(await exchangeText(base, `${head}x`)).toContain('refused')
  })

  it('closes the connection of a response that is stopped, also when the client reads nothing', async () => {
    let stop = (): void => {}
    const base = await listen(
      toNodeListener({
        owns: () => true,
        async handle(message) {
          stop = () => message.stopResponse()
          const endless = createEndlessBody()
          endless.push(Buffer.alloc(30_000_000))
          return { status: 200, headers: {}, body: endless }
        },
      }),
    )
    const socket = connect(Number(new URL(base).port), '127.0.0.1').pause()
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    await once(socket, 'readable')
    const [server] = servers
    const countConnections = (): Promise<number> =>
      new Promise((resolve) => server?.getConnections((_, count) => resolve(count)))
    expect(await countConnections()).toBe(1)
    stop()
    await vi.waitFor(async () => expect(await countConnections()).toBe(0))
    socket.destroy()
  })

  it('removes the headers of CORS middleware', async () => {
    const listener = toNodeListener(makeBff())
    const base = await listen((incoming, outgoing) => {
      outgoing.setHeader('Access-Control-Allow-Origin', '*')
      listener(incoming, outgoing)
    })
    const response = await fetch(`${base}/auth/session`, { headers })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
  })

  it('sends several cookies, streams, and aborts the request when the browser disconnects', async () => {
    let aborted: Promise<unknown> = Promise.resolve()
    const base = await listen(
      toNodeListener({
        owns: () => true,
        handle: async (message) => {
          aborted = new Promise<void>((resolve) => message.whenDisconnected(resolve))
          const endless = createEndlessBody()
          endless.push(Buffer.from('first'))
          return { status: 200, headers: { 'set-cookie': ['a=1', 'b=2'] }, body: endless }
        },
      }),
    )
    const browser = new AbortController()
    const response = await fetch(`${base}/auth/stream`, { signal: browser.signal })
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const chunk = await response.body?.getReader().read()
    expect(Buffer.from(chunk?.value ?? []).toString()).toBe('first')
    browser.abort()
    await aborted
  })
})
