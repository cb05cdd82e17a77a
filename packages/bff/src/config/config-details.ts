import type { BffOptions, ResolvedOptions } from '../bff-options.ts'
import { resolveOptions } from '../bff-options.ts'
import { BffError } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import type { ProviderDescription } from '../description/provider-description.ts'
import { parseProvider } from '../description/provider-description.ts'
import { presets } from './presets.ts'
import { createProxyMatcher } from '../proxy/proxy-routes.ts'
import type { Environment, VariableUse } from './environment.ts'
import { substituteVariables } from './environment.ts'

/** What a configuration file says. */
export interface ConfigDetails {
  /** For `createBff`. */
  options: BffOptions
  /** The same, read, with every default in its place. */
  resolvedOptions: ResolvedOptions
  /** The name of the preset; `null` where the provider is described in full. */
  preset: string | null
  /** The environment variables that it uses. */
  variables: VariableUse[]
  /** Places of secrets that stand in the file itself. */
  literalSecrets: string[]
}

/** The options of `createBff` that are plain data; functions and stores belong in code. */
const plain = [
  'provider',
  'basePath',
  'mode',
  'proxy',
  'dangerouslyGiveMachineTokenToBrowser',
  'secret',
  'origin',
  'session',
  'throttle',
  'timeout',
] satisfies (keyof BffOptions)[]

/**
 * Reads a configuration.
 *
 * @param file how the messages call it
 * @throws BffError `server_error` whose message names the file, each place that is wrong, and what would be right. It
 *   holds no value of a variable
 */
export function parseConfigDetails(text: string, environment: Environment, file: string): ConfigDetails {
  const own = parsed(text, file)
  const { value, variables, issues } = substituteVariables(own, environment)
  const { $schema: _schema, ...members } = value as Record<string, unknown>
  for (const name of Object.keys(members))
    if (!(plain as string[]).includes(name))
      issues.push(`${name}: no such option in a file; there are ${plain.join(', ')}`)
  if (issues.length > 0) throw createConfigError(file, issues.map((fault) => `\n  ${fault}`).join(''))

  const [preset, provider] = withFileName(file, () => resolveProvider(members['provider']))
  const options = { ...members, provider } as BffOptions
  const resolvedOptions = withFileName(file, () => {
    const automatic = parseProvider(provider).login.mode === 'automatic'
    // A function cannot stand in a file; whoever starts the BFF adds it.
    const read = resolveOptions(automatic ? { ...options, authorize: () => null } : options)
    createProxyMatcher(read.proxy, read.basePath, read.provider.resource)
    return read
  })
  return {
    options,
    resolvedOptions,
    preset,
    variables,
    literalSecrets: listLiteralSecrets(own, []),
  }
}

function resolveProvider(own: unknown): [preset: string | null, provider: ProviderDescription] {
  if (!isJsonObject(own))
    throw createConfigIssue(
      'provider: must be given: a description, or { "preset": "axosoft", … } with its options',
    )
  if (own['preset'] === undefined) return [null, own as unknown as ProviderDescription]
  const { preset: name, ...options } = own
  const found = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined
  if (typeof name !== 'string' || !found)
    throw createConfigIssue(`provider.preset: no such preset; there are ${Object.keys(presets).join(', ')}`)
  try {
    return [name, found.createDescription(options)]
  } catch (error) {
    if (!(error instanceof BffError)) throw error
    throw createConfigIssue(`provider: the options of ${name} cannot be used:\n${error.message}`)
  }
}

/** Never tells what stands in the file: it may be a secret. */
function parsed(text: string, file: string): object {
  const json = text.replace(/^\u{feff}/u, '')
  try {
    const value: unknown = JSON.parse(json)
    if (isJsonObject(value)) return value
  } catch {
    const line = findSyntaxErrorLine(json)
    throw createConfigError(
      file,
      ` this is not valid JSON (line ${line}). Comments and trailing commas are not allowed`,
    )
  }
  throw createConfigError(file, ' it must hold an object: { "provider": { … } }')
}

/** Counts from 1. Few error messages of `JSON.parse` contain a position, so the text is parsed line by line. */
function findSyntaxErrorLine(text: string): number {
  const lines = text.split('\n')
  const index = lines.findIndex((_, last) => hasSyntaxError(`${lines.slice(0, last + 1).join('\n')}\n`))
  return index === -1 ? lines.length : index + 1
}

/** Whether a text is wrong, whatever follows it. */
function hasSyntaxError(text: string): boolean {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    const [, position] = /position (\d+)/.exec(String(error)) ?? []
    return position === undefined
      ? !String(error).includes('end of JSON input')
      : Number(position) < text.length
  }
}

function withFileName<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof BffError ? createConfigError(file, `\n${error.message}`) : error
  }
}

function createConfigIssue(fault: string): BffError {
  return new BffError('server_error', `  ${fault}`)
}

function createConfigError(file: string, issues: string): BffError {
  return new BffError('server_error', `${file} cannot be used:${issues}`)
}

function listLiteralSecrets(value: unknown, path: string[]): string[] {
  if (typeof value === 'string')
    return /secret$/i.test(path.at(-1) ?? '') && !value.includes('${') ? [path.join('.')] : []
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, item]) => listLiteralSecrets(item, [...path, key]))
    : []
}
