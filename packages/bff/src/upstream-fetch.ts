import { createUnsupportedError } from './errors.ts'
import type { BodyStream } from './route-response.ts'
import type { SendUpstream, UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** The name of the runtime: the product of its `navigator.userAgent`. */
const runtime = /^[\w.-]*/.exec(globalThis.navigator?.userAgent ?? '')?.[0] ?? ''

/**
 * The encodings that the `fetch` of a runtime decodes, without removing the headers that describe the encoded body. Most
 * servers send only these, because `fetch` accepts no others.
 */
const decodedEncodings = {
  'Cloudflare-Workers': ['gzip', 'br'],
  Deno: ['gzip', 'br'],
  Bun: ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'],
}[runtime] ?? ['gzip', 'x-gzip', 'deflate', 'br']

/** Bun decodes nothing on request, so that bodies stay compressed on their whole way. */
const canPassEncodings = runtime === 'Bun'

/** Sends requests to the resource server, on runtimes other than Node. */
export const sendUpstream: SendUpstream = createFetchUpstream(
  (input, init) =>
    globalThis.fetch(input, canPassEncodings ? ({ ...init, decompress: false } as RequestInit) : init),
  canPassEncodings,
)

/**
 * Creates a {@link SendUpstream} for runtimes that have only `fetch`.
 *
 * @param passesEncodings whether this `fetch` leaves bodies as they were sent; usually it decodes them
 */
export function createFetchUpstream(fetch: typeof globalThis.fetch, passesEncodings = false): SendUpstream {
  return (request) => {
    if (request.upgrade)
      throw createUnsupportedError('Only Node can, and only while platform.fetch is not replaced')
    const controller = new AbortController()
    const { signal } = controller
    // For a `fetch` that ignores the signal.
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return {
      response: Promise.race([send(fetch, request, passesEncodings, controller), cancelled]),
      cancel: (reason) => controller.abort(reason),
    }
  }
}

async function send(
  fetch: typeof globalThis.fetch,
  { origin, path, method, headers: requestHeaders, body: requestBody, onBroken, onEnd }: UpstreamRequest,
  passesEncodings: boolean,
  controller: AbortController,
): Promise<UpstreamResponse> {
  const { 'accept-encoding': accepted, ...otherHeaders } = requestHeaders
  const isBytes = requestBody === null || requestBody instanceof Uint8Array
  const response = await fetch(origin + path, {
    method,
    // A `fetch` that decodes adds what it can decode.
    headers: passesEncodings ? { 'accept-encoding': accepted ?? 'identity', ...otherHeaders } : otherHeaders,
    body: isBytes ? requestBody : createReadableStream(requestBody),
    redirect: 'manual',
    signal: controller.signal,
    duplex: 'half',
  } as RequestInit)
  const { status, statusText, body } = response
  const headers = Object.fromEntries(response.headers)
  if (!passesEncodings && isDecoded(headers['content-encoding'])) {
    // They describe the body before it was decoded.
    delete headers['content-encoding']
    delete headers['content-length']
  }
  return { status, statusText, headers, body: body && createBody(body, controller, onBroken, onEnd) }
}

function isDecoded(contentEncoding: string | undefined): boolean {
  if (contentEncoding === undefined) return false
  const encodings = contentEncoding.toLowerCase().split(',')
  return encodings.every((encoding) => decodedEncodings.includes(encoding.trim()))
}

function createReadableStream(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(stream) {
        const { done, value } = await chunks.next()
        if (done) stream.close()
        else stream.enqueue(value)
      },
      cancel: async () => void (await chunks.return?.()),
    },
    { highWaterMark: 0 },
  )
}

function createBody(
  stream: ReadableStream<Uint8Array>,
  controller: AbortController,
  onBroken: UpstreamRequest['onBroken'],
  onEnd: UpstreamRequest['onEnd'],
): BodyStream {
  const { signal } = controller
  const reader = stream.getReader()
  // For a `fetch` that ignores the signal.
  const stop = (): void => {
    reader.cancel().catch(() => {})
    onEnd()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    takeWhole: () => null,
    cancel: () => controller.abort(),
    async *[Symbol.asyncIterator]() {
      try {
        for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
      } catch (error) {
        if (!signal.aborted) onBroken(error)
        throw error
      } finally {
        onEnd()
      }
      // A body that was cancelled ends like a complete one.
      signal.throwIfAborted()
    },
  }
}
