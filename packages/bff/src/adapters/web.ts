import { readBoundedBytes } from '../bounded-body.ts'
import { getClientAddress, setSocketAddress } from '../guards/client-address.ts'
import type { RequestBody, RouteRequest } from '../route-request.ts'
import { formatUrl } from '../route-request.ts'
import type { BodyStream, RouteResponse } from '../route-response.ts'

/** Creates the routes' view of a web request. */
export function createRouteRequest(request: Request): RouteRequest {
  const { method, headers, signal, body } = request
  const routeRequest: RouteRequest = {
    method,
    url: new URL(request.url),
    address: getClientAddress(request),
    body: body && createRequestBody(body, headers),
    canUpgrade: false,
    get isDisconnected() {
      return signal.aborted
    },
    getHeader: (name) => headers.get(name),
    whenDisconnected(callback) {
      if (signal.aborted) callback()
      else signal.addEventListener('abort', callback, { once: true })
    },
    // The stream of the response ends when its body does.
    stopResponse() {},
    toWebRequest(client = routeRequest) {
      const webRequest = new Request(formatUrl(client.url), { method, headers, signal })
      setSocketAddress(webRequest, client.address ?? undefined)
      return webRequest
    },
  }
  return routeRequest
}

/** Creates a web response. */
export function createWebResponse({ status, statusText = '', headers, body }: RouteResponse): Response {
  const webHeaders = new Headers()
  for (const [name, value] of Object.entries(headers))
    for (const item of Array.isArray(value) ? value : [value]) webHeaders.append(name, item)
  const isStream = typeof body === 'object' && body !== null && 'takeWhole' in body
  return new Response(isStream ? createReadableStream(body) : body, {
    status,
    statusText,
    headers: webHeaders,
  })
}

function createRequestBody(body: ReadableStream<Uint8Array>, headers: Headers): RequestBody {
  const length = headers.get('Content-Length')
  return {
    length: length !== null && /^\d+$/.test(length) ? Number(length) : null,
    readBytes: (maxBytes) => readBoundedBytes(body, maxBytes),
    async *stream() {
      const reader = body.getReader()
      try {
        for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
      } finally {
        await reader.cancel().catch(() => {})
      }
    },
  }
}

/** Reads a body on demand, so that a slow client slows down the resource server. */
function createReadableStream(body: BodyStream): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(stream) {
        const { done, value } = await chunks.next()
        if (done) stream.close()
        else stream.enqueue(value)
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  )
}
