import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../../scripts/run.mjs'
import type { StartedProcess } from '../first-page/start-process.ts'
import { startProcess } from '../first-page/start-process.ts'
import type { HttpServer } from '../third-party-servers/third-party-server.ts'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'

const here = join(root, 'test/stories')
const folder = mkdtempSync(join(root, 'test/node_modules/.open-streams-'))
/** The responses that are open at the resource server, by path. */
const openResponses = new Map<string, ServerResponse>()

let authorizationServer: HttpServer
let resourceServer: HttpServer
let processes: StartedProcess[] = []

beforeAll(async () => {
  authorizationServer = await startHttpServer((incoming, outgoing) => {
    incoming.resume()
    outgoing.writeHead(200, { 'Content-Type': 'application/json' })
    outgoing.end('{"access_token":"access-1","token_type":"Bearer","expires_in":900}')
  })
  resourceServer = await startHttpServer(({ url = '' }, outgoing) => {
    openResponses.set(url, outgoing)
    outgoing.once('close', () => openResponses.delete(url))
    const isDownload = url === '/report.zip'
    outgoing.writeHead(
      200,
      isDownload ? { 'Content-Length': 1_000_000 } : { 'Content-Type': 'text/event-stream' },
    )
    outgoing.write('data: 1\n\n')
  })
  const env = {
    STORE: join(folder, 'sessions'),
    AUTHORIZATION_SERVER: `${authorizationServer.url}/token`,
    RESOURCE_SERVER: resourceServer.url,
  }
  const args = [join(here, 'run-server.mjs'), join(here, 'stream-server.ts')]
  const start = () => startProcess(process.execPath, args, /port (\d+)\./, here, env)
  processes = [await start(), await start()]
})

afterAll(async () => {
  await Promise.all(processes.map((started) => started.stop()))
  await resourceServer.close()
  await authorizationServer.close()
  rmSync(folder, { recursive: true, force: true })
})

it('a sign-out in one process cuts an event stream and a download in another, which the page sees as broken', async () => {
  const [first = '', second = ''] = processes.map(({ match }) => `http://127.0.0.1:${match[1]}`)
  const signedIn = await send(first, '/auth/session', '', {
    method: 'POST',
    body: JSON.stringify({ credentials: { username: 'cathy', password: 'p' } }),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''

  const responses = await Promise.all(
    ['/api/events', '/api/report.zip'].map((path) => send(first, path, cookie)),
  )
  expect(responses.map(({ status }) => status)).toEqual([200, 200])
  const bodies = responses.map((response) => response.text())
  for (const body of bodies) body.catch(() => {})
  const closed = [...openResponses.values()].map((response) => once(response, 'close'))
  expect(closed).toHaveLength(2)

  expect((await send(second, '/auth/session', cookie, { method: 'DELETE' })).status).toBe(204)
  for (const body of bodies) await expect(body).rejects.toThrow('terminated')
  await Promise.all(closed)
  expect((await send(first, '/api/events', cookie)).status).toBe(401)
})

function send(origin: string, path: string, cookie: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' }
  return fetch(origin + path, { ...init, headers: { ...headers, Origin: origin, Cookie: cookie } })
}
