import type { Duplex } from 'node:stream'
import { BffError, createUnsupportedError } from '../errors.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import type { UpstreamResponse } from '../upstream.ts'
import { parseHeaderList } from './header-list.ts'
import { filterResponseHeaders } from './headers.ts'
import type { ProxyMatch } from './proxy-routes.ts'

/** The headers of the handshake that the page sends (RFC 6455 §4.1). `Origin` is the BFF's concern. */
const handshakeHeaders = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]

/** Whether a request asks for a WebSocket (RFC 6455 §4.1). */
export function isWebSocketRequest(request: RouteRequest): boolean {
  const upgrade = request.getHeader('upgrade')
  return upgrade !== null && request.method === 'GET' && isWebSocketProtocol(upgrade)
}

/**
 * Asserts that the route and the server accept a WebSocket.
 *
 * @throws BffError `invalid_request` when the route does not; `server_error` with status 501 when the server cannot
 */
export function assertWebSocket(request: RouteRequest, match: ProxyMatch): void {
  if (!match.webSocket) throw new BffError('invalid_request', 'The proxy route accepts no WebSockets')
  if (!request.canUpgrade)
    throw createUnsupportedError(
      "On Node, pass upgrades to the BFF: server.on('upgrade', toUpgradeListener(bff)). Other runtimes cannot",
    )
}

/** Returns the headers of the page's handshake. */
export function pickHandshakeHeaders(page: RouteRequest): Record<string, string> {
  const entries = handshakeHeaders.map((name) => [name, page.getHeader(name)] as const)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
}

/**
 * Creates the response that opens a WebSocket.
 *
 * @throws BffError `server_error` when the resource server has switched to another protocol
 */
export function createWebSocketResponse(
  headers: UpstreamResponse['headers'],
  connection: Duplex,
  host: string,
): RouteResponse {
  if (!isWebSocketProtocol(headers['upgrade'] ?? '')) {
    connection.destroy()
    throw new BffError('server_error', 'The resource server does not respond to a WebSocket request', {
      status: 502,
      hint: `Proxy request to ${host} failed with 502: it switched to another protocol than WebSocket`,
    })
  }
  return {
    status: 101,
    headers: { ...filterResponseHeaders(headers), connection: 'Upgrade', upgrade: 'websocket' },
    body: null,
    connection,
  }
}

function isWebSocketProtocol(upgrade: string): boolean {
  return parseHeaderList(upgrade).some((protocol) => protocol.toLowerCase() === 'websocket')
}
