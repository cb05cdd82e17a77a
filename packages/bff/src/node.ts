import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { Bff } from './bff.ts'
import { setSocketAddress } from './guards/client-address.ts'
import { createJsonResponse } from './errors.ts'

export { getSocketAddress } from './guards/client-address.ts'

/** A listener for `node:http`, and middleware for Express, Connect, Vite and their like. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void

/** What frameworks add to a request. */
interface FrameworkRequest {
  /** The whole URL, where `url` is what is left of it below a mount point. */
  originalUrl?: unknown
  /** What a body parser read. */
  body?: unknown
}

/**
 * Puts a BFF behind `node:http`. Given `next`, it answers for what the BFF owns only and leaves the rest to others. A
 * body that a parser has read already is used as the parser left it.
 */
export function toNodeListener(bff: Pick<Bff, 'owns' | 'fetch'>): NodeListener {
  return (incoming, outgoing, next) => {
    const url = parseRequestUrl(incoming)
    if (next && !(url && bff.owns(url.pathname))) return next()
    // Whatever happens to one connection, the process and the others go on.
    respond(incoming, outgoing, url).catch(() => outgoing.destroy())
  }

  async function respond(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    url: URL | null,
  ): Promise<void> {
    const disconnected = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) disconnected.abort()
    })
    const request = url ? createWebRequest(incoming, url, disconnected.signal) : createBadRequestResponse()
    if (request instanceof Request) setSocketAddress(request, incoming.socket.remoteAddress)
    const response = request instanceof Request ? await bff.fetch(request) : request
    if (disconnected.signal.aborted) return
    // A framework's CORS middleware must not open to other origins what the BFF closes to them.
    for (const name of outgoing.getHeaderNames())
      if (name.startsWith('access-control-')) outgoing.removeHeader(name)
    outgoing.statusCode = response.status
    for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
    const cookies = response.headers.getSetCookie()
    if (cookies.length > 0) outgoing.setHeader('Set-Cookie', cookies)
    // The other end hears of a stream of events when it opens, not when the first one comes.
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) outgoing.flushHeaders()
    if (response.body) await sendBody(response.body, outgoing, disconnected.signal)
    else outgoing.end()
  }
}

/** Writes a body as fast as the browser takes it, and lets go of it when the browser has gone. */
async function sendBody(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  disconnected: AbortSignal,
): Promise<void> {
  const reader = body.getReader()
  const stop = (): void => void reader.cancel().catch(() => {})
  disconnected.addEventListener('abort', stop, { once: true })
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      if (!outgoing.write(part.value) && !disconnected.aborted)
        await once(outgoing, 'drain', { signal: disconnected })
    outgoing.end()
  } catch {
    // The body broke, or the browser has gone: a connection that ends early tells it, there is no other way by now.
    outgoing.destroy()
  }
}

/** The request as the web knows it, or the refusal of one that it does not know. */
function createWebRequest(incoming: IncomingMessage, url: URL, signal: AbortSignal): Request | Response {
  const method = incoming.method ?? 'GET'
  if (/^(CONNECT|TRACE|TRACK)$/i.test(method)) return createBadRequestResponse()
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name.startsWith(':')) continue
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one)
  }
  if (method === 'GET' || method === 'HEAD' || !hasBody(incoming))
    return new Request(url, { method, headers, signal })
  const body = getBody(incoming)
  return body === null
    ? createBodyConsumedResponse()
    : new Request(url, { method, headers, signal, body, duplex: 'half' } as RequestInit)
}

/** RFC 9112 §6.3; HTTP/2 tells by its frames, so that any request there may have one. */
function hasBody({ httpVersionMajor, headers }: IncomingMessage): boolean {
  return (
    httpVersionMajor > 1 ||
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length']) > 0
  )
}

/** The body; `null` when a parser has read it and left what cannot be made into the same again. */
function getBody(incoming: IncomingMessage & FrameworkRequest): BodyInit | null {
  const { body, headers } = incoming
  if (!incoming.readableDidRead) return Readable.toWeb(incoming) as ReadableStream
  if (typeof body === 'string' || body instanceof Uint8Array) return new Uint8Array(Buffer.from(body))
  return /^application\/([\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')
    ? JSON.stringify(body ?? null)
    : null
}

/** The URL that was asked for; `null` when its host or its path is none. Nothing that a proxy adds is believed. */
function parseRequestUrl(incoming: IncomingMessage & FrameworkRequest): URL | null {
  const scheme = 'encrypted' in incoming.socket && incoming.socket.encrypted === true ? 'https' : 'http'
  const host = incoming.headers.host ?? String(incoming.headers[':authority'] ?? '')
  const asked = typeof incoming.originalUrl === 'string' ? incoming.originalUrl : (incoming.url ?? '')
  // Absolute form (RFC 9112 §3.2.2) names the host again; the path behind it is all that counts here.
  const path = asked.replace(/^https?:\/\/[^/?#]*/i, '')
  // The dots of a path are resolved by whoever sends it. Others on the way may have read it as it stands.
  if (/\\|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path.replace(/[?#].*/s, ''))) return null
  if (!path.startsWith('/') || !/^[\w.:[\]-]+$/.test(host)) return null
  const text = `${scheme}://${host}${path}`
  return URL.canParse(text) ? new URL(text) : null
}

function createBadRequestResponse(): Response {
  return createJsonResponse(
    { error: 'invalid_request', error_description: 'The method, the host or the path cannot be used' },
    400,
  )
}

function createBodyConsumedResponse(): Response {
  return createJsonResponse(
    {
      error: 'server_error',
      error_description: 'The body was read before the BFF was asked: mount the BFF before the body parser',
    },
    500,
  )
}
