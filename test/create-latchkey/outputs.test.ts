import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp, modes, providerNames } from 'create-latchkey'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { presets } from '../../packages/bff/src/config/presets.ts'
import { bin, root, tool } from '../../scripts/run.mjs'
import { parseSnippets } from '../package/snippets.ts'

const cache = join(root, 'test/node_modules/.cache')
const choices = providerNames.flatMap((provider) => modes.map((mode) => ({ provider, mode })))
let folder: string

// Below `test`, so that the compiler finds the packages of this repository.
beforeAll(() => {
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'apps-'))
  for (const { provider, mode } of choices)
    createApp({ folder: join(folder, `${provider}-${mode}`), provider, mode })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('npm create latchkey', () => {
  it('knows every preset', () => {
    expect(new Set(providerNames)).toEqual(new Set([...Object.keys(presets), 'oidc']))
  })

  it('writes a server that compiles, for every provider and mode', async () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'examples/minimal/tsconfig.json'), 'utf8'))
    const settings = {
      compilerOptions: {
        ...compilerOptions,
        types: ['node'],
        incremental: false,
        tsBuildInfoFile: undefined,
      },
      files: choices.map(({ provider, mode }) => `${provider}-${mode}/server/auth.ts`),
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    expect(await tool(bin('typescript', 'tsc'), ['--project', folder])).toEqual({ ok: true, output: '' })
  })

  it.each(choices)(
    'sets the mode and lists each variable in .env.example: $provider, $mode',
    ({ provider, mode }) => {
      const read = (file: string): string => readFileSync(join(folder, `${provider}-${mode}`, file), 'utf8')
      const server = read('server/auth.ts')
      expect(server.includes("mode: 'proxy'")).toBe(mode === 'proxy')
      const used = [...server.matchAll(/([A-Z][A-Z_]+): \w+ = ''/g)].map(([, name]) => name)
      const listed = [...read('.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name)
      expect(new Set(listed)).toEqual(new Set([...used, ...(provider === 'axosoft' ? [] : ['SANDBOX_URL'])]))
    },
  )
})

describe('the app for Axosoft in token mode', () => {
  const minimal = join(root, 'examples/minimal')
  const shared = readdirSync(minimal, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/^(node_modules|dist)\b|^(README\.md|package\.json)$|^[^.]+$/.test(file))

  it.each(shared)('has the same %s as examples/minimal', (file) => {
    const app = join(folder, 'axosoft-token')
    expect(existsSync(join(app, file))).toBe(true)
    expect(readFileSync(join(app, file), 'utf8')).toBe(readFileSync(join(minimal, file), 'utf8'))
  })

  it('depends on what examples/minimal depends on', () => {
    const { name: _name, scripts, ...manifest } = readManifest(minimal)
    const { build: _build, ...sameScripts } = scripts
    const app = readManifest(join(folder, 'axosoft-token'))
    expect(app).toMatchObject(manifest)
    expect(app.scripts).toMatchObject(sameScripts)
  })

  it.each([
    ['docs/production.md', 'server/main.ts'],
    ['docs/testing.md', 'playwright.config.ts'],
    ['docs/testing.md', 'e2e/sign-in.spec.ts'],
  ])('has the file of %s: %s', (document, file) => {
    // Without `<!-- excerpt -->`, so that the snippets which other tests leave out count here.
    const text = readFileSync(join(root, document), 'utf8').replaceAll(/<!-- excerpt: .+ -->/g, '')
    const snippet = parseSnippets(text).find((candidate) => candidate.file === file)
    const app = readFileSync(join(folder, 'axosoft-token', file), 'utf8')
    expect(snippet?.code).toBe(`// ${file}\n${app}`)
  })
})

function readManifest(home: string): { name: string; scripts: Record<string, string> } {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
}
