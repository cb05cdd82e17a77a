import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ResponseHeaders, RouteResponse } from '../route-response.ts'
import { sendResponse } from './node-response.ts'

/**
 * Creates the object that writes a response to a connection that Node has handed over. The connection ends with it, or
 * when the client leaves before.
 */
export function createUpgradeResponse(incoming: IncomingMessage, client: Duplex): ServerResponse {
  const outgoing = new ServerResponse(incoming)
  outgoing.shouldKeepAlive = false
  outgoing.assignSocket(client as Socket)
  outgoing.once('finish', () => client.end(() => client.destroy()))
  client.on('readable', readEnd).on('end', destroyClient)
  return outgoing
}

/** Notices the end of a connection of which nothing else is read yet. */
function readEnd(this: Duplex): void {
  this.read(0)
}

function destroyClient(this: Duplex): void {
  this.destroy()
}

/** Sends a response; one that opens a WebSocket connects both ends. */
export async function sendUpgradeResponse(
  response: RouteResponse,
  outgoing: ServerResponse,
  client: Duplex,
): Promise<void> {
  const { connection, headers } = response
  if (!connection) return sendResponse(response, outgoing)
  outgoing.detachSocket(client as Socket)
  client.off('readable', readEnd).off('end', destroyClient)
  client.write(formatSwitchingProtocols(headers), 'latin1')
  connectSockets(client as Socket, connection)
}

/** Passes all bytes both ways, with backpressure, until one end closes. */
function connectSockets(client: Socket, upstream: Duplex): void {
  // Node's limits are for requests; a WebSocket may be silent.
  client.setTimeout(0).setNoDelay(true)
  pipe(client, upstream)
  pipe(upstream, client)
}

function pipe(from: Duplex, to: Duplex): void {
  // 'close' follows.
  from.on('error', () => {})
  from.once('close', () => {
    // After a regular end, the last bytes are still under way.
    if (from.readableEnded && !to.writableFinished) to.once('finish', () => to.destroy())
    else to.destroy()
  })
  from.pipe(to)
  if (from.destroyed) to.destroy()
}

function formatSwitchingProtocols(headers: ResponseHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((item) => `${name}: ${item}\r\n`),
  )
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}
