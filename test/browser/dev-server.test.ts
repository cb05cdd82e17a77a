import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import { createServer, mergeConfig } from 'vite'
import { describe, expect, vi } from 'vitest'
import { loginPageSettings } from './pages.ts'
import { it } from './stage.ts'
import { asked, greeted, signIn, signOut } from './visitor.ts'

describe('vite dev', { timeout: 60_000 }, () => {
  it('signs in through the BFF inside it, and a restart signs nobody out', async ({ stage }) => {
    const sandbox = await stage.open(startSandbox())
    vi.stubEnv('AXOSOFT_SITE', `${sandbox.url}/axosoft`)
    vi.stubEnv('AXOSOFT_CLIENT_ID', demoClient.clientId)
    vi.stubEnv('AXOSOFT_CLIENT_SECRET', demoClient.clientSecret)
    // Not in the folder of the example, where a developer's own server may be at work.
    const cacheDir = mkdtempSync(join(tmpdir(), 'latchkey-vite-'))
    const settings = { cacheDir, logLevel: 'silent', server: { host: '127.0.0.1', port: 0 } }
    const server = await createServer(mergeConfig(loginPageSettings('serve'), settings))
    await stage.open({
      close: async () => {
        await server.close()
        rmSync(cacheDir, { recursive: true })
        vi.unstubAllEnvs()
      },
    })
    await server.listen()

    const page = await stage.visit(String(server.resolvedUrls?.local[0]))
    await signIn(page, cathy)
    await greeted(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()

    // The page notices by itself, and loads again.
    const reloaded = page.waitForEvent('load')
    await server.restart()
    await reloaded
    await greeted(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(sandbox.requests.count({ kind: 'token' })).toBe(1)

    await signOut(page)
    await asked(page)
    await page.reload()
    await asked(page)
  })
})
