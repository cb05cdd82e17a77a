import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from '../../scripts/pack.mjs'
import { bin, npm, npx, root, run, tool } from '../../scripts/run.mjs'
import { snippetsOf } from './snippets.ts'

/** A folder of somebody who installed the packed packages, and what goes with them. */
const folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'))
const names = readdirSync(join(root, 'packages'))

beforeAll(async () => {
  const packed = join(folder, 'packed')
  mkdirSync(packed)
  const tarballs = await pack(packed)
  write('package.json', JSON.stringify({ private: true, type: 'module' }))
  const beside = [
    'react',
    '@types/react',
    '@types/node',
    'vite',
    '@vitejs/plugin-react',
    '@tanstack/react-query',
    'zod',
  ]
  const specifiers = [...tarballs, ...beside.map((name) => `${name}@${rangeOf(name)}`)]
  const { ok, output } = await npm(
    ['install', '--no-audit', '--no-fund', '--prefer-offline', ...specifiers],
    { cwd: folder },
  )
  if (!ok) throw new Error(output)
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(names)('the tarball of %s', (name) => {
  it('brings the licence and the sources that its maps name, and nothing of the build or the tests', () => {
    const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', join('src', 'index.ts'), join('dist', 'index.js')]),
    )
    expect(files.filter((file) => /\.tsbuildinfo$|\.test\.|tsconfig/.test(file))).toEqual([])
  })

  it('names versions, not workspaces', () => {
    expect(readFileSync(join(installed(name), 'package.json'), 'utf8')).not.toContain('workspace:')
  })

  it('can be imported through every export', async () => {
    const entries = Object.keys(manifestOf(name).exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => `@latchkey/${name}${entry.slice(1)}`)
    const script = `for (const entry of ${JSON.stringify(entries)}) {
      if (Object.keys(await import(entry)).length === 0) throw new Error(entry + ' exports nothing')
    }`
    expect(await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })).toEqual({
      ok: true,
      output: '',
    })
  })
})

describe('the commands', () => {
  it.each([
    ['latchkey', 'latchkey doctor [--config FILE] [--sign-in]'],
    ['latchkey-sandbox', 'latchkey-sandbox [--port N]'],
  ])('%s starts from where it was installed', async (name, help) => {
    const { ok, output } = await npx(['--no-install', name, '--help'], { cwd: folder })
    expect([ok, output]).toEqual([true, expect.stringContaining(help)])
  })
})

describe('types', () => {
  it.each([
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ])('are those that a user expects, with moduleResolution %s', async (moduleResolution, module) => {
    const user = `user-${moduleResolution}`
    write(`${user}/user.tsx`, readFileSync(join(root, 'test/package/user.tsx'), 'utf8'))
    expect(await compile(user, { moduleResolution, module })).toEqual({ ok: true, output: '' })
  })
})

describe('documentation', () => {
  it.each(documents())('has snippets that compile: %s', async (document) => {
    const snippets = snippetsOf(readFileSync(join(root, document), 'utf8'))
    const home = join('documents', document)
    for (const { file, code } of snippets) write(join(home, file), code)
    expect(snippets.length === 0 ? { ok: true, output: '' } : await compile(home)).toEqual({
      ok: true,
      output: '',
    })
  })
})

function compile(home: string, options: Record<string, unknown> = {}): ReturnType<typeof tool> {
  const compilerOptions = {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    types: ['node', 'vite/client'],
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    ...options,
  }
  write(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*'] }))
  return tool(bin('typescript', 'tsc'), ['--project', join(folder, home)])
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

function installed(name: string): string {
  return join(folder, 'node_modules/@latchkey', name)
}

function manifestOf(name: string): {
  dependencies?: Record<string, string>
  exports: Record<string, unknown>
} {
  return JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8'))
}

/** The range that the example asks for, or the root. */
function rangeOf(name: string): string {
  for (const home of ['examples/login-page', '.']) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(root, home, 'package.json'), 'utf8'),
    )
    const range = dependencies[name] ?? devDependencies[name]
    if (typeof range === 'string') return range
  }
  throw new Error(`${name} is no dependency of the example or the root`)
}

function documents(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) =>
    join('docs', file),
  )
  const packageDocs = names.map((name) => join('packages', name, 'README.md'))
  const all = new Set([...readdirSync(root), ...docs, ...packageDocs])
  return [...all].filter((file) => file.endsWith('.md') && existsSync(join(root, file)))
}
