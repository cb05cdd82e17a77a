import type { BffOptions, ResolvedOptions } from '../bff-options.ts'
import { tryResolveOptions } from '../bff-options.ts'
import { BffError } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import type { OptionIssue, ParsedOptions } from '../option-issues.ts'
import { createOptionsError, formatUnknownName, formatUnknownValue, addPathPrefix } from '../option-issues.ts'
import type { ProviderDescription } from '../description/provider-description.ts'
import { tryParseProvider } from '../description/provider-description.ts'
import { presets } from './presets.ts'
import { createProxyMatcher } from '../proxy/proxy-routes.ts'
import type { Environment, VariableUse } from './environment.ts'
import { substituteVariables } from './environment.ts'
import { secretFile } from '../secret-file.ts'

/** The contents of a configuration file. */
export interface ConfigDetails {
  /** The options for `createBff`. */
  options: BffOptions
  /** The same options with their defaults. */
  resolvedOptions: ResolvedOptions
  /** The name of the preset; `null` when the file contains a description. */
  preset: string | null
  /** The environment variables that the file uses. */
  variables: VariableUse[]
  /** The paths of secrets that the file itself contains. */
  literalSecrets: string[]
}

/** The options of `createBff` that a file can contain. */
const fileOptions = [
  'provider',
  'basePath',
  'mode',
  'proxy',
  'dangerouslyGiveMachineTokenToBrowser',
  'secret',
  'origin',
  'trustProxy',
  'session',
  'throttle',
  'timeout',
] satisfies (keyof BffOptions)[]

/** The options of `createBff` that are functions or objects. */
const codeOptions = ['authorize', 'store', 'hooks', 'logger', 'platform'] satisfies (keyof BffOptions)[]

/**
 * Parses a configuration file.
 *
 * @param file the name of the file, for messages
 * @throws BffError `server_error` whose message names the file and everything in it that is wrong, with what would be
 *   right; it contains no secret
 */
export function parseConfigDetails(text: string, environment: Environment, file: string): ConfigDetails {
  const json = parseFile(text, file)
  const { value, variables, issues: variableIssues } = substituteVariables(json, environment)
  const { $schema: _schema, ...members } = withSecretFiles(value, []) as Record<string, unknown>
  const { value: provider, issues: providerIssues } = resolveProvider(members['provider'])
  const known = Object.entries(members).filter(([name]) => (fileOptions as string[]).includes(name))
  const options = { ...Object.fromEntries(known), provider: provider?.description } as BffOptions
  // A file cannot contain a function: the code that starts the BFF adds `authorize`.
  const isAutomatic = tryParseProvider(options.provider).value?.login.mode === 'automatic'
  const { value: resolvedOptions, issues } = tryResolveOptions(
    isAutomatic ? { ...options, authorize: () => null } : options,
  )
  const allIssues = [
    ...variableIssues,
    ...findUnknownMembers(members),
    ...(providerIssues ? addPathPrefix(providerIssues, 'provider') : []),
    ...(issues ?? []).filter(({ path }) => !providerIssues || path[0] !== 'provider'),
  ]
  // A missing variable explains every other issue of the option that uses it.
  const reported = allIssues.filter(
    (issue) =>
      variableIssues.includes(issue) || !variableIssues.some(({ path }) => startsWith(issue.path, path)),
  )
  if (reported.length > 0 || !provider || !resolvedOptions) throw createOptionsError(file, reported)

  checkProxyRoutes(resolvedOptions, file)
  return {
    options,
    resolvedOptions,
    preset: provider.preset,
    variables,
    literalSecrets: listLiteralSecrets(json, []),
  }
}

function findUnknownMembers(members: Record<string, unknown>): OptionIssue[] {
  return Object.keys(members)
    .filter((name) => !(fileOptions as string[]).includes(name))
    .map((name) => ({
      path: [name],
      message: (codeOptions as string[]).includes(name)
        ? 'is not allowed in a file. Expected: this option in the code that calls createBff'
        : formatUnknownName(name, fileOptions),
    }))
}

/** Creates the description from the member `provider` of a file. */
function resolveProvider(
  member: unknown,
): ParsedOptions<{ preset: string | null; description: ProviderDescription }> {
  if (!isJsonObject(member)) {
    const expected = 'a description, or { "preset": "axosoft", … } with the options of the preset'
    return createFailure(
      [],
      `${member === undefined ? 'is missing' : 'is not an object'}. Expected: ${expected}`,
    )
  }
  const { preset, ...options } = member
  if (preset === undefined)
    return { value: { preset: null, description: member as unknown as ProviderDescription }, issues: null }
  const selected = typeof preset === 'string' && Object.hasOwn(presets, preset) ? presets[preset] : undefined
  if (typeof preset !== 'string' || !selected) {
    const names = Object.keys(presets)
    return createFailure(['preset'], formatUnknownValue(preset, names, `one of ${names.join(', ')}`))
  }
  const issues = selected.findIssues(options)
  return issues.length > 0
    ? { value: null, issues }
    : { value: { preset, description: selected.createDescription(options) }, issues: null }
}

function createFailure(path: PropertyKey[], message: string): { value: null; issues: OptionIssue[] } {
  return { value: null, issues: [{ path, message }] }
}

function checkProxyRoutes({ proxy, basePath, provider }: ResolvedOptions, file: string): void {
  try {
    createProxyMatcher(proxy, basePath, provider.resource)
  } catch (error) {
    throw error instanceof BffError ? createFileError(file, `\n${error.message}`) : error
  }
}

/** Parses the JSON of a file. Its errors do not quote the file, which may contain secrets. */
function parseFile(text: string, file: string): object {
  const json = text.replace(/^\u{feff}/u, '')
  try {
    const value: unknown = JSON.parse(json)
    if (isJsonObject(value)) return value
  } catch {
    const line = findSyntaxErrorLine(json)
    throw createFileError(
      file,
      ` this is not valid JSON (line ${line}). Comments and trailing commas are not allowed`,
    )
  }
  throw createFileError(file, ' this is not a JSON object. Expected: { "provider": { … } }')
}

/** Counts from 1. Few error messages of `JSON.parse` contain a position, so the text is parsed line by line. */
function findSyntaxErrorLine(text: string): number {
  const lines = text.split('\n')
  const index = lines.findIndex((_, last) => hasSyntaxError(`${lines.slice(0, last + 1).join('\n')}\n`))
  return index === -1 ? lines.length : index + 1
}

/** Whether no continuation of the text is valid JSON. */
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

function createFileError(file: string, issue: string): BffError {
  return new BffError('server_error', `${file} cannot be used:${issue}`)
}

function startsWith(path: PropertyKey[], prefix: PropertyKey[]): boolean {
  return prefix.every((part, index) => String(path[index]) === String(part))
}

function listLiteralSecrets(value: unknown, path: string[]): string[] {
  if (typeof value === 'string')
    return /secret$/i.test(path.at(-1) ?? '') && !value.includes('${') ? [path.join('.')] : []
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, item]) => listLiteralSecrets(item, [...path, key]))
    : []
}

/** Replaces `{ "file": "…" }` in the place of a secret by a function that reads the file. */
function withSecretFiles(value: unknown, path: string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withSecretFiles(item, path))
  if (!isJsonObject(value)) return value
  const { file, ...others } = value
  if (typeof file === 'string' && Object.keys(others).length === 0 && /secret$/i.test(path.at(-1) ?? ''))
    return secretFile(file)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withSecretFiles(item, [...path, key])]),
  )
}
