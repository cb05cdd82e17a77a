import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import type { Bff } from '../../src/index.ts'
import { toNodeListener } from '../../src/node.ts'

/** A request that a story sends. */
export interface StoryRequest {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  /** Whether more of the body would follow, which never comes. */
  isIncomplete?: boolean
  /** Whether no header says how long the body is. */
  hasUnknownLength?: boolean
}

/** A response as a client of any adapter sees it. */
export interface StoryResponse {
  status: number
  /** By name in lower case, without those of the connection. */
  headers: Record<string, string | string[]>
  body: AsyncIterable<Uint8Array>
  /** Disconnects. */
  leave: () => void
}

/** One way to send requests to a BFF. */
export interface AdapterClient {
  origin: string
  send: (request: StoryRequest) => Promise<StoryResponse>
  /** Sends a request and disconnects before there is a response. */
  sendAndLeave: (request: StoryRequest, arrived: Promise<unknown>) => Promise<void>
  close: () => void
}

export type AdapterName = 'fetch' | 'node:http' | 'node:http2'

/** Puts a BFF behind an adapter. */
export async function openAdapter(name: AdapterName, bff: Bff): Promise<AdapterClient> {
  if (name === 'fetch') return createFetchClient(bff)
  const server: Server =
    name === 'node:http'
      ? createServer(toNodeListener(bff))
      : createHttp2Server(toNodeListener(bff) as unknown as Parameters<typeof createHttp2Server>[1])
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return name === 'node:http' ? createHttpClient(origin, server) : createHttp2Client(origin, server)
}

function createFetchClient(bff: Bff): AdapterClient {
  const origin = 'http://127.0.0.1:1'
  const createRequest = (
    { path, method = 'GET', headers = {}, body, isIncomplete, hasUnknownLength }: StoryRequest,
    signal: AbortSignal,
  ): Request =>
    new Request(origin + path, {
      method,
      headers: {
        ...headers,
        ...(body &&
          !isIncomplete &&
          !hasUnknownLength && { 'Content-Length': String(Buffer.byteLength(body)) }),
      },
      body: isIncomplete ? new ReadableStream() : (body ?? null),
      signal,
      duplex: 'half',
    } as RequestInit)
  return {
    origin,
    close: () => {},
    async send(storyRequest) {
      const client = new AbortController()
      const response = await bff.fetch(createRequest(storyRequest, client.signal))
      const { date: _, ...headers } = Object.fromEntries(response.headers)
      const cookies = response.headers.getSetCookie()
      return {
        status: response.status,
        headers: {
          ...headers,
          ...(cookies.length > 0 && { 'set-cookie': cookies }),
        },
        body: (response.body ?? new Blob([]).stream()) as unknown as AsyncIterable<Uint8Array>,
        leave: () => client.abort(),
      }
    },
    async sendAndLeave(storyRequest, arrived) {
      const client = new AbortController()
      const responded = bff.fetch(createRequest(storyRequest, client.signal))
      await arrived
      client.abort()
      await responded
    },
  }
}

function createHttpClient(origin: string, server: Server): AdapterClient {
  const open = ({
    path,
    method = 'GET',
    headers = {},
    body,
    isIncomplete,
    hasUnknownLength,
  }: StoryRequest) => {
    const length = body && !isIncomplete && !hasUnknownLength && { 'Content-Length': Buffer.byteLength(body) }
    const outgoing = request(origin, { path, method, agent: false, headers: { ...headers, ...length } })
    outgoing.on('error', () => {})
    if (body && (isIncomplete || hasUnknownLength)) outgoing.write(body)
    if (!isIncomplete) outgoing.end(hasUnknownLength ? undefined : body)
    return outgoing
  }
  return {
    origin,
    close: () => void server.close(),
    async send(storyRequest) {
      const outgoing = open(storyRequest)
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
      const { connection: _, 'keep-alive': __, date: ___, ...headers } = response.headers
      delete headers['transfer-encoding']
      return {
        status: response.statusCode ?? 0,
        headers: headers as StoryResponse['headers'],
        body: response as AsyncIterable<Uint8Array>,
        leave: () => outgoing.destroy(),
      }
    },
    async sendAndLeave(storyRequest, arrived) {
      const outgoing = open(storyRequest)
      await arrived
      outgoing.destroy()
    },
  }
}

function createHttp2Client(origin: string, server: Server): AdapterClient {
  const session = connect(origin)
  session.on('error', () => {})
  const open = ({
    path,
    method = 'GET',
    headers = {},
    body,
    isIncomplete,
    hasUnknownLength,
  }: StoryRequest): ClientHttp2Stream => {
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    const length = body && !isIncomplete && !hasUnknownLength && { 'content-length': Buffer.byteLength(body) }
    const stream = session.request(
      { ':path': path, ':method': method, ...Object.fromEntries(lowerCase), ...length },
      { endStream: !body },
    )
    stream.on('error', () => {})
    if (isIncomplete) stream.write(body)
    else if (body) stream.end(body)
    return stream
  }
  return {
    origin,
    close() {
      session.destroy()
      server.close()
    },
    async send(storyRequest) {
      const stream = open(storyRequest)
      const [{ ':status': status, date: _, ...headers }] = (await once(stream, 'response')) as [
        IncomingHttpHeaders & { ':status': number },
      ]
      return {
        status,
        headers: headers as StoryResponse['headers'],
        body: stream as AsyncIterable<Uint8Array>,
        leave: () => stream.close(8),
      }
    },
    async sendAndLeave(storyRequest, arrived) {
      const stream = open(storyRequest)
      await arrived
      stream.close(8)
    },
  }
}
