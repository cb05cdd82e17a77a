import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { derivePackageName } from './package-name.ts'
import type { Mode, ProviderName } from './providers.ts'
import { providers } from './providers.ts'
import { formatServerFiles, getSandboxVariable } from './server-module.ts'

/** The options of {@link createApp}. */
export interface AppOptions {
  /** The folder, which is created. If it exists, it must be empty, or contain only `.git`. */
  readonly folder: string
  readonly provider: ProviderName
  readonly mode: Mode
}

const packageRoot = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes an app. Deletes and replaces no file.
 *
 * @returns the folder, as an absolute path
 * @throws Error with a message for the terminal if the folder is a file or is not empty
 */
export function createApp({ folder, provider: name, mode }: AppOptions): string {
  const home = resolve(folder)
  requireEmptyFolder(home, folder)
  const { label } = providers[name]
  cpSync(join(packageRoot, 'template'), home, { recursive: true })
  // npm leaves out files named `.gitignore` when it packs a package.
  renameSync(join(home, 'gitignore'), join(home, '.gitignore'))

  for (const [file, text] of Object.entries(formatServerFiles(name, mode))) write(home, file, text)
  const variable = getSandboxVariable(name)
  for (const file of ['start.mjs', 'playwright.config.ts'])
    edit(home, file, (text) => text.replaceAll('AXOSOFT_SITE', variable).replaceAll('Axosoft', label))
  const provider = `with ${label}, in ${mode} mode`
  const switching =
    name === 'axosoft'
      ? 'Write the URL of your account and the credentials of your client to `.env.local`'
      : `Remove \`SANDBOX_URL\` from \`.env.local\`, fill in the other values, and request the paths of your API in \`src/App.tsx\``
  edit(home, 'README.md', (text) =>
    text
      .replaceAll('{provider}', provider)
      .replaceAll('{label}', label)
      .replaceAll('{switching}', switching)
      .replace('{name}', basename(home)),
  )
  edit(home, 'package.json', (text) =>
    text
      .replace('"name": "my-app"', `"name": "${derivePackageName(basename(home))}"`)
      .replaceAll(/("@latchkey\/\w+": )"[^"]*"/g, `$1"^${readVersion()}"`),
  )
  return home
}

function requireEmptyFolder(home: string, folder: string): void {
  if (!existsSync(home)) return
  let files: string[]
  try {
    files = readdirSync(home)
  } catch (error) {
    throw new Error(`${folder}: is not a folder that can be read. Choose another name.`, { cause: error })
  }
  const others = files.filter((file) => file !== '.git')
  if (others.length === 0) return
  throw new Error(
    `${folder}: is not empty (${others.length} ${others.length === 1 ? 'entry' : 'entries'}). Nothing was written. Choose another name, or empty the folder.`,
  )
}

function write(home: string, file: string, text: string): void {
  mkdirSync(dirname(join(home, file)), { recursive: true })
  writeFileSync(join(home, file), text)
}

function edit(home: string, file: string, change: (text: string) => string): void {
  write(home, file, change(readFileSync(join(home, file), 'utf8')))
}

/** All packages share one version. */
function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
