import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pack } from '../../scripts/pack.mjs'
import { bin, root, run, tool } from '../../scripts/run.mjs'
import { findCommand, parseSnippets } from '../package/snippets.ts'
import type { StartedProcess } from './start-process.ts'
import { startProcess } from './start-process.ts'

/** A project of a user, created by `npm create vite`. */
export interface ViteApp {
  readonly folder: string
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  /** Writes the files of a document, as its reader pastes them. */
  readonly paste: (markdown: string) => void
  readonly install: (packages: string[]) => Promise<void>
  /** Runs a command of the documentation. @throws Error with the output if it fails */
  readonly run: (command: string[]) => Promise<void>
  /** Runs `npm run dev`. The first group of the match is the URL. */
  readonly startVite: (env: Record<string, string>) => Promise<StartedProcess>
}

export function readDocument(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** Creates an empty temporary folder. */
export function createTemporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-first-page-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Creates Vite's React template in `home`, pastes the README's files into it, and installs what the README says, from
 * tarballs of the packages.
 *
 * @param packages what else to install
 */
export async function createViteApp(home: string, packages: string[]): Promise<ViteApp> {
  const name = 'my-app'
  const folder = join(home, name)
  const scaffold = await tool(
    bin('create-vite', 'create-vite', 'test'),
    [name, '--template', 'react-ts', '--no-interactive'],
    { cwd: home },
  )
  if (!scaffold.ok) throw new Error(scaffold.output)

  const app: ViteApp = {
    folder,
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    },
    paste(markdown) {
      for (const { file, code } of parseSnippets(markdown))
        if (file !== null && !file.startsWith('/')) app.write(file, code)
    },
    install: (names) => app.run(['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...names]),
    async run([program = '', ...args]) {
      const { ok, output } = await run(program, args, { cwd: folder })
      if (!ok) throw new Error(`${program} ${args.join(' ')}: ${output}`)
    },
    startVite: (env) =>
      startProcess(process.execPath, ['node_modules/vite/bin/vite.js'], /Local:\s+(http\S+)/, {
        cwd: folder,
        env,
      }),
  }

  const readme = readDocument('README.md')
  app.paste(readme)
  // The README says so below the snippets.
  app.write(
    'tsconfig.node.json',
    app
      .read('tsconfig.node.json')
      .replace('"include": ["vite.config.ts"]', '"include": ["vite.config.ts", "server"]'),
  )
  await app.install([...(await packTarballs(join(home, 'packed'), readme)), ...packages])
  return app
}

/** Returns the tarballs of the packages that the README installs. */
async function packTarballs(folder: string, readme: string): Promise<string[]> {
  mkdirSync(folder)
  const tarballs = await pack(folder)
  const [, , ...names] = findCommand(readme, 'npm install @latchkey')
  const [, , , ...devNames] = findCommand(readme, 'npm install --save-dev @latchkey')
  // The others depend on @latchkey/wire, which a registry has once it is published.
  return [...names, ...devNames, '@latchkey/wire'].map((name) => {
    const prefix = `${name.replace('@', '').replace('/', '-')}-`
    const tarball = tarballs.find((file) => basename(file).startsWith(prefix))
    if (tarball === undefined) throw new Error(`The README installs ${name}, which is not a package`)
    return tarball
  })
}
