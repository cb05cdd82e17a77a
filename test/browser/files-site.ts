import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createBff } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import { cathy, classBusiness, demoClient, startSandbox } from '@latchkey/sandbox'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import { startFrontServer } from './front-server.ts'
import type { SiteFiles } from './pages.ts'

/** The small page in proxy mode, whose BFF leads `GET /files/*` to a server with an image, a report, events and an echo. */
export interface FilesSite {
  readonly url: string
  /** The requests that the resource server received. */
  readonly received: { readonly line: string; readonly headers: IncomingMessage['headers'] }[]
  /** The event streams and unfinished downloads that are open at the resource server. */
  readonly streams: Set<ServerResponse>
  /** The WebSockets that are open at the resource server. */
  readonly webSockets: Set<WebSocket>
  readonly close: () => Promise<void>
}

/** The content of `/files/report.txt`. */
export const report = Buffer.from(Array.from({ length: 1000 }, (_, line) => `line ${line}\n`).join(''))
/** The entity tag of {@link report}. */
export const reportTag = '"report-1"'
/** The entity tag of the image. */
export const photoTag = '"photo-1"'
/** One red pixel. */
const photo = Buffer.from('R0lGODlhAQABAIABAP8AAP///yH5BAEKAAEALAAAAAABAAEAAAICRAEAOw==', 'base64')

export async function startFilesSite(files: SiteFiles): Promise<FilesSite> {
  const received: FilesSite['received'] = []
  const streams: FilesSite['streams'] = new Set()
  const resourceServer = await startHttpServer((request, response) => {
    received.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    if (!request.headers.authorization?.startsWith('Bearer ')) response.writeHead(401).end()
    else if (request.url === '/v1/photo.gif') sendPhoto(request, response)
    else if (request.url === '/v1/report.txt') sendReport(request, response)
    else if (request.url === '/v1/events') openStream(response, { 'Content-Type': 'text/event-stream' })
    else if (request.url === '/v1/archive.zip') {
      openStream(response, { 'Content-Type': 'application/zip', 'Content-Length': 1_000_000 })
      response.write(Buffer.alloc(1000))
    } else response.writeHead(404).end()
  })
  const echo = new WebSocketServer({ noServer: true })
  echo.on('connection', (socket) => {
    socket.on('message', (data) => socket.send(`echo of ${(data as Buffer).toString()}`))
  })
  resourceServer.server.on('upgrade', (request, socket, head) => {
    received.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    echo.handleUpgrade(request, socket, head, (webSocket) => echo.emit('connection', webSocket))
  })
  const sandbox = await startSandbox({
    class: { transformBody: (body) => ({ ...body, data: { username: cathy.username } }) },
  })
  const provider = oauth2({
    tokenEndpoint: `${sandbox.url}/class/connect/token`,
    ...demoClient,
    basicEncoding: 'raw',
    scope: [`target:b/${classBusiness.code}`, 'fund.read', 'offline_access'],
    user: '/data',
  })
  const site = await startFrontServer({
    files,
    createBffs: (environment) => [
      createBff({
        ...environment,
        provider,
        mode: 'proxy',
        proxy: [{ path: '/files/*', to: `${resourceServer.url}/v1/*`, methods: ['GET'], webSocket: true }],
      }),
    ],
    api: () => Response.json([]),
  })
  return {
    url: site.url,
    received,
    streams,
    webSockets: echo.clients,
    close: async () => {
      for (const webSocket of echo.clients) webSocket.terminate()
      await site.close()
      await sandbox.close()
      await resourceServer.close()
    },
  }

  function openStream(response: ServerResponse, headers: OutgoingHttpHeaders): void {
    streams.add(response)
    response.once('close', () => streams.delete(response))
    response.writeHead(200, headers)
    response.flushHeaders()
  }
}

function sendPhoto(request: IncomingMessage, response: ServerResponse): void {
  const headers = { ETag: photoTag, 'Cache-Control': 'no-cache' }
  if (request.headers['if-none-match'] === photoTag) response.writeHead(304, headers).end()
  else response.writeHead(200, { ...headers, 'Content-Type': 'image/gif' }).end(photo)
}

function sendReport(request: IncomingMessage, response: ServerResponse): void {
  const headers = { 'Content-Type': 'text/plain', ETag: reportTag, 'Accept-Ranges': 'bytes' }
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (request.headers['if-none-match'] === reportTag) response.writeHead(304, { ETag: reportTag }).end()
  else if (start === undefined || end === undefined)
    response
      .writeHead(200, { ...headers, 'Content-Disposition': 'attachment; filename="report.txt"' })
      .end(report)
  else
    response
      .writeHead(206, { ...headers, 'Content-Range': `bytes ${start}-${end}/${report.length}` })
      .end(report.subarray(Number(start), Number(end) + 1))
}
