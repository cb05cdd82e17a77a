import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const packageFolder = fileURLToPath(new URL('../..', import.meta.url))

/** The package in a project, as far as the tests need it. */
const manifest = {
  name: '@latchkey/bff',
  type: 'module',
  exports: { '.': './index.js', './providers': './providers.js' },
}

/**
 * Installs the package in a project. The command gets its own copy of the modules, as it does when npx downloads it.
 */
export async function installPackage(project: string): Promise<void> {
  const outDir = join(project, 'node_modules/@latchkey/bff')
  await buildInto(outDir, { cli: 'src/cli.ts' })
  await buildInto(outDir, { index: 'src/index.ts', providers: 'src/providers/index.ts' })
  writeFileSync(join(outDir, 'package.json'), JSON.stringify(manifest))
}

/** Installs Vite in a project. */
export function installVite(project: string): void {
  const vite = realpathSync(join(packageFolder, 'node_modules/vite'))
  symlinkSync(vite, join(project, 'node_modules/vite'), 'junction')
}

/** Writes files into a project, with the folders that they need. */
export function writeFiles(project: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), content)
  }
}

/** Runs `latchkey` in a folder, with the package that is installed in a project. Only `env` is in its environment. */
export async function runCommand(
  project: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = project,
): Promise<{ code: number; output: string; errors: string }> {
  const command = join(project, 'node_modules/@latchkey/bff/cli.js')
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close') as Promise<[number]>
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, output, errors }
}

async function buildInto(outDir: string, entries: Record<string, string>): Promise<void> {
  const input = Object.entries(entries).map(([name, file]) => [name, join(packageFolder, file)])
  await build({
    configFile: false,
    logLevel: 'error',
    // Sources of the other packages too, so that nothing needs to be compiled first.
    ssr: { noExternal: true, external: ['vite'], resolve: { conditions: ['source'] } },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { input: Object.fromEntries(input) },
    },
  })
}
