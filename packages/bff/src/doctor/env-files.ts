import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'
import { importVite } from './import-module.ts'

/** The `.env` files that were read. */
export interface EnvFiles {
  paths: string[]
  /** The names of their variables. */
  names: Set<string>
}

/**
 * Adds the variables of `.env` files to an environment, as Vite does. In each folder it reads `.env`, `.env.local`, and
 * those of the mode, such as `.env.development` and `.env.development.local`; later files win. Variables that are set
 * already win over all files, and earlier folders over later ones. If Vite is installed, its parser is used, which
 * expands `$NAME`.
 *
 * @param mode `production` when absent and NODE_ENV is `production`, else `development`
 * @throws BffError `server_error` when a file cannot be read, or the mode is `local`, which no file can name
 */
export async function loadEnvFiles(
  folders: string[],
  environment: Environment,
  mode = environment['NODE_ENV'] === 'production' ? 'production' : 'development',
): Promise<EnvFiles> {
  if (mode === 'local')
    throw new BffError('server_error', 'The mode cannot be "local", because .env.local belongs to every mode')
  const paths: string[] = []
  const names = new Set<string>()
  for (const folder of folders) {
    let variables: Environment = {}
    for (const file of ['.env', '.env.local', `.env.${mode}`, `.env.${mode}.local`]) {
      const text = await readIfFile(join(folder, file))
      if (text === null) continue
      paths.push(join(folder, file))
      variables = { ...variables, ...parseEnv(text) }
    }
    const vite = Object.keys(variables).length > 0 ? await importVite() : null
    const expanded = vite?.loadEnv(mode, folder, '') ?? variables
    for (const name of Object.keys(variables)) {
      names.add(name)
      environment[name] ??= expanded[name] ?? ''
    }
  }
  return { paths, names }
}

async function readIfFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return null
    throw new BffError('server_error', `${path} cannot be read (${code})`)
  }
}
