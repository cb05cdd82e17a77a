import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { listExamples, setVersions } from '../../scripts/set-versions.mjs'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly keywords: readonly string[]
  readonly engines: { readonly node: string }
  readonly exports: Record<string, string | Record<string, string>>
  readonly dependencies: Record<string, string>
}

const repository = 'https://github.com/latchkey/latchkey'
const names = readdirSync(join(root, 'packages'))
const examples = listExamples(root)

describe.each(names)('the manifest of %s', (name) => {
  const manifest = readManifest(root, 'packages', name)

  it('supports the Node versions that the repository supports', () => {
    expect(manifest.engines).toEqual(readManifest(root).engines)
  })

  it('says where the documentation, the issues and the sources are', () => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      author: 'The Latchkey authors',
      homepage: `${repository}/tree/main/packages/${name}#readme`,
      bugs: { url: `${repository}/issues` },
      repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${name}` },
    })
    expect(manifest.keywords).toContain('latchkey')
  })

  it('publishes the package for everyone, with its provenance', () => {
    expect(manifest).toMatchObject({ publishConfig: { access: 'public', provenance: true } })
  })

  it('has the one version that all packages share', () => {
    const { version } = readManifest(root, 'packages', 'wire')
    const { fixed } = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8')) as {
      fixed: string[][]
    }
    expect([manifest.version, fixed]).toEqual([version, [expect.arrayContaining([manifest.name])]])
  })
})

describe('the exports of bff', () => {
  const entries = Object.values(readManifest(root, 'packages', 'bff').exports)
  it.each(entries.filter((entry) => typeof entry !== 'string'))(
    'are the message for browsers, behind what other runtimes ask for: $default',
    (entry) => {
      expect(Object.keys(entry)).toEqual(['source', 'types', 'workerd', 'edge-light', 'browser', 'default'])
      expect(entry).toMatchObject({
        workerd: entry['default'],
        'edge-light': entry['default'],
        browser: './dist/server-only.js',
      })
    },
  )
})

describe.each(names)('the README of %s', (name) => {
  const text = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
  const links = [...text.matchAll(/\]\(([^)\s]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:href|src)="([^"]+)"/gm)].map(
    ([, inline, reference, html]) => inline ?? reference ?? html ?? '',
  )

  it('has only links that work in node_modules and on the page of the registry', () => {
    expect(links.filter((link) => !/^(?:https:\/\/|#)/.test(link))).toEqual([])
  })

  it('links to files that exist', () => {
    const start = new RegExp(`^${repository}/(?:blob|tree)/main/`)
    const files = links.filter((link) => start.test(link)).map((link) => link.replace(start, ''))
    expect(files.filter((file) => !existsSync(join(root, file.replace(/#.*/, ''))))).toEqual([])
  })

  it('says how to install the package', () => {
    expect(text).toMatch(
      name === 'create-latchkey'
        ? /^npm create latchkey\b/m
        : new RegExp(`^npm install .*@latchkey/${name}\\b`, 'm'),
    )
  })
})

describe.each(examples)('the example %s', (name) => {
  it('names versions that a copy can install from the registry', () => {
    const { dependencies } = readManifest(root, 'examples', name)
    const { version } = readManifest(root, 'packages', 'wire')
    const ranges = Object.entries(dependencies).filter(([dependency]) => dependency.startsWith('@latchkey/'))
    expect(ranges).toEqual(ranges.map(([dependency]) => [dependency, `^${version}`]))
  })

  it('has settings for TypeScript that work in a copy', () => {
    const file = join(root, 'examples', name, 'tsconfig.json')
    // Not every example has TypeScript.
    const settings = existsSync(file) ? readFileSync(file, 'utf8') : ''
    expect(settings).not.toContain('../')
  })
})

describe('npm run version-packages', () => {
  it('gives one new version to all packages, writes their changelogs, and lets the examples use it', async () => {
    const folder = copyManifests()
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(
      join(folder, '.changeset/new.md'),
      `---\n'@latchkey/core': major\n---\n\nSomething changed.\n`,
    )
    const [major] = readManifest(root, 'packages', 'wire').version.split('.')
    const next = `${Number(major) + 1}.0.0`

    expect(await setVersions(folder)).toMatchObject({ ok: true })
    expect(names.map((name) => readManifest(folder, 'packages', name).version)).toEqual(names.map(() => next))
    const changelog = readFileSync(join(folder, 'packages/core/CHANGELOG.md'), 'utf8')
    expect(changelog).toContain(`## ${next}\n\n### Major Changes\n\n- Something changed.\n`)
    for (const name of examples) {
      const entries = Object.entries(readManifest(folder, 'examples', name).dependencies)
      expect(entries.filter(([dependency]) => dependency === '@latchkey/bff')).toHaveLength(1)
      for (const [dependency, version] of entries)
        expect(version === `^${next}`).toBe(dependency.startsWith('@latchkey/'))
    }
  })
})

/** Copies what a release reads and writes. */
function copyManifests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey versions '))
  const folders = [
    '.',
    'test',
    ...names.map((name) => `packages/${name}`),
    ...examples.map((name) => `examples/${name}`),
  ]
  const files = ['package.json', 'pnpm-workspace.yaml', 'CHANGELOG.md', '.changeset']
  const existing = folders.flatMap((home) => {
    const present = readdirSync(join(root, home))
    return files.filter((file) => present.includes(file)).map((file) => join(home, file))
  })
  for (const file of existing) cpSync(join(root, file), join(folder, file), { recursive: true })
  return folder
}

function readManifest(...folders: string[]): Manifest {
  return JSON.parse(readFileSync(join(...folders, 'package.json'), 'utf8')) as Manifest
}
