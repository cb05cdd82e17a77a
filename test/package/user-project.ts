import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pack } from '../../scripts/pack.mjs'
import { createChildEnv, npm, root, runPnpm } from '../../scripts/run.mjs'

/** A project outside the repository, as a user's is, in a folder with a space in its name. */
export interface UserProject {
  readonly folder: string
  readonly write: (file: string, text: string) => void
  /**
   * Installs packages of this repository from their tarballs, with npm.
   *
   * @param names folders below `packages`; the list must include the Latchkey packages that these depend on
   * @param others further packages, as npm expects them: `vite@8`
   */
  readonly install: (names: readonly string[], others?: readonly string[]) => Promise<void>
  /**
   * Installs what the manifest of an app in this project names, the Latchkey packages from their tarballs. By pnpm, which
   * takes a fifth of npm's time, because its store has most packages already, and finds imports that the manifest lacks.
   */
  readonly installApp: (home: string) => Promise<void>
  readonly remove: () => void
}

export function createUserProject(): UserProject {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey user '))
  // The checks have packed the packages before the tests.
  const { LATCHKEY_TARBALLS } = process.env
  const packed = LATCHKEY_TARBALLS ?? mkdtempSync(join(tmpdir(), 'latchkey packed '))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  let packing: Promise<unknown> | undefined = LATCHKEY_TARBALLS === undefined ? undefined : Promise.resolve()
  write('package.json', JSON.stringify({ private: true, type: 'module' }))
  return {
    folder,
    write,
    install: async (names, others = []) => {
      await (packing ??= pack(packed))
      const tarballs = names.map((name) => join(packed, tarballOf(name)))
      const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, ...others]
      const { ok, output } = await npm(args, { cwd: folder })
      if (!ok) throw new Error(output)
    },
    installApp: async (home) => {
      await (packing ??= pack(packed))
      const overrides = ['bff', 'core', 'react', 'sandbox', 'wire'].map(
        (name) => `  "@latchkey/${name}": ${JSON.stringify(`file:${join(packed, tarballOf(name))}`)}\n`,
      )
      write(join(home, 'pnpm-workspace.yaml'), `overrides:\n${overrides.join('')}`)
      const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-frozen-lockfile']
      const { ok, output } = await runPnpm(join(folder, home), ...args)
      if (!ok) throw new Error(output)
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
      if (LATCHKEY_TARBALLS === undefined) rmSync(packed, { recursive: true, force: true })
    },
  }
}

/** The file name that packing gives to a package. */
function tarballOf(folder: string): string {
  const manifest = readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')
  const { name, version } = JSON.parse(manifest) as { name: string; version: string }
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}

/** A `vite` that serves a user's project. */
export interface ViteProcess {
  readonly url: string
  /** Everything it has printed so far. */
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** Starts the `vite` that is installed in a folder, and waits until it serves. */
export function startVite(folder: string): Promise<ViteProcess> {
  const args = [join(folder, 'node_modules/vite/bin/vite.js'), '--host', '127.0.0.1', '--port', '0']
  const child = spawn(process.execPath, args, { cwd: folder, env: createChildEnv(), stdio: 'pipe' })
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (text: string): void => {
      output += text
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
      if (url !== undefined) resolve({ url, output: () => output, stop })
    }
    const stopped = new Promise<void>((end) => child.on('close', () => end()))
    const stop = (): Promise<void> => {
      child.kill()
      return stopped
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.on('error', reject)
    child.on('close', (code) => reject(new Error(`vite ended with ${code}: ${output}`)))
  })
}
