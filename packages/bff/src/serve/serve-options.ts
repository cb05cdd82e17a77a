import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Environment } from '../config/environment.ts'
import { BffError } from '../errors.ts'

/** The options of `latchkey serve`, as the command line has them. */
export interface ServeArguments {
  config?: string | undefined
  root?: string | undefined
  host?: string | undefined
  port?: string | undefined
  store?: string | undefined
  csp?: string | undefined
  'tls-cert'?: string | undefined
  'tls-key'?: string | undefined
}

/** The options of `latchkey serve`, with their defaults. */
export interface ServeOptions {
  /** The configuration file; `undefined` for the first of the usual ones. */
  config: string | undefined
  /** The folder of the built page. */
  root: string
  host: string
  /** 0 for a free one. */
  port: number
  /** The folder of the embedded store. */
  storePath: string
  /** The content security policy; `undefined` for the default. */
  csp: string | undefined
  /** The files of the certificate chain and its key; `null` for http. */
  tls: TlsFiles | null
}

/** Where a certificate chain and its key are, both PEM. */
export interface TlsFiles {
  certFile: string
  keyFile: string
}

/**
 * Checks the options of `latchkey serve` and fills in their defaults.
 *
 * @throws BffError `server_error` whose message names the option that is wrong, or the missing file or folder
 */
export async function resolveServeOptions(
  values: ServeArguments,
  environment: Environment,
): Promise<ServeOptions> {
  const root = values.root ?? 'dist'
  if (!(await isFile(join(root, 'index.html'))))
    throw new BffError(
      'server_error',
      `${join(root, 'index.html')} does not exist. Build the page first, or name its folder with --root`,
    )
  return {
    config: values.config,
    root,
    host: values.host ?? environment['HOST'] ?? '127.0.0.1',
    port: parsePort(values.port ?? environment['PORT'] ?? '3000'),
    storePath: values.store ?? '.latchkey/sessions',
    csp: values.csp,
    tls: parseTls(values['tls-cert'], values['tls-key']),
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new BffError('server_error', '--port or PORT is not valid. Expected: a number from 0 to 65535')
}

function parseTls(certFile?: string, keyFile?: string): TlsFiles | null {
  if (certFile === undefined && keyFile === undefined) return null
  if (certFile === undefined || keyFile === undefined)
    throw new BffError('server_error', '--tls-cert and --tls-key belong together. Expected: both, or neither')
  return { certFile, keyFile }
}

/**
 * Reads a certificate chain and its key.
 *
 * @throws BffError `server_error` whose message names the file that cannot be read, or says that they do not belong together
 */
export async function readTls({ certFile, keyFile }: TlsFiles): Promise<{ cert: string; key: string }> {
  const tls = { cert: await readPem('--tls-cert', certFile), key: await readPem('--tls-key', keyFile) }
  try {
    createSecureContext(tls)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new BffError(
      'server_error',
      `${certFile} and ${keyFile} are not a certificate chain and its key, both PEM (${code})`,
    )
  }
  return tls
}

async function readPem(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new BffError('server_error', `${option}: ${file} cannot be read (${code})`)
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}
