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
 * Adds the variables of `.env` files to an environment, as Vite does: `.env`, `.env.local`, and the same for the mode
 * (`.env.development`, or `.env.production` where NODE_ENV says so), of which the later ones win. Variables that are set
 * already, and files of earlier folders, win over all of them. Vite's own parser, which expands `$NAME`, is used where Vite
 * is installed.
 *
 * @throws BffError `server_error` when a file cannot be read
 */
export async function loadEnvFiles(folders: string[], environment: Environment): Promise<EnvFiles> {
  const mode = environment['NODE_ENV'] === 'production' ? 'production' : 'development'
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
