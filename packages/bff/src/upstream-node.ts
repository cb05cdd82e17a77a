import type { Readable } from 'node:stream'
import { Agent } from 'undici'
import type { SendUpstream } from './upstream.ts'

/** Zero means no limit: {@link SendUpstream} has none, and an event stream may be silent for hours. */
const noLimits = { headersTimeout: 0, bodyTimeout: 0 }
let agent: Agent | undefined

/**
 * Sends requests to the resource server, on Node. Its own `fetch` keeps a streamed body in memory, decodes responses
 * and ends a response that is silent for five minutes.
 */
export const sendUpstream: SendUpstream = async ({ url, method, headers, body, contentLength, signal }) => {
  agent ??= new Agent(noLimits)
  const isStream = body instanceof ReadableStream
  const sentHeaders = Object.fromEntries(headers)
  if (isStream && contentLength !== null) sentHeaders['content-length'] = String(contentLength)
  const response = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as 'GET',
    headers: sentHeaders,
    body: isStream ? iterate(body) : body,
    signal,
    responseHeaders: 'raw',
  } as Parameters<Agent['request']>[0])
  return {
    status: response.statusCode,
    statusText: response.statusText,
    headers: createHeaders(response.headers as unknown as string[]),
    body: createBody(response.body),
  }
}

async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Leaves out headers with characters that a browser would not get either. */
function createHeaders(pairs: readonly string[]): Headers {
  const headers = new Headers()
  for (let index = 0; index + 1 < pairs.length; index += 2)
    try {
      headers.append(String(pairs[index]), String(pairs[index + 1]))
    } catch {
      continue
    }
  return headers
}

/** Reads a body on demand, so that a slow browser slows down the resource server. */
function createBody(body: Readable): ReadableStream<Uint8Array> {
  // A connection that ends before anything was read would end the process.
  body.on('error', () => {})
  const chunks = body.iterator() as AsyncIterator<Uint8Array>
  return new ReadableStream(
    {
      async pull(stream) {
        const { done, value } = await chunks.next()
        if (done) stream.close()
        else stream.enqueue(value)
      },
      cancel() {
        // A pending read would delay the end of the iterator.
        body.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
