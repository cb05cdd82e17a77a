import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { demoClient, startSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StartedProcess } from '../first-page/start-process.ts'
import { startProcess } from '../first-page/start-process.ts'
import { parseSourceFiles } from '../package/snippets.ts'
import { findFreePort } from '../support/free-port.ts'

/** The snippets of docs/servers.md that start a server on port 3000. */
const servers = ['server/http.ts', 'server/express.ts', 'server/fastify.ts', 'server/hono.ts']

/** Modules that serve the snippets without a server of their own, as the runtimes for which these are do. */
const hosts = {
  'server/fetch.ts': `import server from './server/fetch.ts'
    serve({ fetch: server.fetch, port: 3000 })`,
  'app/auth/[...path]/route.ts': `import * as auth from './app/auth/[...path]/route.ts'
    import * as api from './app/api/[...path]/route.ts'
    serve({ fetch: (request) => (request.url.includes('/auth/') ? auth : api)[request.method](request), port: 3000 })`,
}

const here = fileURLToPath(new URL('.', import.meta.url))
// In the repository, so that the modules find their packages.
const folder = mkdtempSync(join(here, '../node_modules/.servers-'))
const ports = new Map<string, number>()
let sandbox: Awaited<ReturnType<typeof startSandbox>>
let started: StartedProcess

// One process for all of them, because each would compile the packages anew.
beforeAll(async () => {
  sandbox = await startSandbox()
  const files = new Map(readSnippets().map(({ file, code }) => [file, code]))
  for (const name of [...servers, ...Object.keys(hosts)]) ports.set(name, await findFreePort())
  for (const [name, host] of Object.entries(hosts))
    files.set(
      `host-${ports.get(name)}.ts`,
      `import { serve } from '@hono/node-server'\n${withPort(host, name)}`,
    )
  for (const [file, code] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), withPort(code, file))
  }
  const modules = [...servers, ...[...files.keys()].filter((file) => file.startsWith('host-'))]
  writeFileSync(
    join(folder, 'main.ts'),
    `${modules.map((file) => `await import('./${file}')`).join('\n')}\nconsole.log('All are imported')`,
  )
  started = await startProcess(
    process.execPath,
    [join(here, '../stories/run-server.mjs'), join(folder, 'main.ts')],
    /All are imported/,
    folder,
    {
      AXOSOFT_SITE: `${sandbox.url}/axosoft`,
      CLIENT_ID: demoClient.clientId,
      CLIENT_SECRET: demoClient.clientSecret,
      ORIGIN: originOf('app/auth/[...path]/route.ts'),
    },
  )
})

afterAll(async () => {
  await started?.stop()
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each([...servers, ...Object.keys(hosts)])('the snippet %s of docs/servers.md', (name) => {
  const send = (method: string, path: string, cookie = '', body?: unknown): Promise<Response> =>
    fetch(originOf(name) + path, {
      method,
      headers: {
        'X-Latchkey': '1',
        'Sec-Fetch-Site': 'same-origin',
        Origin: originOf(name),
        Cookie: cookie,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  it('signs in, restores the session, sends requests to the API and signs out', async () => {
    // A server may listen a moment after its module was imported.
    await expect.poll(() => send('GET', '/auth/session').then(({ status }) => status, String)).toBe(200)
    const wrong = await send('POST', '/auth/session', '', {
      credentials: { username: 'cathy', password: 'no' },
    })
    const signedIn = await send('POST', '/auth/session', '', {
      credentials: { username: 'cathy', password: 'latchkey-demo' },
    })
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const restored = await send('GET', '/auth/session', cookie)
    expect(await restored.json()).toMatchObject({ session: { user: { first_name: expect.any(String) } } })
    const items = await send('GET', '/api/items', cookie)
    expect(await items.json()).toMatchObject({ data: expect.any(Array) })
    const signedOut = await send('DELETE', '/auth/session', cookie)
    const responses = [wrong, signedIn, restored, items, signedOut]
    expect(responses.map(({ status }) => status)).toEqual([401, 200, 200, 200, 204])
  })
})

it.each([...servers, 'server/fetch.ts'])('the snippet %s leaves other paths to the server', async (name) => {
  await expect.poll(() => fetch(`${originOf(name)}/other`).then(({ status }) => status, String)).toBe(404)
  const response = await fetch(`${originOf(name)}/other`)
  expect(await response.text()).not.toContain('error_description')
})

function readSnippets(): ReturnType<typeof parseSourceFiles> {
  return parseSourceFiles(readFileSync(join(here, '../../docs/servers.md'), 'utf8'))
}

function withPort(code: string, name: string): string {
  return code.replaceAll(/\b3000\b/g, String(ports.get(name) ?? 3000))
}

function originOf(name: string): string {
  return `http://127.0.0.1:${ports.get(name)}`
}
