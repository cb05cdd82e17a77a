import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cathy, startSandbox } from '@latchkey/sandbox'
import { createServer, mergeConfig } from 'vite'
import { describe, expect, vi } from 'vitest'
import { sandboxVariables } from '../../examples/login-page/vite-sandbox.ts'
import { loginPageSettings } from './pages.ts'
import { it } from './chromium-test.ts'
import {
  expectSignInForm,
  chooseSystem,
  openSystem,
  expectGreeting,
  signIn,
  signOut,
} from './page-actions.ts'

describe('vite dev', { timeout: 60_000 }, () => {
  it('signs in through the BFF inside it, and a restart signs nobody out', async ({ stage }) => {
    const sandbox = await stage.open(startSandbox())
    for (const [name, value] of Object.entries(sandboxVariables(sandbox.url))) vi.stubEnv(name, value)
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
    await expectGreeting(page, 'Cathy')
    await page.getByText(/^\d+ of \d+ items$/).waitFor()

    // The page notices by itself, and loads again.
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
