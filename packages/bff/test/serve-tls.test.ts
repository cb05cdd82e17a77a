import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as sendRequest } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCommand, writeFiles } from './support/command.ts'
import type { ServeProcess, Upstream } from './support/serve-process.ts'
import {
  clientSecret,
  createServeProject,
  removeProject,
  startServe,
  startUpstream,
} from './support/serve-process.ts'

const policy = "default-src 'self'"
const args = ['--config', 'auth.mjs', '--store', 'sessions', '--csp', policy]
const tlsArgs = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']
let project: string
let upstream: Upstream
let server: ServeProcess

beforeAll(async () => {
  project = await createServeProject()
  upstream = await startUpstream()
  writeFiles(project, { 'dist/index.html': '<!doctype html><p>page' })
  writeModule('first')
  createCertificate('first')
  server = await startServe(project, [...args, ...tlsArgs])
}, 60_000)
afterAll(async () => {
  await server.stop()
  upstream.close()
  removeProject(project)
})

/** Writes a module that opens something, which its function `close` closes. */
function writeModule(name: string, provider = 'oauth2'): void {
  const code = `import { createBff } from '@latchkey/bff'
import { ${provider} } from '@latchkey/bff/providers'

console.log('${name} opened')
export const close = async () => console.log('${name} closed')
export default createBff({
  provider: oauth2({ tokenEndpoint: '${upstream.url}/token', clientId: 'portal', clientSecret: process.env.SECRET }),
  proxy: [
    { path: '/api/chat', to: '${upstream.url}/api/chat', methods: ['GET'], webSocket: true },
    { path: '/api/*', to: '${upstream.url}/api/*', methods: ['GET'] },
  ],
})
`
  writeFiles(project, { 'auth.mjs': code })
}

/** Replaces certificate and key; the name is in the certificate. */
function createCertificate(name: string, keyFile = 'key.pem'): void {
  const options = ['-x509', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-newkey', 'rsa:2048']
  execFileSync('openssl', ['req', ...options, '-out', 'cert.pem', '-keyout', keyFile], {
    cwd: project,
    stdio: 'ignore',
  })
}

interface TestResponse {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The name in the certificate of the server. */
  readonly certificate: string
}

/** Sends a request on a connection of its own, so that it gets the certificate of now. */
async function send(
  path: string,
  headers: OutgoingHttpHeaders = {},
  credentials?: Record<string, string>,
): Promise<TestResponse> {
  const method = credentials ? 'POST' : 'GET'
  const url = new URL(path, server.origin)
  const request = sendRequest(url, { method, headers, agent: false, rejectUnauthorized: false })
  request.end(credentials && JSON.stringify({ credentials }))
  const [response] = (await Promise.race([once(request, 'response'), once(request, 'upgrade')])) as [
    IncomingMessage,
  ]
  const socket = response.socket as TLSSocket
  const certificate = String(socket.getPeerCertificate().subject.CN)
  const body = await text(response.statusCode === 101 ? socket : response)
  return { status: response.statusCode!, headers: response.headers, body, certificate }
}

async function signIn(): Promise<Record<string, string>> {
  const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
  const response = await send(
    '/auth/session',
    { ...headers, 'Content-Type': 'application/json' },
    { username: 'ada', password: 'correct horse' },
  )
  expect(response.status).toBe(200)
  const [cookie = ''] = response.headers['set-cookie'] ?? []
  expect(cookie).toMatch(/^__Host-.*; Secure/)
  return { ...headers, Cookie: cookie.split(';')[0]! }
}

it('serves https, with the policy of --csp', async () => {
  const page = await send('/')
  expect(page).toMatchObject({ status: 200, certificate: 'first', body: expect.stringContaining('page') })
  expect(page.headers['content-security-policy']).toBe(policy)
  const headers = await signIn()
  expect((await send('/api/items', headers)).body).toBe('{"authorization":"Bearer access"}')
})

it('passes WebSockets to the API for pages of its own origin', async () => {
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
  const { Cookie } = await signIn()
  const accepted = await send('/api/chat', { ...upgrade, Cookie, Origin: server.origin })
  expect([accepted.status, accepted.body]).toEqual([101, 'Bearer access'])
  const refused = await send('/api/chat', { ...upgrade, Cookie, Origin: 'https://evil.example' })
  expect(refused.status).toBe(403)
  const closed = send('/chat', { ...upgrade, Cookie, Origin: server.origin })
  await expect(closed).rejects.toThrow('socket hang up')
})

it('reads the certificate again on SIGHUP, and keeps the present one when the key does not belong to it', async () => {
  createCertificate('second')
  await server.signal('SIGHUP', 'Configuration reloaded')
  expect((await send('/')).certificate).toBe('second')

  createCertificate('third', 'other.pem')
  await server.signal(
    'SIGHUP',
    /not reloaded.*cert\.pem and key\.pem are not a certificate chain and its key/,
  )
  expect((await send('/')).certificate).toBe('second')
  createCertificate('fourth')
})

it('closes what the replaced module opened after its last request, and nothing when the new one is not valid', async () => {
  const headers = await signIn()
  const slow = send('/api/slow', headers)
  await vi.waitFor(() => expect(upstream.releases).toHaveLength(1), { timeout: 25_000 })
  writeModule('broken', 'missing')
  await server.signal('SIGHUP', /not reloaded.*missing/)
  writeModule('second')
  await server.signal('SIGHUP', 'second opened')
  expect((await send('/api/items', headers)).status).toBe(200)
  const countClosed = (): number => server.log().match(/first closed/g)?.length ?? 0
  // The reload of the certificate has replaced the module once.
  expect(countClosed()).toBe(1)

  upstream.releases[0]!()
  expect((await slow).body).toBe('{"slow":true}')
  await vi.waitFor(() => expect(countClosed()).toBe(2), { timeout: 25_000 })
  expect(server.log()).not.toContain('second closed')
})

it('keeps the sessions of --store over a restart, and closes what the module opened at its end', async () => {
  const headers = await signIn()
  expect(existsSync(join(project, 'sessions/sessions.sqlite'))).toBe(true)
  expect(await server.stop()).toEqual([0, null])
  expect(server.log()).toMatch(/second closed\n$/)
  server = await startServe(project, [...args, ...tlsArgs])
  expect((await send('/api/items', headers)).status).toBe(200)
})

it('exits with 2 when a file of --tls-cert cannot be used, and prints no secret', async () => {
  const { code, errors } = await runCommand(project, [
    ...['serve', '--config', 'auth.mjs'],
    '--tls-cert',
    'a.pem',
    '--tls-key',
    'key.pem',
  ])
  expect(errors).toContain('--tls-cert: a.pem cannot be read (ENOENT)')
  expect(code).toBe(2)
  const key = readFileSync(join(project, 'key.pem'), 'utf8').split('\n')[1]!
  for (const secret of [clientSecret, key]) expect(server.log()).not.toContain(secret)
})
