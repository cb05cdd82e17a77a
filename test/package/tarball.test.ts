import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, npx, root, run, tool } from '../../scripts/run.mjs'
import { listPages } from './pages.ts'
import { parseSourceFiles } from './snippets.ts'
import { createUserProject } from './user-project.ts'

const names = readdirSync(join(root, 'packages'))

/** Documents whose snippets are files of this repository, with libraries that a user's project here does not have. */
const compiledElsewhere = ['data-clients', 'frameworks', 'routers', 'testing'].map((page) =>
  join('docs', `${page}.md`),
)
const { folder, write, install, remove } = createUserProject()

beforeAll(() => {
  const others = [
    'react',
    'react-dom',
    '@types/react',
    '@types/react-dom',
    '@types/node',
    'vite',
    '@vitejs/plugin-react',
    '@tanstack/react-query',
    'zod',
  ]
  return install(names, [
    ...others.map((name) => `${name}@${rangeOf(name)}`),
    // For docs/stores.md.
    '@redis/client@6',
    'pg@8',
    '@types/pg@8',
    // For docs/production.md and docs/servers.md.
    '@opentelemetry/api@1',
    ...['express', '@types/express', 'fastify', 'hono', '@hono/node-server'].map(
      (name) => `${name}@${rangeOf(name)}`,
    ),
  ])
}, 180_000)

afterAll(remove)

describe.each(names)('the tarball of %s', (name) => {
  it('has the licence, the changelog and the sources that its maps name, and nothing of the build or the tests', () => {
    const files = readdirSync(installed(name), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'CHANGELOG.md', join('src', 'index.ts'), join('dist', 'index.js')]),
    )
    const own = files.filter((file) => !file.startsWith('template'))
    expect(own.filter((file) => /\.tsbuildinfo$|\.test\.|tsconfig/.test(file))).toEqual([])
  })

  it('depends on versions, not on workspaces', () => {
    expect(readFileSync(join(installed(name), 'package.json'), 'utf8')).not.toContain('workspace:')
  })

  it('can be imported through every export', async () => {
    const entries = Object.keys(manifestOf(name).exports)
      .filter((entry) => !/\.(?:json|css)$/.test(entry))
      .map((entry) => packageName(name) + entry.slice(1))
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
    ['latchkey', 'latchkey doctor [--config FILE]'],
    ['latchkey-sandbox', 'latchkey-sandbox [--port N]'],
    ['create-latchkey', 'npm create latchkey [FOLDER]'],
  ])('%s starts from where it was installed', async (name, help) => {
    const { ok, output } = await npx(['--no-install', name, '--help'], { cwd: folder })
    expect([ok, output]).toEqual([true, expect.stringContaining(help)])
  })
})

describe('types', () => {
  it.each([
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ])('compile in a project of a user, with moduleResolution %s', async (moduleResolution, module) => {
    const user = `user-${moduleResolution}`
    write(`${user}/user.tsx`, readFileSync(join(root, 'test/package/user.tsx'), 'utf8'))
    expect(await compile(user, { moduleResolution, module })).toEqual({ ok: true, output: '' })
  })
})

describe('documentation', () => {
  // A declaration of a module counts for the whole program.
  const isAlone = (document: string): boolean => /^\s*declare (module|global)\b/m.test(readText(document))
  const homeOf = (document: string): string => join(isAlone(document) ? 'alone' : 'documents', document)
  let lines: string[] = []

  beforeAll(async () => {
    for (const document of documents())
      for (const { file, code } of parseSourceFiles(readText(document)))
        write(join(homeOf(document), file), code)
    const { output } = await compile('documents')
    lines = output.split('\n')
  }, 180_000)

  it.each(documents())('has snippets that compile: %s', async (document) => {
    const isEmpty = parseSourceFiles(readText(document)).length === 0
    const output =
      isAlone(document) && !isEmpty
        ? (await compile(homeOf(document))).output
        : lines.filter((line) => line.includes(`documents/${document.replaceAll('\\', '/')}/`)).join('\n')
    expect(output).toBe('')
  })
})

function readText(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

function compile(home: string, options: Record<string, unknown> = {}): ReturnType<typeof tool> {
  const compilerOptions = {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    types: ['node', 'vite/client'],
    strict: true,
    moduleDetection: 'force',
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    ...options,
  }
  write(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*'] }))
  return tool(bin('typescript', 'tsc'), ['--project', join(folder, home)])
}

function installed(name: string): string {
  return join(folder, 'node_modules', packageName(name))
}

function packageName(name: string): string {
  const { name: published } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
  return published as string
}

function manifestOf(name: string): {
  dependencies?: Record<string, string>
  exports: Record<string, unknown>
} {
  return JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8'))
}

/** The version range of a package in the manifest of the example, the tests or the root. */
function rangeOf(name: string): string {
  for (const home of ['examples/login-page', 'test', '.']) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(root, home, 'package.json'), 'utf8'),
    )
    const range = dependencies[name] ?? devDependencies[name]
    if (typeof range === 'string') return range
  }
  throw new Error(`${name} is not a dependency of the example, the tests or the root`)
}

function documents(): string[] {
  const docs = listPages().map((file) => join('docs', file))
  const packageDocs = names.map((name) => join('packages', name, 'README.md'))
  const all = new Set([...readdirSync(root), ...docs, ...packageDocs])
  return [...all].filter(
    (file) => file.endsWith('.md') && !compiledElsewhere.includes(file) && existsSync(join(root, file)),
  )
}
