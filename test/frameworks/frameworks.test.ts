import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cathy, demoClient, noor, startSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin } from '../../scripts/run.mjs'
import type { StartedProcess } from '../first-page/start-process.ts'
import { startProcess } from '../first-page/start-process.ts'
import { runtimes } from '../runtimes/runtimes.ts'
import { findFreePort } from '../support/free-port.ts'

/** A framework that serves the files of docs/frameworks.md, on the built packages. */
interface Framework {
  name: string
  /** The folder here with the files. */
  folder: string
  /** The arguments of Node that start its development server, which takes less time than a build. */
  createArgs: (port: number) => string[]
  isReady: RegExp
  /** A file for the tests alone. */
  testFile?: [name: string, text: string]
}

const frameworks: Framework[] = [
  {
    name: 'Next.js',
    folder: 'next',
    createArgs: (port) => [bin('next', 'next', 'test'), 'dev', '--hostname=127.0.0.1', `--port=${port}`],
    isReady: /Ready in/,
    // Without what only a long run of the development server needs.
    testFile: [
      'next.config.mjs',
      `export default {
        devIndicators: false,
        experimental: {
          preloadEntriesOnStart: false,
          turbopackFileSystemCacheForDev: false,
          turbopackInputSourceMaps: false,
          turbopackSourceMaps: false,
        },
      }`,
    ],
  },
  {
    name: 'TanStack Start',
    folder: 'start',
    createArgs: (port) => [bin('vite', 'vite', 'test'), '--host=127.0.0.1', `--port=${port}`, '--strictPort'],
    isReady: /ready in/,
  },
]

/** TanStack Start needs Node 22. There, the embedded store in Next.js opens the SQLite of Node. */
const node = runtimes.find(({ name }) => name === 'Node 22')?.file ?? process.execPath

describe.each(frameworks)('the files of docs/frameworks.md for $name', (framework) => {
  // In the repository, so that they find their packages.
  const folder = mkdtempSync(join(import.meta.dirname, '.run-'))
  let sandbox: Awaited<ReturnType<typeof startSandbox>>
  let server: StartedProcess
  let origin = ''

  beforeAll(async () => {
    cpSync(join(import.meta.dirname, framework.folder), folder, { recursive: true })
    if (framework.testFile) writeFileSync(join(folder, framework.testFile[0]), framework.testFile[1])
    sandbox = await startSandbox()
    const port = await findFreePort()
    origin = `http://127.0.0.1:${port}`
    server = await startProcess(node, framework.createArgs(port), framework.isReady, folder, {
      AXOSOFT_SITE: `${sandbox.url}/axosoft`,
      CLIENT_ID: demoClient.clientId,
      CLIENT_SECRET: demoClient.clientSecret,
      ORIGIN: origin,
      NEXT_TELEMETRY_DISABLED: '1',
    })
  })

  afterAll(async () => {
    await server?.stop()
    await sandbox?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('render each user their own page, without a token, and the form for all others', async () => {
    const users = [cathy, noor]
    const sessions = [await signIn(cathy), await signIn(noor)]
    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, index) => load(sessions[index % 2]?.cookie)),
    )
    for (const [index, { html, cacheControl }] of responses.entries()) {
      const [user, other] = index % 2 === 0 ? users : users.toReversed()
      expect(html).toMatch(new RegExp(`<h1>Inbox of (<!-- -->)?${user?.firstName}</h1>`))
      expect(html).not.toContain(other?.firstName)
      expect(html).not.toContain(other?.email)
      for (const { token } of sessions) expect(html).not.toContain(token)
      expect(cacheControl).toContain('no-store')
    }
    const { html } = await load()
    expect(html).toContain('<form')
    for (const { firstName } of users) expect(html).not.toContain(firstName)
  })

  async function load(cookie = ''): Promise<{ html: string; cacheControl: string }> {
    const response = await fetch(origin, { headers: { Cookie: cookie } })
    return { html: await response.text(), cacheControl: response.headers.get('Cache-Control') ?? '' }
  }

  /** Signs in through the route of the BFF. */
  async function signIn({ username, password }: typeof cathy): Promise<{ cookie: string; token: string }> {
    const response = await fetch(`${origin}/auth/session`, {
      method: 'POST',
      headers: { 'X-Latchkey': '1', 'Content-Type': 'application/json', Origin: origin },
      body: JSON.stringify({ credentials: { username, password } }),
    })
    const { token } = (await response.json()) as { token: { access_token: string } }
    return { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '', token: token.access_token }
  }
})
