import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cathy, startSandbox } from '@latchkey/sandbox'
import { createServer, mergeConfig } from 'vite'
import { describe, expect, vi } from 'vitest'
import { sandboxVariables } from '../../examples/login-page/vite-sandbox.ts'
import { createLoginPageConfig } from './pages.ts'
import { it } from './chromium-test.ts'
import {
  expectSignInForm,
  chooseSystem,
  openSystem,
  expectGreeting,
  signIn,
  signOut,
} from './page-actions.ts'

describe('vite dev', () => {
  it('signs in through the BFF in its server, and keeps the user signed in after a restart', async ({
    harness,
  }) => {
    const sandbox = await harness.closeAtEnd(startSandbox())
    for (const [name, value] of Object.entries(sandboxVariables(sandbox.url))) vi.stubEnv(name, value)
    // A cache folder of its own: a developer's server may use that of the example.
    const cacheDir = mkdtempSync(join(tmpdir(), 'latchkey-vite-'))
    const config = { cacheDir, logLevel: 'silent', server: { host: '127.0.0.1', port: 0 } }
    const server = await createServer(mergeConfig(createLoginPageConfig('serve'), config))
    await harness.closeAtEnd({
      close: async () => {
        await server.close()
        rmSync(cacheDir, { recursive: true })
        vi.unstubAllEnvs()
      },
    })
    await server.listen()

    const page = await harness.openPage(String(server.resolvedUrls?.local[0]))
    await signIn(page, cathy)
    await expectGreeting(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()

    // Vite's client reloads the page.
    const reloaded = page.waitForEvent('load')
    await server.restart()
    await reloaded
    await expectGreeting(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()
    expect(sandbox.requests.count({ kind: 'token' })).toBe(1)

    for (const system of ['bright-pattern', 'class', 'classy'] as const) {
      await chooseSystem(page, system)
      await openSystem(page, system)
    }
    await chooseSystem(page, 'axosoft')
    await expectGreeting(page, 'Cathy')

    await signOut(page)
    await expectSignInForm(page)
    await page.reload()
    await expectSignInForm(page)
  })
})
