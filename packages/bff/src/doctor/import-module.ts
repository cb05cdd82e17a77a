import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Vite from 'vite'
import { BffError } from '../errors.ts'

/**
 * Imports a JavaScript or TypeScript module. TypeScript is run by Vite where it is installed, or else by Node, which can
 * do so from 22.18 on.
 *
 * @param version a new one runs a file again that Node has imported before, without the files that it imports
 * @throws BffError `server_error` when neither can run TypeScript
 * @throws what the module throws
 */
export async function importModule(file: string, version = 0): Promise<unknown> {
  const path = resolve(file)
  const url = pathToFileURL(path).href + (version === 0 ? '' : `?version=${version}`)
  if (!file.endsWith('ts')) return import(url)
  const vite = await importVite()
  if (vite) return (await vite.runnerImport(path, { configFile: false, logLevel: 'error' })).module
  if ((process.features as { typescript?: unknown }).typescript) return import(url)
  throw new BffError(
    'server_error',
    `${file} cannot be used: Node ${process.versions.node} does not run TypeScript. Install Vite: npm install --save-dev vite`,
  )
}

/** Returns Vite, which is an optional peer; `null` when it is not installed. */
export async function importVite(): Promise<typeof Vite | null> {
  try {
    return await import('vite')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
