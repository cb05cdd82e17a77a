import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { parseSourceFiles } from '../package/snippets.ts'
import { runtimes } from './runtimes.ts'
import { installPackages, startRuntime } from './start-runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey runtimes '))
let sandbox: Awaited<ReturnType<typeof startSandbox>>

beforeAll(async () => {
  installPackages(folder, ['wire', 'core', 'bff'])
  const document = readFileSync(join(root, 'docs/servers.md'), 'utf8')
  for (const { file, code } of parseSourceFiles(document)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), code)
  }
  sandbox = await startSandbox()
})

afterAll(async () => {
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(['Bun', 'Deno', 'workerd'])('%s', (name) => {
  const runtime = runtimes.find((candidate) => candidate.name === name)!

  // Skipped where npm has no package of the runtime for this machine.
  it.skipIf(runtime.file === null)('runs server/fetch.ts of docs/servers.md as it is written', async () => {
    const server = await startRuntime(runtime, folder, 'server/fetch.ts', {
      AXOSOFT_SITE: `${sandbox.url}/axosoft`,
      CLIENT_ID: demoClient.clientId,
      CLIENT_SECRET: demoClient.clientSecret,
    })
    try {
      const { origin } = server
      const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', Origin: origin }
      const { username, password } = cathy
      const signedIn = await fetch(`${origin}/auth/session`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ credentials: { username, password } }),
      })
      const Cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const items = await fetch(`${origin}/api/items`, { headers: { ...headers, Cookie } })
      expect([signedIn.status, items.status]).toEqual([200, 200])
      expect(await items.json()).toMatchObject({ data: expect.any(Array) })
      expect((await fetch(`${origin}/other`)).status).toBe(404)
    } finally {
      await server.process.stop()
    }
  })
})
