import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request as sendRequest } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { resolveServeOptions } from '../src/serve/serve-options.ts'
import { runCommand, writeFiles } from './support/command.ts'
import type { ServeProcess, Upstream } from './support/serve-process.ts'
import {
  clientSecret,
  createServeProject,
  removeProject,
  startServe,
  startUpstream,
} from './support/serve-process.ts'

let project: string
let upstream: Upstream
/** One process for most tests; the test that ends it is the last. */
let server: ServeProcess

beforeAll(async () => {
  project = await createServeProject()
  upstream = await startUpstream()
  writeFiles(project, {
    'dist/index.html': '<!doctype html><p>page',
    'dist/.env': 'hidden',
    'dist/assets/app-1a2b3c4d.js': 'original',
    'dist/assets/hero-portrait.png': 'not hashed',
    'outside.txt': 'hidden',
  })
  writeFileSync(join(project, 'dist/assets/app-1a2b3c4d.js.gz'), gzipSync('compressed'))
  writeConfig({})
  server = await startServe(project)
}, 60_000)
afterAll(async () => {
  await server.stop()
  upstream.close()
  removeProject(project)
})

function writeConfig(options: object): void {
  const provider = {
    preset: 'oauth2',
    tokenEndpoint: `${upstream.url}/token`,
    clientId: 'portal',
    clientSecret: '${SECRET}',
  }
  const proxy = [{ path: '/api/*', to: `${upstream.url}/api/*`, methods: ['GET'] }]
  writeFileSync(join(project, 'latchkey.config.json'), JSON.stringify({ provider, proxy, ...options }))
}

/** Requests a path as it is written, which `fetch` would change. */
async function requestPath(path: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const { hostname, port } = new URL(server.origin)
  const request = sendRequest({ hostname, port, path, headers }).end()
  const [response] = await once(request, 'response')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return [response.statusCode, body]
}

async function signIn(): Promise<Record<string, string>> {
  const response = await fetch(`${server.origin}/auth/session`, {
    method: 'POST',
    headers: { 'X-Latchkey': '1', 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    body: JSON.stringify({ credentials: { username: 'ada', password: 'correct horse' } }),
  })
  expect(response.status).toBe(200)
  const [cookie = ''] = response.headers.getSetCookie()
  return { Cookie: cookie.split(';')[0]!, 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
}

it('serves a page that is revalidated, with a content security policy, and assets that never are', async () => {
  const page = await fetch(server.origin)
  expect(await page.text()).toContain('page')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self' 'sha256-/,
  )
  const etag = page.headers.get('etag')!
  expect(
    (await fetch(server.origin, { headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' } })).status,
  ).toBe(304)

  const asset = await fetch(`${server.origin}/assets/app-1a2b3c4d.js`, {
    headers: { 'Accept-Encoding': 'gzip' },
  })
  expect(await asset.text()).toBe('compressed')
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const image = await fetch(`${server.origin}/assets/hero-portrait.png`)
  expect(image.headers.get('cache-control')).toBe('no-cache')
  const range = await fetch(asset.url, { headers: { Range: 'bytes=0-3' } })
  expect([range.status, await range.text()]).toEqual([206, 'orig'])
  const refused = await fetch(asset.url, { headers: { 'Accept-Encoding': 'gzip;q=0, identity' } })
  expect(await refused.text()).toBe('original')
})

it('responds to navigations with the page and to other missing files with 404', async () => {
  const html = { Accept: 'text/html' }
  expect(await requestPath('/items/4', html)).toEqual([200, '<!doctype html><p>page'])
  expect((await requestPath('/items/4', { ...html, 'Sec-Fetch-Mode': 'cors' }))[0]).toBe(404)
  expect((await requestPath('/logo.png'))[0]).toBe(404)
  expect((await requestPath('/assets/missing-12345678.js', html))[0]).toBe(404)
})

it('serves no hidden file, nothing outside of the folder, and survives ranges that are not valid', async () => {
  const paths = [
    '/.env',
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/..%5coutside.txt',
    '/%00',
    '/%',
  ]
  for (const path of paths) {
    const [status, body] = await requestPath(path)
    expect([path, status >= 400, body.includes('hidden')]).toEqual([path, true, false])
  }
  expect((await requestPath('/', { Range: 'bytes=9-2' }))[0]).toBe(416)
  expect((await requestPath('/'))[0]).toBe(200)
})

it('signs users in, passes requests to the API, and prints no secret', async () => {
  const headers = await signIn()
  const response = await fetch(`${server.origin}/api/items`, { headers })
  expect(await response.json()).toEqual({ authorization: 'Bearer access' })
  expect(server.log()).toContain('mode token, proxy /api/*, store embedded')
  expect(server.log()).not.toContain(clientSecret)
})

it('reloads its configuration on SIGHUP, keeps it when the new one is not valid, and ends no session', async () => {
  const headers = await signIn()
  writeConfig({ mode: 'neither' })
  await server.signal('SIGHUP', /not reloaded.*\n.*mode/)
  expect((await fetch(`${server.origin}/api/items`, { headers })).status).toBe(200)

  writeConfig({ mode: 'proxy' })
  await server.signal('SIGHUP', 'Configuration reloaded')
  const restored = await fetch(`${server.origin}/auth/session`, { headers })
  expect(await restored.json()).toMatchObject({ mode: 'proxy', session: { subject: expect.any(String) } })
})

it.each([
  [{ root: 'missing' }, /missing\/index\.html does not exist\. Build the page first/],
  [{ port: '99999' }, /--port or PORT is not valid/],
  [{ 'tls-cert': 'a.pem' }, /--tls-cert and --tls-key belong together/],
])('refuses %j and says why', async (values, message) => {
  await expect(resolveServeOptions({ root: join(project, 'dist'), ...values }, {})).rejects.toThrow(message)
})

it('exits with 2 when the configuration is missing, and says so', async () => {
  const { code, errors } = await runCommand(project, ['serve', '--config', 'none.json'])
  expect(errors).toContain('none.json cannot be used: there is no such file')
  expect(code).toBe(2)
})

it('lets a request under way end after SIGTERM, and exits with 0', async () => {
  const headers = await signIn()
  const response = fetch(`${server.origin}/api/slow`, { headers })
  await vi.waitFor(() => expect(upstream.releases).toHaveLength(1), { timeout: 25_000 })
  const stopped = server.stop()
  await vi.waitFor(() => expect(fetch(server.origin)).rejects.toThrow('fetch failed'), { timeout: 25_000 })
  upstream.releases[0]!()
  expect(await (await response).json()).toEqual({ slow: true })
  expect(await stopped).toEqual([0, null])
})
