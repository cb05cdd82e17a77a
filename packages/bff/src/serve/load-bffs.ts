import { basename } from 'node:path'
import type { Bff } from '../bff.ts'
import { createBff } from '../create-bff.ts'
import type { BffOptions, ResolvedOptions } from '../bff-options.ts'
import { observeBffs } from '../bff-observer.ts'
import { readConfigDetails } from '../config/config-file.ts'
import type { Environment } from '../config/environment.ts'
import { importModule } from '../doctor/import-module.ts'
import { describeLoadError, isBffError, parseEntryModule } from '../entry-module.ts'
import { BffError } from '../errors.ts'
import { hideSecrets, listSecretValues } from '../secret-values.ts'

/** BFFs with what the line at start says about them. */
export interface LoadedBffs {
  bffs: Bff[]
  /** One for each BFF, without a secret. */
  settings: string[]
  /** Closes what the module opened, with its export `close`. */
  close: () => Promise<void>
}

/**
 * Creates the BFFs of a configuration file or module.
 *
 * @param version how often the file was loaded before
 * @throws BffError `server_error` whose message names the file and the issue, and contains no secret
 */
export async function loadBffs(file: string, environment: Environment, version: number): Promise<LoadedBffs> {
  const settings = new Map<object, string>()
  try {
    const { bffs, close } = await observeBffs(
      (bff, options, resolvedOptions) => settings.set(bff, describeSettings(options, resolvedOptions)),
      () => createBffs(file, environment, version),
    )
    return { bffs, close, settings: bffs.map((bff) => settings.get(bff) ?? bff.basePath) }
  } catch (error) {
    const text = isBffError(error) ? error.message : describeLoadError(error)
    const message = text.startsWith(file) ? text : `${file} cannot be used: ${text}`
    throw new BffError('server_error', hideSecrets(message, listSecretValues(environment)))
  }
}

async function createBffs(
  file: string,
  environment: Environment,
  version: number,
): Promise<Pick<LoadedBffs, 'bffs' | 'close'>> {
  if (/\.m?[jt]s$/.test(file)) {
    const module = await importModule(file, version)
    const { close } = Object(module) as { close?: unknown }
    return {
      bffs: parseEntryModule(basename(file), module),
      close: async () => void (typeof close === 'function' && (await close())),
    }
  }
  const { options } = await readConfigDetails(file, environment)
  return { bffs: [createBff(options)], close: async () => {} }
}

function describeSettings({ store }: BffOptions, options: ResolvedOptions): string {
  const { basePath, provider, mode, proxy, origin, trustProxy, session, secret } = options
  return [
    `${basePath} (provider ${provider.id}`,
    `mode ${mode}`,
    `proxy ${proxy.length === 0 ? 'none' : proxy.map(({ path }) => path).join(' ')}`,
    `store ${store === undefined ? 'embedded' : 'its own'}`,
    `origin ${origin ?? 'of the request'}`,
    `trustProxy ${trustProxy === undefined ? 'not set' : JSON.stringify(trustProxy)}`,
    `idle ${session.idle} s`,
    `absolute ${session.absolute} s`,
    `secret ${secret.length === 0 ? 'none' : 'set'})`,
  ].join(', ')
}
