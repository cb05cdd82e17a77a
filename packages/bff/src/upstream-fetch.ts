import { createUnsupportedError } from './errors.ts'
import type { BodyStream } from './route-response.ts'
import type { SendUpstream, UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** Sends requests to the resource server, on runtimes other than Node. */
export const sendUpstream: SendUpstream = createFetchUpstream((input, init) => globalThis.fetch(input, init))

/** Creates a {@link SendUpstream} for runtimes that have only `fetch`, which decodes responses. */
export function createFetchUpstream(fetch: typeof globalThis.fetch): SendUpstream {
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
      response: Promise.race([send(fetch, request, controller), cancelled]),
      cancel: (reason) => controller.abort(reason),
    }
  }
}

/** The encodings that `fetch` decodes. */
const decodedEncodings = /^\s*(x-gzip|gzip|deflate|br)\s*(,\s*(x-gzip|gzip|deflate|br)\s*)*$/i

async function send(
  fetch: typeof globalThis.fetch,
  { origin, path, method, headers: requestHeaders, body: requestBody, onBroken, onEnd }: UpstreamRequest,
  controller: AbortController,
): Promise<UpstreamResponse> {
  const { 'accept-encoding': _, ...sentHeaders } = requestHeaders
  const isBytes = requestBody === null || requestBody instanceof Uint8Array
  const response = await fetch(origin + path, {
    method,
    headers: sentHeaders,
    body: isBytes ? requestBody : createReadableStream(requestBody),
    redirect: 'manual',
    signal: controller.signal,
    duplex: 'half',
  } as RequestInit)
  const { status, statusText, body } = response
  const headers = Object.fromEntries(response.headers)
  if (decodedEncodings.test(headers['content-encoding'] ?? '')) {
    // They describe the body before it was decoded.
    delete headers['content-encoding']
    delete headers['content-length']
  }
  return { status, statusText, headers, body: body && createBody(body, controller, onBroken, onEnd) }
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
