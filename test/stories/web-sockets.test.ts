import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { createBff } from '@latchkey/bff'
import { toNodeListener, toUpgradeListener } from '@latchkey/bff/node'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createBrowser, createTestLogger } from '../../packages/bff/test/support/browser.ts'
import { provider } from '../../packages/bff/test/support/proxy-setup.ts'
import { createTokenEndpoint, rotating } from '../../packages/bff/test/support/token-endpoint.ts'
import { sendUpstream } from '../../packages/bff/src/upstream-node.ts'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'

/** What a resource server does with an upgrade. */
type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void

interface SiteOptions {
  onUpgrade?: OnUpgrade
  hasUpgradeListener?: boolean
}

/** A signed-in page, its BFF and a resource server with WebSockets, over real connections. */
async function openSite({ onUpgrade, hasUpgradeListener = true }: SiteOptions = {}) {
  const received: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  const echo = new WebSocketServer({ noServer: true, handleProtocols: () => 'chat' })
  echo.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  const openEcho: OnUpgrade = (request, socket, head) =>
    echo.handleUpgrade(request, socket, head, (webSocket) => echo.emit('connection', webSocket))
  const resourceServer = await startHttpServer((request, response) => {
    received.push(request)
    response.end('plain')
  })
  resourceServer.server.on('upgrade', (request, socket: Socket, head) => {
    received.push(request)
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.once('end', () => socket.end())
    ;(onUpgrade ?? openEcho)(request, socket, head)
  })

  const logger = createTestLogger()
  let passedMs = 0
  const bff = createBff({
    provider,
    mode: 'proxy',
    proxy: [
      { path: '/api/*', to: `${resourceServer.url}/v1/*`, methods: ['GET', 'POST'], webSocket: true },
      { path: '/api/items/*', to: `${resourceServer.url}/v1/items/*`, methods: ['GET'] },
    ],
    logger,
    platform: {
      fetch: createTokenEndpoint(rotating()).fetch,
      sendUpstream,
      now: () => Date.now() + passedMs,
      loggedKeys: new Set(),
    },
  })
  const front = await startHttpServer(toNodeListener(bff))
  if (hasUpgradeListener) front.server.on('upgrade', toUpgradeListener(bff))
  onTestFinished(async () => {
    echo.close()
    for (const client of echo.clients) client.terminate()
    for (const socket of sockets) socket.destroy()
    await Promise.all([front.close(), resourceServer.close()])
  })
  const browser = createBrowser(bff, front.url)
  await browser.signIn()
  const headers = {
    Origin: front.url,
    Cookie: [...browser.jar].map((pair) => pair.join('=')).join('; '),
  }
  const connectWebSocket = (path = '/api/chat?room=1', changed: Record<string, string | undefined> = {}) => {
    const sent = Object.entries({ ...headers, ...changed }).filter((entry) => entry[1] !== undefined)
    const webSocket = new WebSocket(front.url.replace('http', 'ws') + path, ['chat', 'other'], {
      headers: Object.fromEntries(sent) as Record<string, string>,
    })
    webSocket.on('error', () => {})
    onTestFinished(() => webSocket.terminate())
    return webSocket
  }
  return {
    ...{ bff, browser, front, headers, received, sockets, echo, connectWebSocket, log: logger.lines },
    pass: (seconds: number) => void (passedMs += seconds * 1000),
    /** Resolves with the response of a refused WebSocket. */
    getRefusal: async (path?: string, changed: Record<string, string | undefined> = {}) => {
      const webSocket = connectWebSocket(path, changed)
      const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage]
      return { status: response.statusCode, headers: response.headers, body: await text(response) }
    },
    /** Opens a WebSocket of which nothing is read, and sends `firstBytes` without waiting for the response. */
    openSilently: async (firstBytes = ''): Promise<Socket> => {
      const socket = connect(Number(new URL(front.url).port), '127.0.0.1')
      socket.on('error', () => {})
      onTestFinished(() => void socket.destroy())
      const lines = Object.entries({
        ...headers,
        Host: new URL(front.url).host,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version': '13',
      })
      socket.write(
        `GET /api/chat HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n${firstBytes}`,
      )
      await once(socket, 'readable')
      return socket
    },
  }
}

describe('a WebSocket of a proxy route', () => {
  it('passes messages of any size both ways, with the token in place of the cookie', async () => {
    const { connectWebSocket, headers, received } = await openSite()
    const webSocket = connectWebSocket()
    await once(webSocket, 'open')
    expect([webSocket.protocol, webSocket.extensions]).toEqual(['chat', ''])
    for (const message of [Buffer.from('hello'), Buffer.alloc(5_000_000, 'x')]) {
      webSocket.send(message)
      const [reply] = (await once(webSocket, 'message')) as [Buffer]
      expect(reply.equals(message)).toBe(true)
    }
    const [request] = received
    expect(request?.url).toBe('/v1/chat?room=1')
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer access-1',
      'sec-websocket-protocol': 'chat,other',
      'sec-websocket-extensions': expect.stringContaining('permessage-deflate') as string,
    })
    expect(JSON.stringify(request?.rawHeaders)).not.toContain(headers.Cookie.split('=')[1])
    expect(request?.headers).not.toHaveProperty('origin')
  })

  it.each([
    ['another site', '/api/chat', { Origin: 'https://evil.example' }, 403],
    ['another port', '/api/chat', { Origin: 'http://127.0.0.1:1' }, 403],
    ['a client that sends no Origin', '/api/chat', { Origin: undefined }, 403],
    [
      'a client with the header of fetch and no Origin',
      '/api/chat',
      { Origin: undefined, 'X-Latchkey': '1' },
      403,
    ],
    ['another site, by Sec-Fetch-Site', '/api/chat', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['a page without a session', '/api/chat', { Cookie: undefined }, 401],
    ['a page, to a route without WebSockets', '/api/items/1', {}, 400],
    ['a page, in another spelling of that route', '/api/%69tems//1', {}, 400],
    ['a page, to an ambiguous path', '/api/x%2f..%2fitems', {}, 400],
    ['a page, to no route', '/other', {}, 404],
    ['a page, to the BFF itself', '/auth/session', {}, 403],
  ])('is refused to %s', async (_, path, changed, status) => {
    const { getRefusal, received } = await openSite()
    const refusal = await getRefusal(path, changed)
    expect(refusal.status).toBe(status)
    expect(JSON.parse(refusal.body)).toHaveProperty('error_description')
    expect(received).toEqual([])
  })

  it('that the resource server refuses gets its response', async () => {
    const { getRefusal } = await openSite({
      onUpgrade: (_, socket) =>
        void socket.end(
          'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nSet-Cookie: a=1\r\nContent-Length: 4\r\n\r\nslow',
        ),
    })
    const { status, headers, body } = await getRefusal()
    expect([status, headers['retry-after'], headers['set-cookie'], body]).toEqual([
      429,
      '7',
      undefined,
      'slow',
    ])
  })

  it('gets 502 when the resource server switches to another protocol', async () => {
    const { getRefusal, sockets } = await openSite({
      onUpgrade(_, socket) {
        socket
          .resume()
          .write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n')
      },
    })
    expect((await getRefusal()).status).toBe(502)
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })

  it('is opened with a new token when the resource server rejects the first one', async () => {
    const { connectWebSocket, pass, received, echo } = await openSite({
      onUpgrade(request, socket, head) {
        if (request.headers.authorization === 'Bearer access-1')
          return void socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')
        echo.handleUpgrade(request, socket, head, () => {})
      },
    })
    pass(60)
    await once(connectWebSocket(), 'open')
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer access-1',
      'Bearer access-2',
    ])
  })

  it('is closed at both ends when its session ends', async () => {
    const { browser, connectWebSocket, sockets } = await openSite()
    const webSocket = connectWebSocket()
    await once(webSocket, 'open')
    const closed = once(webSocket, 'close')
    await browser.signOut()
    expect((await closed)[0]).toBe(1006)
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })

  it('is closed at both ends when the BFF closes', async () => {
    const { bff, connectWebSocket, sockets } = await openSite()
    const webSocket = connectWebSocket()
    await once(webSocket, 'open')
    const closed = once(webSocket, 'close')
    await bff.close()
    await closed
    await vi.waitFor(() => expect(sockets.size).toBe(0))
  })

  it('passes the code and the last message of the end that closes it', async () => {
    const { connectWebSocket, echo } = await openSite()
    const webSocket = connectWebSocket()
    const [atServer] = (await Promise.all([once(echo, 'connection'), once(webSocket, 'open')]))[0] as [
      WebSocket,
    ]
    const closedAtServer = once(atServer, 'close')
    webSocket.close(4001, 'bye')
    expect((await closedAtServer)[0]).toBe(4001)

    const second = connectWebSocket()
    const [secondAtServer] = (await Promise.all([once(echo, 'connection'), once(second, 'open')]))[0] as [
      WebSocket,
    ]
    const sizes: number[] = []
    second.on('message', (data: Buffer) => sizes.push(data.length))
    const closed = once(second, 'close')
    secondAtServer.send(Buffer.alloc(2_000_000))
    secondAtServer.close(4002)
    expect([(await closed)[0], sizes]).toEqual([4002, [2_000_000]])
  })

  it.each(['page', 'resource server'])(
    'is closed at the other end when the connection of the %s breaks',
    async (end) => {
      const { connectWebSocket, echo, front, sockets } = await openSite()
      const webSocket = connectWebSocket()
      await Promise.all([once(echo, 'connection'), once(webSocket, 'open')])
      const closed = once(webSocket, 'close')
      if (end === 'page') webSocket.terminate()
      else for (const socket of sockets) socket.resetAndDestroy()
      await closed
      await vi.waitFor(() => expect(sockets.size).toBe(0))
      expect((await fetch(`${front.url}/auth/nothing`)).status).toBe(404)
    },
  )

  it('ends the request to the resource server when the page leaves before the response', async () => {
    let arrive = (): void => {}
    const arrived = new Promise<void>((resolve) => void (arrive = resolve))
    const { connectWebSocket, sockets, log } = await openSite({
      onUpgrade(_, socket) {
        socket.resume()
        arrive()
      },
    })
    const webSocket = connectWebSocket()
    await arrived
    webSocket.terminate()
    await vi.waitFor(() => expect(sockets.size).toBe(0))
    expect(log.filter((line) => line.includes('failed'))).toEqual([])
  })

  it('passes what the page sends before the response', async () => {
    let received = ''
    const { openSilently } = await openSite({
      onUpgrade(_, socket, head) {
        received += head.toString()
        socket.on('data', (data) => void (received += data.toString()))
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      },
    })
    await openSilently('first bytes')
    await vi.waitFor(() => expect(received).toBe('first bytes'))
  })

  it('slows down the end that sends for one that does not read', async () => {
    const written = { page: 0, api: 0 }
    const { openSilently } = await openSite({
      onUpgrade(_, socket) {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
        sendUntilFull(socket, (size) => (written.api += size))
      },
    })
    sendUntilFull(await openSilently(), (size) => (written.page += size))
    let before = ''
    let unchanged = 0
    await vi.waitFor(
      () => {
        unchanged = JSON.stringify(written) === before ? unchanged + 1 : 0
        before = JSON.stringify(written)
        expect(unchanged).toBe(4)
      },
      { timeout: 60_000, interval: 200 },
    )
    expect(written.page).toBeLessThan(50_000_000)
    expect(written.api).toBeLessThan(50_000_000)
  })
})

describe('a server without the listener for upgrades', () => {
  it('responds to a WebSocket request with 501 and a sentence, and the log says what to add', async () => {
    const { getRefusal, received, log, bff, headers } = await openSite({ hasUpgradeListener: false })
    const refusal = await getRefusal()
    expect([refusal.status, JSON.parse(refusal.body)]).toEqual([
      501,
      { error: 'server_error', error_description: 'This server cannot forward WebSockets' },
    ])
    expect(log.at(-1)).toContain("server.on('upgrade', toUpgradeListener(bff))")
    const request = new Request('http://127.0.0.1:1/api/chat', {
      headers: { ...headers, Origin: 'http://127.0.0.1:1', Upgrade: 'websocket' },
    })
    expect((await bff.fetch(request)).status).toBe(501)
    expect(received).toEqual([])
  })

  it('responds with 501 as well when platform.fetch is replaced', async () => {
    const logger = createTestLogger()
    const bff = createBff({
      provider,
      mode: 'proxy',
      proxy: [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'], webSocket: true }],
      logger,
      platform: { fetch: createTokenEndpoint(rotating()).fetch },
    })
    const front = await startHttpServer(toNodeListener(bff))
    front.server.on('upgrade', toUpgradeListener(bff))
    onTestFinished(front.close)
    const browser = createBrowser(bff, front.url)
    await browser.signIn()
    const webSocket = new WebSocket(`${front.url.replace('http', 'ws')}/api/chat`, {
      headers: { Origin: front.url, Cookie: [...browser.jar].map((pair) => pair.join('=')).join('; ') },
    })
    const [, response] = (await once(
      webSocket.on('error', () => {}),
      'unexpected-response',
    )) as [unknown, IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(501)
    expect(logger.lines.at(-1)).toContain('platform.fetch')
  })
})

describe('toUpgradeListener', () => {
  it('calls next() for paths that the BFF does not own', async () => {
    const listener = toUpgradeListener({
      owns: (path) => path === '/api',
      handle: () => Promise.reject(new Error('no')),
    })
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    server.on('upgrade', (request, socket, head) =>
      listener(request, socket, head, () => socket.end('HTTP/1.1 204 \r\n\r\n')),
    )
    const { port } = server.address() as { port: number }
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/other`).on('error', () => {})
    const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(204)
    webSocket.terminate()
    // A failure of the BFF closes the connection, and nothing else.
    await new Promise((resolve) => {
      new WebSocket(`ws://127.0.0.1:${port}/api`).on('error', () => {}).on('close', resolve)
    })
  })
})

describe('toUpgradeListener with the connection to a resource server', () => {
  /** Sends a WebSocket request to a BFF that responds with the connection that `handle` returns. */
  const openWith = async (handle: () => Promise<Duplex>) => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const listener = toUpgradeListener({
      owns: () => true,
      handle: async () => ({ status: 101, headers: {}, body: null, connection: await handle() }),
    })
    const atServer: Promise<unknown[]> = once(server, 'upgrade')
    server.on('upgrade', (request, socket, head) => listener(request, socket, head))
    const page = connect((server.address() as { port: number }).port, '127.0.0.1')
    page.on('error', () => {})
    page.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const [, socket] = (await atServer) as [unknown, Socket]
    return { page, socket }
  }

  /** A connection whose other end a test is. */
  const createConnection = () =>
    new Duplex({ allowHalfOpen: false, read() {}, write: (_chunk, _encoding, done) => done() })

  it('sends everything that arrived before its end to a page that reads late', async () => {
    const connection = createConnection()
    const { page, socket } = await openWith(() => Promise.resolve(connection))
    const chunk = Buffer.alloc(8_192, 'x')
    let sent = 0
    // Until the system takes no more, and the last bytes wait in this process.
    for (; socket.writableLength === 0; sent += chunk.length) {
      connection.push(chunk)
      await setImmediate()
    }
    connection.push(null)
    await once(connection, 'close')
    const received = await buffer(page)
    expect(received.length - received.indexOf('\r\n\r\n') - 4).toBe(sent)
  })

  it('closes the page when that has ended before', async () => {
    const connection = createConnection()
    connection.destroy()
    await once(connection, 'close')
    const { page } = await openWith(() => Promise.resolve(connection))
    await once(page.resume(), 'close')
    expect(page.destroyed).toBe(true)
  })

  it('closes it when the page has left before', async () => {
    const connection = createConnection()
    let respond = (): void => {}
    const { page, socket } = await openWith(
      () => new Promise((resolve) => void (respond = () => resolve(connection))),
    )
    page.destroy()
    await once(socket, 'close')
    respond()
    await once(connection, 'close')
    expect(connection.destroyed).toBe(true)
  })
})

function sendUntilFull(socket: Socket, onWrite: (size: number) => void): void {
  const writeMore = (): void => {
    for (let count = 0; count < 1000 && !socket.destroyed; count += 1) {
      onWrite(65_536)
      if (!socket.write(Buffer.alloc(65_536))) return void socket.once('drain', writeMore)
    }
  }
  writeMore()
}
