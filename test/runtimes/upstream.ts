import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { WebSocketServer } from 'ws'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'

/** The authorization server and the resource server of the checks. */
export interface Upstream {
  readonly url: string
  /** The `grant_type` of each token request, by the name of the user. */
  readonly grants: (username: string) => readonly string[]
  /** Whether a refresh token of a user was revoked. */
  readonly isRevoked: (username: string) => boolean
  /** Makes the refresh tokens of a user invalid. */
  readonly endSession: (username: string) => void
  /** Makes the access tokens of a user invalid. */
  readonly rejectAccessTokens: (username: string) => void
  /** Makes the next refresh wait. `arrived` resolves when it has; `release` lets it continue. */
  readonly holdRefresh: () => { readonly arrived: Promise<void>; readonly release: () => void }
  /** The responses and request bodies of the resource server, by the last part of the path. */
  readonly exchange: (name: string) => Exchange
  /** Cuts all requests that are under way. */
  readonly cutRequests: () => void
  readonly close: () => Promise<void>
}

/** One exchange of a path that a check uses once. */
export interface Exchange {
  /** The bytes of the request body that have arrived. */
  received: number
  /** Whether the connection was closed before the response was complete. */
  isCut: boolean
  /** Sends a part of the response. */
  write: (data: string) => void
  /** Ends the response. */
  end: (data: string) => void
}

/** Long enough that every method compresses it. */
export const compressedText = 'Latchkey '.repeat(500)

/** `compressedText` in each encoding. Zstandard is a constant, because Node 20 cannot write it: one raw block (RFC 8878). */
const encodings: Record<string, Buffer> = {
  gzip: gzipSync(compressedText),
  deflate: deflateSync(compressedText),
  br: brotliCompressSync(compressedText),
  zstd: createZstandardFrame(compressedText),
}

export async function startUpstream(): Promise<Upstream> {
  const tokens = createTokens()
  const exchanges = new Map<string, Exchange>()
  const getExchange = (name: string): Exchange => {
    const exchange = exchanges.get(name) ?? { received: 0, isCut: false, write: () => {}, end: () => {} }
    exchanges.set(name, exchange)
    return exchange
  }

  const { url, server, close } = await startHttpServer((request, response) => {
    const { pathname } = new URL(String(request.url), 'http://localhost')
    const tokenRoute = tokens.routes[pathname]
    if (tokenRoute) return void tokenRoute(request, response)
    if (!tokens.isValid(request.headers.authorization)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end()
      return
    }
    const [, version, kind = '', name = kind] = pathname.split('/')
    const route = version === 'v1' ? resources[kind] : undefined
    if (route) route(request, response, name, getExchange(name))
    else response.writeHead(404).end()
  })
  const sockets = new WebSocketServer({ server, path: '/chat' })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))

  return {
    url,
    ...tokens,
    exchange: getExchange,
    cutRequests: () => server.closeAllConnections(),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      await close()
    },
  }
}

type Resource = (request: IncomingMessage, response: ServerResponse, name: string, exchange: Exchange) => void

const resources: Record<string, Resource> = {
  echo: (request, response) => {
    const { method, url, headers } = request
    response.setHeader('Set-Cookie', 'theirs=1')
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ method, url, headers }))
  },
  empty: (_, response) => void response.writeHead(204).end(),
  redirect: (_, response) => void response.writeHead(302, { Location: '/v1/echo?page=2' }).end(),
  elsewhere: (_, response) => void response.writeHead(302, { Location: 'https://example.com/' }).end(),
  upload: (request, response, _, exchange) => {
    request.on('data', (chunk: Buffer) => (exchange.received += chunk.length))
    request.on('end', () => response.end(`${exchange.received} bytes`))
  },
  download: (_, response, __, exchange) =>
    openResponse(response, exchange, 'application/octet-stream', 'first '),
  events: (_, response, __, exchange) => openResponse(response, exchange, 'text/event-stream', 'data: 1\n\n'),
  broken: (request, response) => {
    response.writeHead(200, { 'Content-Length': 500 }).write('a part')
    setImmediate(() => request.socket.destroy())
  },
  compressed: (_, response, name) => void response.setHeader('Content-Encoding', name).end(encodings[name]),
}

function openResponse(response: ServerResponse, exchange: Exchange, type: string, first: string): void {
  response.writeHead(200, { 'Content-Type': type }).write(first)
  exchange.write = (data) => void response.write(data)
  exchange.end = (data) => void response.end(data)
  response.once('close', () => (exchange.isCut = !response.writableFinished))
}

/** Issues access tokens for fifteen minutes, and refresh tokens for one use. */
function createTokens() {
  const grants: { username: string; type: string }[] = []
  const valid = new Set<string>()
  const revoked = new Set<string>()
  let hold: { arrive: () => void; released: Promise<void> } | null = null

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request))
    const type = String(form.get('grant_type'))
    const old = form.get('refresh_token')
    const username = form.get('username') ?? old?.split('.')[1] ?? ''
    if (type === 'refresh_token' && hold) {
      const { arrive, released } = hold
      hold = null
      arrive()
      await released
    }
    grants.push({ username, type })
    // RFC 9700 §4.14.2: a refresh token that is used twice is worth nothing.
    const isValid =
      type === 'password' ? form.get('password') === passwordOf(username) : valid.delete(String(old))
    response.setHeader('Content-Type', 'application/json')
    if (!isValid) {
      response.writeHead(400).end('{"error":"invalid_grant"}')
      return
    }
    const [access_token, refresh_token] = ['access', 'refresh'].map(
      (kind) => `${kind}.${username}.${grants.length}`,
    )
    for (const token of [access_token, refresh_token]) valid.add(String(token))
    response.end(JSON.stringify({ access_token, refresh_token, token_type: 'Bearer', expires_in: 900 }))
  }

  function removeTokens(prefix: string): void {
    for (const token of valid) if (token.startsWith(prefix)) valid.delete(token)
  }

  return {
    routes: {
      '/token': respond,
      '/revoke': async (request: IncomingMessage, response: ServerResponse) => {
        revoked.add(String(new URLSearchParams(await text(request)).get('token')))
        response.end()
      },
    } as Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>,
    isValid: (authorization = '') => valid.has(authorization.replace('Bearer ', '')),
    isRevoked: (username: string) => [...revoked].some((token) => token.startsWith(`refresh.${username}.`)),
    endSession: (username: string) => removeTokens(`refresh.${username}.`),
    rejectAccessTokens: (username: string) => removeTokens(`access.${username}.`),
    grants: (username: string) =>
      grants.filter((grant) => grant.username === username).map(({ type }) => type),
    holdRefresh() {
      let release = (): void => {}
      const released = new Promise<void>((resolve) => (release = resolve))
      const arrived = new Promise<void>((resolve) => (hold = { arrive: resolve, released }))
      return { arrived, release }
    },
  }
}

export function passwordOf(username: string): string {
  return `password of ${username}`
}

function createZstandardFrame(content: string): Buffer {
  const bytes = Buffer.from(content)
  // The magic number, a header with a content size of four bytes, and the header of the last block, which is raw.
  const head = Buffer.alloc(12)
  head.writeUInt32LE(0xfd2fb528)
  head.writeUInt8(0b1010_0000, 4)
  head.writeUInt32LE(bytes.length, 5)
  head.writeUIntLE((bytes.length << 3) | 1, 9, 3)
  return Buffer.concat([head, bytes])
}
