import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { BodyStream, RouteResponse } from '../route-response.ts'

/** RFC 9113 §7. */
const http2InternalError = 2

/** Sends a response: at once when all of it is there; otherwise the promise resolves when all was passed to the connection. */
export function sendResponse(response: RouteResponse, outgoing: ServerResponse): Promise<void> | undefined {
  const { status, statusText, headers, body } = response
  // CORS middleware of a framework must not allow other origins to read responses of the BFF.
  for (const name of outgoing.getHeaderNames())
    if (name.startsWith('access-control-')) outgoing.removeHeader(name)
  // RFC 9110 §15.5.9: the client is still sending.
  if (status === 408) outgoing.shouldKeepAlive = false
  // HTTP/2 has no reason phrase.
  if (statusText && outgoing.req.httpVersionMajor < 2) outgoing.writeHead(status, statusText, headers)
  else outgoing.writeHead(status, headers)
  const isStream = body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)
  const whole = isStream ? body.takeWhole() : body
  if (isStream && whole === null) return sendStream(body, outgoing)
  outgoing.end(whole)
}

/** Sends a stream with backpressure: a slow browser slows down the resource server. */
async function sendStream(body: BodyStream, outgoing: ServerResponse): Promise<void> {
  // An EventSource opens with the headers, not with the first event.
  outgoing.flushHeaders()
  try {
    for await (const chunk of body) if (!outgoing.write(chunk)) await waitForDrain(outgoing)
    outgoing.end()
  } catch {
    stopResponse(outgoing)
  }
}

/** Ends a response without completing it: once the headers are sent, nothing else signals an incomplete body. */
export function stopResponse(outgoing: ServerResponse): void {
  const { stream } = outgoing as { stream?: Partial<Http2Stream> | null }
  // To destroy the response of HTTP/2 ends its body like a complete one.
  if (stream?.close) stream.close(http2InternalError)
  else outgoing.destroy()
}

function waitForDrain(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      outgoing.off('drain', finish).off('close', finish)
      resolve()
    }
    outgoing.on('drain', finish).on('close', finish)
  })
}
