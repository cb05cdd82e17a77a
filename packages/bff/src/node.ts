import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createRequestBody, readRemainder, hasBody } from './adapters/node-body.ts'
import { NodeRequest } from './adapters/node-request.ts'
import { stopResponse, sendResponse } from './adapters/node-response.ts'
import { createUpgradeResponse, sendUpgradeResponse } from './adapters/node-upgrade.ts'
import { parseRequestUrl } from './adapters/node-url.ts'
import type { Bff } from './bff.ts'
import type { RequestUrl } from './route-request.ts'
import type { RouteResponse } from './route-response.ts'
import { createJsonResponse } from './route-response.ts'

export { secretFile } from './secret-file.ts'

/** A listener for `node:http`. With `next` it is middleware for Express, Connect and Vite. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void

/**
 * Creates a listener that passes requests to a BFF. Called with `next`, the listener handles only the paths that the BFF
 * owns, and calls `next()` for all others. If a body parser has already read the body, its result is used.
 */
export function toNodeListener(bff: Pick<Bff, 'owns' | 'handle'>): NodeListener {
  return (incoming, outgoing, next) => {
    const url = parseRequestUrl(incoming)
    if (next && !(url && bff.owns(url.pathname))) return next()
    // A failure ends this connection only, not the process.
    respond(incoming, outgoing, url).catch(() => stopResponse(outgoing))
  }

  async function respond(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    url: RequestUrl | null,
  ): Promise<void> {
    const mayHaveBody = hasBody(incoming)
    if (mayHaveBody)
      outgoing.once('finish', () => {
        if (!incoming.complete) readRemainder(incoming)
      })
    const { method = 'GET' } = incoming
    if (url === null || /^(CONNECT|TRACE|TRACK)$/i.test(method))
      return sendResponse(createBadRequestResponse(), outgoing)
    const reads = mayHaveBody && method !== 'GET' && method !== 'HEAD'
    const body = reads ? createRequestBody(incoming) : null
    if (reads && body === null) return sendResponse(createBodyConsumedResponse(), outgoing)
    const request = new NodeRequest(incoming, outgoing, url, method, body)
    const response = await bff.handle(request)
    if (!request.isDisconnected) return sendResponse(response, outgoing)
  }
}

/** A listener for the event `upgrade` of a server of `node:http` or `node:https`. */
export type UpgradeListener = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  next?: () => void,
) => void

/**
 * Creates a listener that passes WebSocket requests to a BFF, for proxy routes with `webSocket: true`. Called with
 * `next`, the listener handles only the paths that the BFF owns, and calls `next()` for all others.
 *
 * @example
 *   const server = createServer(toNodeListener(bff))
 *   server.on('upgrade', toUpgradeListener(bff))
 */
export function toUpgradeListener(bff: Pick<Bff, 'owns' | 'handle'>): UpgradeListener {
  return (incoming, client, head, next) => {
    const url = parseRequestUrl(incoming)
    if (next && !(url && bff.owns(url.pathname))) return next()
    // Without a listener, an error would end the process.
    client.on('error', () => client.destroy())
    if (head.length > 0) client.unshift(head)
    respond(incoming, client, url).catch(() => client.destroy())
  }

  async function respond(incoming: IncomingMessage, client: Duplex, url: RequestUrl | null): Promise<void> {
    const outgoing = createUpgradeResponse(incoming, client)
    // Node does not read the body of a request that it has handed over.
    if (url === null || incoming.method !== 'GET') return sendResponse(createBadRequestResponse(), outgoing)
    const request = new NodeRequest(incoming, outgoing, url, 'GET', null, true)
    // Also to a client that has left: that closes the connection to the resource server.
    await sendUpgradeResponse(await bff.handle(request), outgoing, client)
  }
}

function createBadRequestResponse(): RouteResponse {
  return createJsonResponse(
    { error: 'invalid_request', error_description: 'Invalid request method, host or path' },
    400,
  )
}

function createBodyConsumedResponse(): RouteResponse {
  return createJsonResponse(
    {
      error: 'server_error',
      error_description: 'A body parser read the request body first. Mount the BFF before the body parser.',
    },
    500,
  )
}
