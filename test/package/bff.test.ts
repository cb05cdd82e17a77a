import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TestedStore } from '@latchkey/bff/testing'
import { storeContract } from '@latchkey/bff/testing'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { bin, root, run, tool } from '../../scripts/run.mjs'
import { parseSnippets } from './snippets.ts'
import { createUserProject, startVite } from './user-project.ts'

const message = '@latchkey/bff runs on your server, and this code runs in a browser. '
const { folder, write, install, remove } = createUserProject()

const server = `
  import { createBff } from '@latchkey/bff'
  import { oauth2 } from '@latchkey/bff/providers'
  const provider = oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' })
  const logger = { info() {}, warn() {}, error() {} }
  export const title = 'The portal'
  export default createBff({ provider, logger })`

beforeAll(async () => {
  await install(['bff', 'wire'], ['vite@8', '@opentelemetry/api@1'])
  write('server/auth.ts', server)
  // What goes wrong most easily: a page imports a constant from a module of the server.
  write('src/main.ts', `import { title } from '../server/auth.ts'\nglobalThis.title = title`)
  write('index.html', '<script type="module" src="/src/main.ts"></script>')
  write(
    'vite.config.ts',
    `import { latchkey } from '@latchkey/bff/vite'\nexport default { plugins: [latchkey({ entry: './server/auth.ts' })] }`,
  )
}, 120_000)

afterAll(remove)

describe('@latchkey/bff in a browser', { timeout: 60_000 }, () => {
  it('stops a built page with a message that says where it belongs', async () => {
    await build({ root: folder, configFile: false, logLevel: 'silent', build: { modulePreload: false } })
    const assets = join(folder, 'dist/assets')
    const [script = ''] = await readdir(assets)
    await expect(import(pathToFileURL(join(assets, script)).href)).rejects.toThrow(message)
  })

  it('stops a page of the development server in the same way', async () => {
    const { url, stop } = await startVite(folder)
    onTestFinished(stop)
    const get = async (path: string): Promise<string> => (await fetch(new URL(path, url))).text()
    const [, dependency = ''] = /from "([^"]+bff[^"]*)"/.exec(await get('/server/auth.ts')) ?? []
    expect(await get(dependency)).toContain(message)
  })

  it('has every export of the package, so that no bundler reports a missing one instead', async () => {
    const entries = await listEntries()
    const script = `
      const names = new Set()
      for (const entry of ${JSON.stringify(entries)}) for (const name in await import(entry)) names.add(name)
      console.log([...names].sort().join())`
    const { output } = await runNode(['--eval', script])
    // The module throws, so its exports are read as text.
    const [, list = ''] = /^export \{ (.*?),? \};$/m.exec(await readInstalled('dist/server-only.js')) ?? []
    const names = list.split(', ').map((name) => name.replace(/^\w+ as /, ''))
    expect(names).toEqual(output.trim().split(','))
  })
})

describe('@latchkey/bff on a server', { timeout: 60_000 }, () => {
  it.each([
    ['Node', []],
    ['Cloudflare Workers', ['workerd', 'worker', 'browser']],
    ['Vercel Edge', ['edge-light', 'browser']],
  ])('is the real package in %s', async (_, conditions) => {
    for (const file of await resolveEntries(conditions)) expect(file).not.toContain('server-only')
  })

  it('would not be that with the condition of browsers alone', async () => {
    for (const file of await resolveEntries(['browser'])) expect(file).toContain('server-only')
  })

  it('is the real package in server-side rendering by Vite', async () => {
    // In a process of its own: Vitest starts this one with the condition `source`.
    const script = `
      import { createServer, runnerImport } from 'vite'
      const config = { configFile: false, logLevel: 'silent' }
      const server = await createServer({ ...config, appType: 'custom', server: { middlewareMode: true, ws: false } })
      const rendered = await server.ssrLoadModule('/server/auth.ts')
      const { module } = await runnerImport('./server/auth.ts', config)
      await server.close()
      console.log(rendered.default.basePath, module.default.basePath)`
    expect(await runNode(['--eval', script])).toEqual({ ok: true, output: '/auth /auth\n' })
  })

  it('is the real package in a test that has a DOM', async () => {
    write(
      'auth.test.ts',
      `import { default as bff } from './server/auth.ts'
      test('signs in', () => expect([typeof document, bff.basePath]).toEqual(['object', '/auth']))`,
    )
    const args = ['run', '--root', folder, '--globals', '--environment', 'happy-dom']
    expect(await tool(bin('vitest'), args, { cwd: folder })).toMatchObject({ ok: true })
  })
})

describe('storeContract', { timeout: 60_000 }, () => {
  it('runs in the test runner of Node, as docs/stores.md says', async () => {
    const documented = parseSnippets(await readFile(join(root, 'docs/stores.md'), 'utf8'))
    const { code = '' } = documented.find(({ file }) => file === 'test/store.test.ts') ?? {}
    write('store.test.mjs', code.replace(': number', ''))
    const { ok, output } = await run(process.execPath, ['--test', 'store.test.mjs'], { cwd: folder })
    const count = storeContract(() => ({}) as TestedStore).length
    expect({ ok, passed: /pass (\d+)/.exec(output)?.[1] }).toEqual({ ok: true, passed: String(count) })
  })
})

describe('without libsql', { timeout: 60_000 }, () => {
  const hasSqlite = isBuiltin('node:sqlite')

  it('is how the package installs', () => {
    expect(existsSync(join(folder, 'node_modules/libsql'))).toBe(false)
  })

  it('embeddedStore uses the SQLite of Node, or says what to install', async () => {
    const script = `
      import { embeddedStore } from '@latchkey/bff/embedded'
      try { await embeddedStore({ path: 'sessions' }).close() } catch ({ name, message }) { console.log(name, message) }`
    const advice =
      'BffError embeddedStore needs Node 22.13 or later, or the package libsql, which is not installed. ' +
      'Run: npm install libsql\n'
    expect(await runNode(['--eval', script])).toEqual({ ok: true, output: hasSqlite ? '' : advice })
  })

  it.skipIf(hasSqlite)(
    'the Vite plugin keeps sessions in memory before Node 22.13, and says so once',
    async () => {
      const { url, output, stop } = await startVite(folder)
      onTestFinished(stop)
      const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
      for (const _ of [1, 2]) {
        const response = await fetch(`${url}/auth/session`, { headers })
        expect([response.status, await response.json()]).toMatchObject([200, { session: null }])
      }
      expect(output().match(/Sessions are kept in memory.*npm install --save-dev libsql/g)).toHaveLength(1)
    },
  )
})

async function listEntries(): Promise<string[]> {
  const { exports } = JSON.parse(await readInstalled('package.json')) as { exports: object }
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => `@latchkey/bff${entry.slice(1)}`)
}

function readInstalled(file: string): Promise<string> {
  return readFile(join(folder, 'node_modules/@latchkey/bff', file), 'utf8')
}

/** The files that Node finds for all entries, under further conditions of `exports`. */
async function resolveEntries(conditions: readonly string[]): Promise<string[]> {
  const script = `for (const entry of ${JSON.stringify(await listEntries())}) console.log(import.meta.resolve(entry))`
  const { ok, output } = await runNode([
    ...conditions.map((name) => `--conditions=${name}`),
    '--eval',
    script,
  ])
  if (!ok) throw new Error(output)
  return output.trim().split('\n')
}

function runNode(args: readonly string[]): ReturnType<typeof run> {
  return run(process.execPath, ['--input-type=module', ...args], { cwd: folder })
}
