import type { ServerResponse } from 'node:http'
import type { BodyStream, RouteResponse } from '../route-response.ts'

/** Sends a response. Resolves when all of it was passed to the connection. */
export async function sendResponse(response: RouteResponse, outgoing: ServerResponse): Promise<void> {
  const { status, statusText, headers, body } = response
  // CORS middleware of a framework must not allow other origins to read responses of the BFF.
  for (const name of outgoing.getHeaderNames())
    if (name.startsWith('access-control-')) outgoing.removeHeader(name)
  // HTTP/2 has no reason phrase.
  if (statusText && outgoing.req.httpVersionMajor < 2) outgoing.writeHead(status, statusText, headers)
  else outgoing.writeHead(status, headers)
  if (body === null) outgoing.end()
  else if (typeof body === 'string' || body instanceof Uint8Array) outgoing.end(body)
  else await sendStream(body, outgoing)
}

/** Sends a stream with backpressure: a slow browser slows down the resource server. */
async function sendStream(body: BodyStream, outgoing: ServerResponse): Promise<void> {
  const whole = body.takeWhole()
  if (whole) {
    outgoing.end(whole)
    return
  }
  // An EventSource opens with the headers, not with the first event.
  outgoing.flushHeaders()
  try {
    for await (const chunk of body) if (!outgoing.write(chunk)) await waitForDrain(outgoing)
    outgoing.end()
  } catch {
    // The headers are sent, so only a connection that ends early can signal an incomplete body.
    outgoing.destroy()
  }
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
