import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../src/create-app.ts'

const choice = { provider: 'keycloak', mode: 'proxy' } as const
const packageRoot = fileURLToPath(new URL('..', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create latchkey '))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a folder', () => {
  it('is created, with the folders above it, and its name becomes a valid package name', () => {
    const app = createApp({ ...choice, folder: join(folder, 'apps', 'My Café') })
    expect(JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))).toMatchObject({ name: 'my-cafe' })
    expect(readFileSync(join(app, 'README.md'), 'utf8')).toMatch(
      /^# My Café\n\n.+with Keycloak, in proxy mode/,
    )
  })

  it.each(['notes.txt', '.env.local'])('that contains %s is refused, and nothing changes', (file) => {
    writeFileSync(join(folder, file), 'keep')
    expect(() => createApp({ ...choice, folder })).toThrow(/: is not empty \(1 entry\)\. Nothing was written/)
    expect(readdirSync(folder)).toEqual([file])
    expect(readFileSync(join(folder, file), 'utf8')).toBe('keep')
  })

  it('that contains only .git is used', () => {
    mkdirSync(join(folder, '.git'))
    createApp({ ...choice, folder })
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['.git', '.gitignore', 'package.json']))
  })

  it('that is a file is refused', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => createApp({ ...choice, folder: file })).toThrow(/: is not a folder/)
  })
})

describe('an app', () => {
  it('keeps the files with its secrets out of git', () => {
    createApp({ ...choice, folder })
    const lines = readFileSync(join(folder, '.gitignore'), 'utf8').split('\n')
    expect(lines).toEqual(expect.arrayContaining(['.env', '.env.*', '!.env.example', 'dist-ssr/']))
  })

  it('asks for the versions of the packages that were released with this one', () => {
    createApp({ ...choice, folder })
    const { version } = readManifest(packageRoot)
    const { dependencies, devDependencies } = readManifest(folder)
    expect({ ...dependencies, ...devDependencies }).toMatchObject({
      '@latchkey/core': `^${version}`,
      '@latchkey/sandbox': `^${version}`,
    })
  })

  it('for Classy rejects every caller until its author writes authorize', () => {
    createApp({ ...choice, provider: 'classy', folder })
    expect(readFileSync(join(folder, 'server/auth.ts'), 'utf8')).toContain('authorize: () => null,')
  })
})

describe('the command', () => {
  it('asks nothing without a terminal, and prints the next steps for the package manager', async () => {
    const { code, output } = await runCommand(['app'], {
      npm_config_user_agent: 'pnpm/10.0.0 npm/? node/v22.0.0',
    })
    expect(output).toMatch(
      /^Created app for axosoft in proxy mode[^]+cd app\n {2}pnpm install\n {2}pnpm start /,
    )
    expect(code).toBe(0)
  })

  it('exits with 1 when the folder is not empty', async () => {
    writeFileSync(join(folder, 'notes.txt'), '')
    const { code, output } = await runCommand(['.'])
    expect([code, output]).toEqual([1, expect.stringContaining('.: is not empty')])
  })

  it('exits with 2 and the help when an argument is not valid', async () => {
    const { code, output } = await runCommand(['app', '--provider', 'nothing'])
    expect([code, output]).toEqual([2, expect.stringMatching(/--provider: is not known[^]+--mode MODE/)])
    expect(readdirSync(folder)).toEqual([])
  })

  function runCommand(
    args: string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: unknown; output: string }> {
    const command = join(packageRoot, 'dist/cli.js')
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [command, ...args],
        { cwd: folder, env: { ...process.env, ...env } },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      )
      child.stdin?.end()
    })
  }
})

interface Manifest {
  version: string
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

function readManifest(home: string): Manifest {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
}
