import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { SessionResponse } from '@latchkey/wire'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StartedProcess } from '../first-page/start-process.ts'
import { startProcess } from '../first-page/start-process.ts'
import { parseSnippets } from '../package/snippets.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const readme = readFileSync(join(here, '../../packages/bff/README.md'), 'utf8')
// In the repository, so that the module finds its packages.
const folder = mkdtempSync(join(here, '../node_modules/.stopping-'))

/** An authorization server whose refresh tokens work once. It responds to a refresh when it is released. */
const state = { issued: 0, refreshes: 0, release: (): void => {} }
const authorizationServer = createServer((request, response) => {
  void text(request).then(async (body) => {
    const refreshToken = new URLSearchParams(body).get('refresh_token')
    const isAccepted = refreshToken === null || refreshToken === `refresh-${state.issued}`
    if (isAccepted) state.issued += 1
    if (refreshToken !== null) {
      state.refreshes += 1
      await new Promise<void>((resolve) => (state.release = resolve))
    }
    response.writeHead(isAccepted ? 200 : 400, { 'Content-Type': 'application/json' })
    const token = {
      access_token: `access-${state.issued}`,
      refresh_token: `refresh-${state.issued}`,
      token_type: 'Bearer',
      // The first token has expired at once, and causes a refresh.
      expires_in: refreshToken === null ? 0 : 900,
    }
    response.end(JSON.stringify(isAccepted ? token : { error: 'invalid_grant' }))
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => authorizationServer.listen(0, '127.0.0.1', resolve))
  const { port } = authorizationServer.address() as AddressInfo
  const snippet = parseSnippets(readme).find(({ file }) => file === 'server.ts')?.code ?? ''
  const code = snippet
    .replace('{ axosoft }', '{ oauth2 }')
    .replace(
      /provider: axosoft\(.*?\}\)/,
      `provider: oauth2({ tokenEndpoint: 'http://127.0.0.1:${port}/token', clientId, clientSecret }),
        store: embeddedStore({ path: ${JSON.stringify(join(folder, 'sessions'))} })`,
    )
    .replace('.listen(3000)', `.listen(0, '127.0.0.1', () => console.log('Port', server.address().port))`)
  writeFileSync(join(folder, 'server.mjs'), `import { embeddedStore } from '@latchkey/bff/embedded'\n${code}`)
})

afterAll(() => {
  authorizationServer.closeAllConnections()
  authorizationServer.close()
  rmSync(folder, { recursive: true, force: true })
})

it('a SIGTERM in the middle of a refresh loses nothing, with the lines of the README: the next process has its token', async () => {
  const first = await startServer()
  const signedIn = await send(first, 'POST', '/session', '', {
    credentials: { username: 'cathy', password: 'p' },
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { session } = (await signedIn.json()) as SessionResponse
  const body = { session_id: session?.session_id, after: 1 }

  // The token may be refreshed a second after it was issued. The browser does not wait for the response.
  await expect
    .poll(async () => {
      const left = new AbortController()
      setTimeout(() => left.abort(), 300)
      await send(first, 'POST', '/token', cookie, body, left.signal).catch(() => {})
      return state.refreshes
    })
    .toBe(1)
  const stopped = first.stop()
  // The process has closed its port, and waits.
  await expect
    .poll(() =>
      send(first, 'GET', '/session', '').then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed')
  state.release()
  expect(await stopped).toBe(0)

  const second = await startServer()
  const response = await send(second, 'POST', '/token', cookie, body)
  expect(await response.json()).toMatchObject({ token: { access_token: 'access-2', sequence: 2 } })
  expect(state.refreshes).toBe(1)
  expect(await second.stop()).toBe(0)
})

function startServer(): Promise<StartedProcess> {
  const args = [join(here, 'run-server.mjs'), join(folder, 'server.mjs')]
  const env = { CLIENT_ID: 'portal', CLIENT_SECRET: 's3cret' }
  return startProcess(process.execPath, args, /Port (\d+)/, here, env)
}

function send(
  { match }: StartedProcess,
  method: string,
  path: string,
  cookie: string,
  body?: unknown,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const origin = `http://127.0.0.1:${match[1]}`
  return fetch(`${origin}/auth${path}`, {
    method,
    signal,
    headers: {
      'X-Latchkey': '1',
      'Sec-Fetch-Site': 'same-origin',
      Connection: 'close',
      Origin: origin,
      Cookie: cookie,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}
