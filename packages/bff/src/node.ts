import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Bff } from './bff.ts'
import { setSocketAddress } from './guards/client-address.ts'
import { createJsonResponse } from './errors.ts'

export { getSocketAddress } from './guards/client-address.ts'

/** A listener for `node:http`. With `next` it is middleware for Express, Connect and Vite. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void

/** Properties that frameworks add to a request. */
interface FrameworkRequest {
  /** The whole request target. Below a mount point, `url` is only the remainder. */
  originalUrl?: unknown
  /** The result of a body parser. */
  body?: unknown
}

/**
 * Creates a listener that passes requests to a BFF. Called with `next`, the listener handles only the paths that the BFF
 * owns, and calls `next()` for all others. If a body parser has already read the body, its result is used.
 */
export function toNodeListener(bff: Pick<Bff, 'owns' | 'fetch'>): NodeListener {
  return (incoming, outgoing, next) => {
    const url = parseRequestUrl(incoming)
    if (next && !(url && bff.owns(url.pathname))) return next()
    // A failure ends this connection only, not the process.
    respond(incoming, outgoing, url).catch(() => outgoing.destroy())
  }

  async function respond(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    url: URL | null,
  ): Promise<void> {
    // Browsers read a response only after they have sent the whole body, also when the response refuses it.
    outgoing.once('finish', () => {
      if (!incoming.complete) incoming.removeAllListeners('readable').resume()
    })
    const disconnected = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) disconnected.abort()
    })
    const request = url ? createWebRequest(incoming, url, disconnected.signal) : createBadRequestResponse()
    if (request instanceof Request) setSocketAddress(request, incoming.socket.remoteAddress)
    const response = request instanceof Request ? await bff.fetch(request) : request
    if (disconnected.signal.aborted) return
    // CORS middleware of a framework must not allow other origins to read responses of the BFF.
    for (const name of outgoing.getHeaderNames())
      if (name.startsWith('access-control-')) outgoing.removeHeader(name)
    outgoing.statusCode = response.status
    for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
    const cookies = response.headers.getSetCookie()
    if (cookies.length > 0) outgoing.setHeader('Set-Cookie', cookies)
    // An EventSource opens with the headers, not with the first event.
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) outgoing.flushHeaders()
    if (response.body) await sendBody(response.body, outgoing, disconnected.signal)
    else outgoing.end()
  }
}

/** Writes a body with backpressure, and cancels it when the browser disconnects. */
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
    // The headers are sent, so only a connection that ends early can signal an incomplete body.
    outgoing.destroy()
  }
}

/** Creates a web `Request`; a 400 or 500 response where that is impossible. */
function createWebRequest(incoming: IncomingMessage, url: URL, signal: AbortSignal): Request | Response {
  const method = incoming.method ?? 'GET'
  if (/^(CONNECT|TRACE|TRACK)$/i.test(method)) return createBadRequestResponse()
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name.startsWith(':')) continue
    for (const item of Array.isArray(value) ? value : [value ?? '']) headers.append(name, item)
  }
  if (method === 'GET' || method === 'HEAD' || !hasBody(incoming))
    return new Request(url, { method, headers, signal })
  const wasParsed = incoming.readableDidRead
  const body = getBody(incoming)
  // A body parser has also decompressed the body.
  if (wasParsed) headers.delete('Content-Encoding')
  return body === null
    ? createBodyConsumedResponse()
    : new Request(url, { method, headers, signal, body, duplex: 'half' } as RequestInit)
}

/** RFC 9112 §6.3. HTTP/2 announces a body in no header, so any request may have one. */
function hasBody({ httpVersionMajor, headers }: IncomingMessage): boolean {
  return (
    httpVersionMajor > 1 ||
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length']) > 0
  )
}

/** Returns the body; `null` when a parser has read it and its result cannot be turned back into the same bytes. */
function getBody(incoming: IncomingMessage & FrameworkRequest): BodyInit | null {
  const { body, headers } = incoming
  if (!incoming.readableDidRead) return createBodyStream(incoming)
  if (typeof body === 'string' || body instanceof Uint8Array) return new Uint8Array(Buffer.from(body))
  return /^application\/([\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')
    ? JSON.stringify(body ?? null)
    : null
}

/** Reads a body on demand. Unlike `Readable.toWeb`, it leaves the connection intact when the stream is cancelled. */
function createBodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
  return new ReadableStream(
    {
      async pull(stream) {
        const { done, value } = await chunks.next()
        if (done) stream.close()
        else stream.enqueue(new Uint8Array(value))
      },
      cancel: async () => void (await chunks.return?.()),
    },
    { highWaterMark: 0 },
  )
}

/** Returns the requested URL; `null` when its host or path is invalid. Ignores `Forwarded` and `X-Forwarded-*`. */
function parseRequestUrl(incoming: IncomingMessage & FrameworkRequest): URL | null {
  const scheme = 'encrypted' in incoming.socket && incoming.socket.encrypted === true ? 'https' : 'http'
  const host = incoming.headers.host ?? String(incoming.headers[':authority'] ?? '')
  const target = typeof incoming.originalUrl === 'string' ? incoming.originalUrl : (incoming.url ?? '')
  // The absolute form (RFC 9112 §3.2.2) repeats the host.
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  // Clients resolve dot segments before they send a path. A proxy in front may have routed this one unresolved.
  if (/\\|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path.replace(/[?#].*/s, ''))) return null
  if (!path.startsWith('/') || !/^[\w.:[\]-]+$/.test(host)) return null
  const url = `${scheme}://${host}${path}`
  return URL.canParse(url) ? new URL(url) : null
}

function createBadRequestResponse(): Response {
  return createJsonResponse(
    { error: 'invalid_request', error_description: 'Invalid request method, host or path' },
    400,
  )
}

function createBodyConsumedResponse(): Response {
  return createJsonResponse(
    {
      error: 'server_error',
      error_description: 'A body parser read the request body first. Mount the BFF before the body parser.',
    },
    500,
  )
}
