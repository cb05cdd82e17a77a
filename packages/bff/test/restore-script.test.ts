import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Script } from 'node:vm'
import type { InlineConfig } from 'vite'
import { build, createServer } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { createRestoreScript } from '../src/restore-script.ts'
import type { LatchkeyPluginOptions } from '../src/vite.ts'
import { latchkey } from '../src/vite.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const { code, cspSource } = createRestoreScript()

describe('createRestoreScript', () => {
  it('returns a script of a few hundred bytes, and the hash that a content security policy allows it by', () => {
    expect(code.length).toBeLessThan(700)
    const hash = createHash('sha256').update(code).digest('base64')
    expect(cspSource).toBe(`'sha256-${hash}'`)
  })

  it('ends no element of the HTML, whatever the base path contains', () => {
    const script = createRestoreScript({ basePath: ['/auth', '/</script><script>'] })
    expect(script.code).toContain('"/auth"')
    expect(script.code).not.toContain('</')
    expect(() => new Script(script.code)).not.toThrow()
  })
})

describe('latchkey() in vite build', { timeout: 30_000 }, () => {
  it('writes the script inline, before the script of the application', async () => {
    const { html, files } = await buildProject({})
    expect(html).toContain(`<script>${code}</script>`)
    expect(html.indexOf(code)).toBeLessThan(html.indexOf('type="module"'))
    expect(files.filter((file) => file.includes('restore'))).toEqual([])
  })

  it('restores the sessions of the base paths that it has as an option', async () => {
    const { html } = await buildProject({ basePath: ['/auth/a', '/auth/b'] })
    expect(html).toContain(createRestoreScript({ basePath: ['/auth/a', '/auth/b'] }).code)
  })

  it.each([
    ['/', '/assets/', '/assets/'],
    ['/app/', '/app/assets/', '/app/assets/'],
    ['./', './assets/', '../assets/'],
  ])('writes it as a file for a strict policy, with base %s', async (base, folder, folderFromNested) => {
    const { html, nestedHtml, files, read } = await buildProject({ restoreScript: 'file' }, { base })
    const name = files.find((file) => file.includes('restore')) ?? ''
    expect(name).toMatch(/^restore-[\da-f]{8}\.js$/)
    expect(read(`assets/${name}`)).toBe(code)
    expect(html).toContain(`<script src="${folder}${name}"></script>`)
    expect(nestedHtml).toContain(`<script src="${folderFromNested}${name}"></script>`)
    expect(html).not.toContain(code)
  })

  it('leaves it out on request, and from a build for a server', async () => {
    const { html, files } = await buildProject({ restoreScript: false })
    expect(html).not.toContain('latchkeyRestore')
    expect(files.filter((file) => file.includes('restore'))).toEqual([])
    const ssr = await buildProject({ restoreScript: 'file' }, { build: { ssr: 'app.js' } })
    expect(ssr.html).toBe('')
    expect(ssr.files).toEqual([])
  })
})

describe('latchkey() in vite dev', () => {
  it.each(['inline', 'file'] as const)(
    'writes the script inline when the option is %s',
    async (restoreScript) => {
      const server = await createServer({
        ...createProject({ restoreScript }),
        server: { middlewareMode: true, ws: false },
      })
      const html = await server.transformIndexHtml('/', '<head></head>')
      await server.close()
      expect(html).toContain(`<script>${code}</script>`)
    },
  )
})

function createProject(options: Omit<LatchkeyPluginOptions, 'entry'>): InlineConfig & { root: string } {
  const root = mkdtempSync(join(tmpdir(), 'latchkey-'))
  folders.push(root)
  const html = '<!doctype html><head><script type="module" src="/app.js"></script></head>'
  mkdirSync(join(root, 'help'))
  for (const file of ['index.html', 'help/index.html']) writeFileSync(join(root, file), html)
  writeFileSync(join(root, 'app.js'), 'document.title = "The app"')
  return {
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [latchkey({ entry: './auth.ts', ...options })],
  }
}

/** Builds a project with two pages. `files` are those in the folder of assets. */
async function buildProject(options: Omit<LatchkeyPluginOptions, 'entry'>, config: InlineConfig = {}) {
  const project = createProject(options)
  const { root } = project
  await build({
    ...project,
    ...config,
    build: config.build ?? {
      rolldownOptions: { input: [join(root, 'index.html'), join(root, 'help/index.html')] },
    },
  })
  const paths = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
  const read = (path: string): string =>
    paths.includes(path) ? readFileSync(join(root, 'dist', path), 'utf8') : ''
  return {
    html: read('index.html'),
    nestedHtml: read('help/index.html'),
    files: paths.filter((path) => path.startsWith('assets/')).map((path) => path.slice('assets/'.length)),
    read,
  }
}
