import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cathy, startSandbox } from '@latchkey/sandbox'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root, tool } from '../../scripts/run.mjs'
import { startProcess } from '../first-page/start-process.ts'
import { parseSnippets } from './snippets.ts'
import { createUserProject, startVite } from './user-project.ts'

/** The examples, each with the session endpoint of one of its BFFs, and what its README starts. */
const examples = [
  ['login-page', '/auth/axosoft/session', startVite],
  ['minimal', '/auth/session', startMinimal],
] as const

describe.each(examples)('a copy of the example %s', { timeout: 60_000 }, (name, sessionEndpoint, start) => {
  const { folder, install, remove } = createUserProject()

  beforeAll(async () => {
    const example = join(root, 'examples', name)
    const isSource = (file: string): boolean => !['node_modules', 'dist'].includes(basename(file))
    cpSync(example, folder, { recursive: true, filter: isSource })
    await install(['bff', 'core', 'react', 'sandbox', 'wire'])
  }, 180_000)

  afterAll(remove)

  it('compiles', async () => {
    const tsc = join(folder, 'node_modules/typescript/bin/tsc')
    expect(await tool(tsc, [], { cwd: folder })).toEqual({ ok: true, output: '' })
  })

  it('builds', async () => {
    const vite = join(folder, 'node_modules/vite/bin/vite.js')
    expect(await tool(vite, ['build'], { cwd: folder })).toMatchObject({ ok: true })
  })

  it('serves the page, its modules and the BFF in development', async () => {
    const { url, stop } = await start(folder)
    onTestFinished(async () => void (await stop()))
    const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin' }
    const statuses: [string, number][] = []
    for (const path of ['/', '/src/main.tsx', sessionEndpoint])
      statuses.push([path, (await fetch(url + path, { headers })).status])
    expect(statuses).toEqual([
      ['/', 200],
      ['/src/main.tsx', 200],
      [sessionEndpoint, 200],
    ])
    const signIn = await fetch(url + sessionEndpoint, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ credentials: { username: cathy.username, password: cathy.password } }),
    })
    expect(signIn.status).toBe(200)
  })
})

describe('the example minimal', () => {
  const folder = join(root, 'examples/minimal')

  it("is the README's first page, file by file", () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const snippets = parseSnippets(readme).flatMap(({ file, code }) =>
      file === null ? [] : [{ file, text: code.slice(code.indexOf('\n') + 1) }],
    )
    expect(snippets).toHaveLength(6)
    const files = snippets.map(({ file }) => {
      // Git ignores `.env.local`; `npm start` creates it from this file.
      const path = join(folder, file === '.env.local' ? '.env.example' : file)
      return { file, text: readFileSync(path, 'utf8') }
    })
    expect(files).toEqual(snippets)
    const sources = ['src', 'server'].flatMap((home) =>
      readdirSync(join(folder, home)).map((file) => `${home}/${file}`),
    )
    expect(snippets.map(({ file }) => file)).toEqual(expect.arrayContaining(sources))
  })
})

/** Runs what `npm start` runs, with the sandbox on a free port. */
async function startMinimal(folder: string): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const credentials = join(folder, '.env.example')
  const { url, close } = await startSandbox()
  await close()
  writeFileSync(credentials, readFileSync(credentials, 'utf8').replace('http://127.0.0.1:8910', url))
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const [, ...args] = (scripts.start as string).split(' ')
  const { match, stop } = await startProcess(process.execPath, args, /(http:\S+)\/\s[^]*Sign in as/, folder)
  return { url: match[1] ?? '', stop }
}
