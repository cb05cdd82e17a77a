import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, run } from '../scripts/run.mjs'
import { listExamples } from '../scripts/set-versions.mjs'

/** A git repository of its own with the settings of this one, which may have been downloaded without git. */
const repository = mkdtempSync(join(tmpdir(), 'latchkey-git-'))
const examples = listExamples(root).map((name) => `examples/${name}`)

beforeAll(async () => {
  const settings = ['.gitignore', '.gitattributes', ...examples.map((folder) => `${folder}/.gitignore`)]
  for (const file of settings) {
    mkdirSync(dirname(join(repository, file)), { recursive: true })
    copyFileSync(join(root, file), join(repository, file))
  }
  await git('init')
})

afterAll(() => rmSync(repository, { recursive: true, force: true }))

describe('git', () => {
  it.each(['', ...examples.map((folder) => `${folder}/`)])(
    'ignores the files for client secrets: %s.env',
    async (folder) => {
      const secrets = ['.env', '.env.local', '.env.production'].map((name) => folder + name)
      const files = [...secrets, `${folder}.env.example`]
      expect((await git('check-ignore', ...files)).trim().split('\n')).toEqual(secrets)
    },
  )

  it.each(examples)('ignores them in a copy of %s as well', async (folder) => {
    const copy = mkdtempSync(join(repository, 'copy-'))
    copyFileSync(join(root, folder, '.gitignore'), join(copy, '.gitignore'))
    await git('init', copy)
    const files = ['.env', '.env.local', '.env.example', 'node_modules/']
    expect((await git('-C', copy, 'check-ignore', ...files)).trim().split('\n')).toEqual([
      '.env',
      '.env.local',
      'node_modules/',
    ])
  })

  it('checks out text with the same line endings on every system, and leaves images alone', async () => {
    expect(await git('check-attr', 'eol', 'text', '--', 'README.md', 'logo.png')).toBe(
      'README.md: eol: lf\nREADME.md: text: auto\nlogo.png: eol: lf\nlogo.png: text: unset\n',
    )
  })
})

describe('the lock file', () => {
  it('names the programs of every operating system, not only of the one that wrote it', () => {
    const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n')
    const locked = new Set(lines.map((line) => line.trim().replaceAll(/[':]/g, '')))
    const programs = listInstalledManifests().flatMap(({ optionalDependencies = {} }) =>
      Object.entries(optionalDependencies).filter(([, version]) => /^\d/.test(version)),
    )
    const names = new Set(programs.map(([name, version]) => `${name}@${version}`))
    expect(names.size).toBeGreaterThan(100)
    expect([...names].filter((name) => !locked.has(name))).toEqual([])
  })
})

describe('a source file', () => {
  it('takes no path from URL.pathname, which is wrong on Windows and in folders with a space', () => {
    expect(filesWhose(usesPathnameAsPath)).toEqual([])
  })

  it('starts no command through a shell, which splits arguments at spaces', () => {
    expect(filesWhose(startsShell)).toEqual([])
  })

  it.each([
    `const file = new URL('a.ts', import.meta.url).pathname`,
    `const here = new URL('.', import.meta.url)\nread(here.pathname)`,
    `const { pathname } = new URL('.', import.meta.url)`,
  ])('would be caught with %j', (text) => {
    expect(usesPathnameAsPath(text)).toBe(true)
  })

  it.each([`spawn('npx', [], { shell: true })`, `exec('npx')`, `execSync('npx')`])(
    'would be caught with %j',
    (text) => {
      expect(startsShell(text)).toBe(true)
    },
  )
})

async function git(...args: string[]): Promise<string> {
  const { ok, output } = await run('git', args, { cwd: repository })
  if (!ok) throw new Error(`git ${args.join(' ')}: ${output}`)
  return output
}

/** The manifests of all installed packages. */
function listInstalledManifests(): { optionalDependencies?: Record<string, string> }[] {
  const store = join(root, 'node_modules/.pnpm')
  const folders = readdirSync(store).map((name) => join(store, name, 'node_modules'))
  const files = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .flatMap((name) =>
        name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => join(name, inner)) : [name],
      )
      .map((name) => join(folder, name, 'package.json')),
  )
  return files.filter(existsSync).map((file) => JSON.parse(readFileSync(file, 'utf8')))
}

function filesWhose(matches: (text: string) => boolean): string[] {
  return ['packages', 'examples', 'scripts', 'test', 'bench']
    .flatMap(listFiles)
    .filter((file) => /\.(?:[cm]?[jt]s|tsx)$/.test(file))
    .filter((file) => join(root, file) !== import.meta.filename)
    .filter((file) => matches(readFileSync(join(root, file), 'utf8')))
}

/** Lists the files below a folder, without those that other tests may write at the same time. */
function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return path
    return entry.name === 'node_modules' || entry.name === 'dist' ? [] : listFiles(path)
  })
}

function usesPathnameAsPath(text: string): boolean {
  const fileUrl = /new URL\([^()]*,\s*import\.meta\.url,?\s*\)/.source
  const variables = [...text.matchAll(new RegExp(`(\\w+)\\s*=\\s*${fileUrl}`, 'g'))].map(([, name]) => name)
  return (
    new RegExp(`${fileUrl}\\s*\\.pathname|\\bpathname\\b[^=]*=\\s*${fileUrl}`).test(text) ||
    variables.some((name) => new RegExp(`\\b${name}\\.pathname`).test(text))
  )
}

function startsShell(text: string): boolean {
  return /\bshell:(?!\s*false)|(?<![.\w])exec(?:Sync)?\(/.test(text)
}
