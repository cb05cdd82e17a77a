import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumMissing, findChromium, findHeadlessShell } from '../../scripts/chromium.mjs'
import { createChildEnv, run, tool } from '../../scripts/run.mjs'
import { createUserProject } from '../package/user-project.ts'
import { findFreePort } from '../support/free-port.ts'

describe('an app of npm create latchkey, with the packages from their tarballs', () => {
  const { folder, install, installApp, remove } = createUserProject()
  const app = join(folder, 'my app')
  const start = (file: string, args: string[], env: Record<string, string> = {}) =>
    // Vitest sets NODE_ENV and variables of its own.
    tool(join(app, 'node_modules', file), args, {
      cwd: app,
      env: { ...createChildEnv(), NODE_ENV: undefined, VITEST: undefined, ...env },
    })

  beforeAll(async () => {
    await install(['create-latchkey'])
    const command = join(folder, 'node_modules/create-latchkey/dist/cli.js')
    const created = await run(process.execPath, [command, 'my app', '--yes'], { cwd: folder })
    expect(created).toEqual({ ok: true, output: expect.stringContaining('cd "my app"') })
    await installApp('my app')
  })

  afterAll(remove)

  it('passes the type checker', async () => {
    expect(await start('typescript/bin/tsc', [])).toEqual({ ok: true, output: '' })
  })

  it('passes its test with Vitest and Testing Library', async () => {
    expect(await start('vitest/vitest.mjs', ['run'])).toMatchObject({ ok: true })
  })

  it('passes its tests with Playwright, in a Chromium and against the sandbox', async () => {
    const browser = findHeadlessShell() ?? findChromium()
    if (browser === null) throw new Error(chromiumMissing)
    const file = join(app, 'playwright.config.ts')
    let text = readFileSync(file, 'utf8')
    for (const port of ['8911', '5174']) text = text.replaceAll(port, String(await findFreePort()))
    writeFileSync(file, text)
    const outcome = await start('@playwright/test/cli.js', ['test', '--reporter=line'], {
      CHROME_PATH: browser,
    })
    expect(outcome).toEqual({ ok: true, output: expect.stringContaining('2 passed') })
  })

  it('builds the page and a server for production', async () => {
    const { scripts } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
    for (const command of (scripts.build as string).split(' && ')) {
      const [, ...args] = command.split(' ')
      expect(await start('vite/bin/vite.js', args)).toMatchObject({ ok: true })
    }
    expect(readFileSync(join(app, 'dist-ssr/main.js'), 'utf8')).toContain('Listening on')
  })
})
