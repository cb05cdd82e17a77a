import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ResourceServer {
  readonly origin: string
  readonly close: () => void
}

/**
 * Starts a resource server: `/check` is empty, `/upload` responds with the number of bytes, `/status/N` with the status N,
 * and `/stream` is an event stream that says nothing after its first event.
 */
export async function startResourceServer(isAccepted: (token: string) => boolean): Promise<ResourceServer> {
  const server = createServer(async (request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!isAccepted(token)) return void response.writeHead(401).end()
    const [, act, argument] = (request.url ?? '').split('/')
    if (act === 'stream') return startStream(response)
    if (act === 'status') return void response.writeHead(Number(argument)).end()
    let byteCount = 0
    try {
      for await (const chunk of request) byteCount += (chunk as Buffer).length
    } catch {
      // The client left.
    }
    response.end(String(byteCount))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: hello\n\n')
}
