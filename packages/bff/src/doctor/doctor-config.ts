import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BffOptions, ResolvedOptions } from '../bff-options.ts'
import { observeBffs } from '../bff-observer.ts'
import type { ConfigDetails } from '../config/config-details.ts'
import { defaultConfigFile, readConfigDetails } from '../config/config-file.ts'
import type { Environment, VariableUse } from '../config/environment.ts'
import { describeLoadError, isBffError, parseEntryModule } from '../entry-module.ts'
import { BffError } from '../errors.ts'
import { hideSecrets, listSecretValues, minSecretLength, secretNamePattern } from '../secret-values.ts'
import type { EnvFiles } from './env-files.ts'
import { loadEnvFiles } from './env-files.ts'
import { importModule } from './import-module.ts'
import { withReadSecrets } from './read-secrets.ts'

/** The configuration of one BFF. */
export interface DoctorConfig extends ConfigDetails {
  /** How its options are written. */
  language: 'json' | 'code'
  /** The `.env` files that were read. */
  envFiles: string[]
  /** Values that must not be printed. */
  secrets: string[]
}

/** The files that are looked for, in order, when none is named. */
export const defaultFiles = [defaultConfigFile, 'server/auth.ts', 'server/auth.js']

/** Returns the first of {@link defaultFiles} that exists in the working directory. */
export async function findConfigFile(): Promise<string> {
  for (const file of defaultFiles) if (await exists(file)) return file
  throw new BffError(
    'server_error',
    `No configuration found. Looked for ${defaultFiles.join(', ')} in ${process.cwd()}. Name another file with --config`,
  )
}

/**
 * Reads a JSON file, or loads a module that exports a BFF or a list of BFFs. The variables of `.env` files in the working
 * directory and beside the file are added to the environment first.
 *
 * @param mode see {@link loadEnvFiles}
 * @throws BffError `server_error` whose message names the file and each issue, and contains no secret
 */
export async function readDoctorConfigs(
  file: string,
  environment: Environment,
  mode?: string,
): Promise<DoctorConfig[]> {
  const envFiles = await loadEnvFiles([...new Set(['.', dirname(file)])], environment, mode)
  const secrets = listSecretValues(environment)
  const isModule = /\.m?[jt]s$/.test(file)
  const details = isModule
    ? await loadModuleDetails(file, environment, envFiles, secrets)
    : [await readConfigDetails(file, environment)]
  const readable = await Promise.all(
    details.map(async (detail) => ({
      ...detail,
      resolvedOptions: await withReadSecrets(detail.resolvedOptions, file),
    })),
  )
  return readable.map((detail) => ({
    ...detail,
    language: isModule ? 'code' : 'json',
    envFiles: envFiles.paths,
    secrets: [
      ...secrets,
      ...detail.variables
        .filter(({ path, name }) => secretNamePattern.test(path) || secretNamePattern.test(name))
        .flatMap(({ value }) => [value, value.trim()]),
    ],
  }))
}

/** Formats options in the language of the configuration: `"clientAuth": "post"` or `clientAuth: 'post'`. */
export function formatOptions(options: Record<string, string>, { language }: DoctorConfig): string {
  return Object.entries(options)
    .map(([name, value]) => (language === 'json' ? `"${name}": "${value}"` : `${name}: '${value}'`))
    .join(', ')
}

async function loadModuleDetails(
  file: string,
  environment: Environment,
  envFiles: EnvFiles,
  secrets: string[],
): Promise<ConfigDetails[]> {
  if (!(await exists(file)))
    throw new BffError('server_error', `${file} cannot be used: there is no such file`)
  const createdBffs = new Map<object, [BffOptions, ResolvedOptions]>()
  const module = await observeBffs(
    (bff, options, resolvedOptions) => createdBffs.set(bff, [options, resolvedOptions]),
    () => importModule(file),
  ).catch((error: unknown) => {
    throw createLoadError(file, error, envFiles, secrets)
  })
  return parseEntryModule(file, module).map((bff) => {
    const [options, resolvedOptions] = createdBffs.get(bff) ?? []
    if (!options || !resolvedOptions)
      throw new BffError(
        'server_error',
        `${file} exports a BFF that this version of @latchkey/bff did not create. Run the doctor of the same version`,
      )
    const variables = findVariables(options, environment, envFiles.names)
    return { options, resolvedOptions, preset: null, variables, literalSecrets: [] }
  })
}

/**
 * Returns the variables whose values are in the options. Of variables outside of `.env` files only secrets count, because
 * other values, such as `1`, are equal by chance.
 */
function findVariables(
  { provider, secret, origin, proxy }: BffOptions,
  environment: Environment,
  envFileNames: Set<string>,
): VariableUse[] {
  return listTexts({ provider, secret, origin, proxy }, []).flatMap(([path, text]) =>
    Object.entries(environment).flatMap(([name, value = '']) => {
      const isEqual = value.trim() !== '' && text.trim() === value.trim()
      const isInEnvFile = envFileNames.has(name)
      const isContained = value.length >= minSecretLength && text.includes(value)
      const isUsed = isInEnvFile ? isEqual || isContained : isEqual && secretNamePattern.test(path)
      return isUsed ? [{ path, name, value }] : []
    }),
  )
}

function listTexts(value: unknown, path: string[]): [path: string, text: string][] {
  if (typeof value === 'string') return [[path.join('.'), value]]
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, item]) => listTexts(item, [...path, key]))
    : []
}

/** Other errors than a `BffError` are of the user's code, and may contain anything. */
function createLoadError(file: string, error: unknown, { paths }: EnvFiles, secrets: string[]): BffError {
  const prefix = `${file} cannot be used:`
  if (error instanceof BffError && error.message.startsWith(prefix)) return error
  const environment =
    paths.length === 0 ? 'No .env file was found' : `Variables were read from ${paths.join(', ')}`
  const text = isBffError(error) ? `\n${error.message}\n${environment}` : ` ${describeLoadError(error)}`
  return new BffError('server_error', prefix + hideSecrets(text, secrets))
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
