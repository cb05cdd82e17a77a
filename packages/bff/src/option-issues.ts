import type { z } from 'zod'
import { BffError } from './errors.ts'

/** One thing that is wrong with an option. */
export interface OptionIssue {
  path: PropertyKey[]
  /**
   * `is missing. Expected: a string`. Contains no string of the user, which may be a secret, unless it is near a name.
   */
  message: string
}

/** A valid value with its defaults, or everything that is wrong with it. */
export type ParsedOptions<T> = { value: T; issues: null } | { value: null; issues: OptionIssue[] }

/**
 * Checks a value; each issue says what came, what would be right, and which known name is nearest to an unknown one.
 */
export function parseOptions<T>(schema: z.ZodType<T>, value: unknown): ParsedOptions<T> {
  const parsed = schema.safeParse(value, { error: formatIssue })
  return parsed.success
    ? { value: parsed.data, issues: null }
    : { value: null, issues: parsed.error.issues.flatMap((issue) => flattenIssue(issue, [])) }
}

/**
 * Creates the error for options that cannot be used, with one line an issue.
 *
 * @param subject what cannot be used, for example `The options of createBff`
 * @param root what an issue without a path is called
 */
export function createOptionsError(subject: string, issues: OptionIssue[], root = 'options'): BffError {
  const lines = issues.map(({ path, message }) => `\n  ${formatPath(path) || root}: ${message}`)
  return new BffError('server_error', `${subject} cannot be used:${lines.join('')}`)
}

/** Returns the issues with a longer path: those of a value that is a member of another one. */
export function addPathPrefix(issues: OptionIssue[], ...prefix: PropertyKey[]): OptionIssue[] {
  return issues.map(({ path, message }) => ({ path: [...prefix, ...path], message }))
}

/** Creates the `error` of a zod schema whose expected value the schema alone does not tell. */
export function createIssueMessage(expected: string): (issue: z.core.$ZodRawIssue) => string | undefined {
  return (issue) =>
    issue.code === 'unrecognized_keys' ? undefined : `${describeReceived(issue)}. Expected: ${expected}`
}

/** Creates the `error` of an object in a union whose alternatives have other members as well. */
export function createUnknownNameMessage(
  ...names: string[]
): (issue: z.core.$ZodRawIssue) => string | undefined {
  return (issue) => (issue.code === 'unrecognized_keys' ? formatUnknownKeys(issue.keys, names) : undefined)
}

/** Formats the issue of a name that is not known, with the nearest known name if one is near. */
export function formatUnknownName(name: string, names: readonly string[]): string {
  const nearest = findNearestName(name, names)
  const suggestion = nearest === null ? '' : ` Did you mean ${nearest}?`
  return `is unknown.${suggestion} Expected: ${names.length > 1 ? 'one of ' : ''}${names.join(', ')}`
}

/**
 * Formats the issue of a value that is none of a few words. The value itself is shown only when it is near one of them.
 */
export function formatUnknownValue(value: unknown, words: readonly unknown[], expected: string): string {
  const nearest = typeof value === 'string' ? findNearestName(value, words.map(String)) : null
  return nearest === null
    ? `${describeReceived({ code: 'invalid_value', input: value })}. Expected: ${expected}`
    : `is ${JSON.stringify(value)}. Did you mean ${JSON.stringify(nearest)}? Expected: ${expected}`
}

/**
 * Finds the known name that a misspelt one probably means; `null` when none is near. Case, `-` and `_` do not count;
 * one letter in four may be missing, added, wrong or swapped with the next.
 */
function findNearestName(name: string, names: readonly string[]): string | null {
  const simple = simplifyName(name)
  let nearest: string | null = null
  let leastDistance = Infinity
  for (const candidate of names) {
    const other = simplifyName(candidate)
    const maxDistance = Math.max(1, Math.floor(other.length / 4))
    if (simple === '' || Math.abs(simple.length - other.length) > maxDistance) continue
    const distance = getEditDistance(simple, other)
    if (distance > maxDistance || distance >= leastDistance) continue
    nearest = candidate
    leastDistance = distance
  }
  return nearest
}

function simplifyName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/** The optimal string alignment distance: letters that are missing, added, wrong or swapped with the next. */
function getEditDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforePrevious[column - 2] ?? Infinity) + 1 : Infinity,
      )
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length] ?? 0
}

/** Formats what zod found. Several unknown keys of one object get one line each. */
function formatIssue(issue: z.core.$ZodRawIssue): string {
  const { code, input } = issue
  const definition = issue.inst && getDefinition(issue.inst)
  if (code === 'unrecognized_keys')
    return formatUnknownKeys(issue.keys, definition?.type === 'object' ? Object.keys(definition.shape) : [])
  if (code === 'invalid_value') return formatUnknownValue(input, issue.values, describeWords(issue.values))
  if (code === 'too_small') return `${describeReceived(issue)}. Expected: ${describeMinimum(issue)}`
  if (code === 'too_big') return `${describeReceived(issue)}. Expected: at most ${issue.maximum}`
  const hasType = definition && (code === 'invalid_type' || code === 'invalid_union')
  return `${describeReceived(issue)}. Expected: ${hasType ? describeDefinition(definition) : 'another value'}`
}

function formatUnknownKeys(keys: string[], names: readonly string[]): string {
  return keys.map((key) => formatUnknownName(key, names)).join('\n')
}

function describeMinimum({
  origin,
  minimum,
  inclusive,
}: Extract<z.core.$ZodRawIssue, { code: 'too_small' }>): string {
  if (origin === 'array') return `at least ${minimum} ${Number(minimum) === 1 ? 'entry' : 'entries'}`
  return `a number ${inclusive ? 'of at least' : 'above'} ${minimum}`
}

/** Describes what came. A number is shown only where a number is due: elsewhere it may be a secret. */
function describeReceived({
  code,
  input,
  expected,
}: {
  code: string
  input?: unknown
  expected?: unknown
}): string {
  const hasRightType = !['invalid_type', 'invalid_union', 'custom', 'invalid_value'].includes(code)
  const isNumberDue = hasRightType || expected === 'number' || expected === 'int'
  if (input === undefined) return 'is missing'
  if (input === null) return 'is null'
  if (input === '' || (hasRightType && Array.isArray(input) && input.length === 0)) return 'is empty'
  if (Array.isArray(input)) return 'is an array'
  if (typeof input === 'object') return 'is an object'
  if (typeof input === 'boolean' || (typeof input === 'number' && isNumberDue)) return `is ${String(input)}`
  if (typeof input === 'string' && code === 'too_small') return 'is too short'
  if (typeof input === 'string' && (hasRightType || code === 'invalid_value')) return 'is not valid'
  return `is a ${typeof input}`
}

type Definition = z.core.$ZodTypes['_zod']['def']

function getDefinition(schema: unknown): Definition {
  return (schema as { def: Definition }).def
}

/** Describes the values that a schema accepts. */
function describeDefinition(definition: Definition): string {
  const { type } = definition
  if (type === 'enum') return describeWords(Object.values(definition.entries))
  if (type === 'literal') return describeWords(definition.values)
  if (type === 'number') return 'format' in definition ? 'a whole number' : 'a number'
  if (type === 'boolean') return 'true or false'
  if (type === 'record') return 'an object'
  if (type === 'array') {
    const element = getDefinition(definition.element)
    if (element.type === 'string') return 'an array of strings'
    return element.type === 'enum' ? `an array of ${describeDefinition(element)}` : 'an array'
  }
  if (type === 'object') {
    const names = Object.keys(definition.shape)
    return names.length > 4 ? 'an object' : `an object with ${joinWords(names, 'and')}`
  }
  if (type === 'union')
    return joinWords(
      definition.options.map((option) => describeDefinition(getDefinition(option))),
      'or',
    )
  return `a ${type}`
}

function describeWords(values: readonly unknown[]): string {
  return joinWords(
    values.map((value) => JSON.stringify(value)),
    'or',
  )
}

function joinWords(words: string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`
}

function flattenIssue(issue: z.core.$ZodIssue, prefix: PropertyKey[]): OptionIssue[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({ path: [...path, key], message: messages[index] ?? '' }))
  }
  const closest = issue.code === 'invalid_union' ? findClosestBranch(issue.errors) : undefined
  return closest?.flatMap((inner) => flattenIssue(inner, path)) ?? [{ path, message: issue.message }]
}

/**
 * Finds the alternative of a union that the value is closest to: with the fewest issues, of which misspelt names do not
 * count. `undefined` when the value has the type of none.
 */
function findClosestBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const getCost = (branch: z.core.$ZodIssue[]): number => {
    const lines = branch.flatMap(({ message }) => message.split('\n'))
    const misspelt = lines.filter((line) => line.includes('Did you mean')).length
    return lines.length - misspelt - (misspelt > 0 ? 0.5 : 0)
  }
  return branches
    .filter((branch) => branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .toSorted((first, second) => getCost(first) - getCost(second))[0]
}

/** Keeps an issue on its line, whatever a key contains. */
function formatPath(path: PropertyKey[]): string {
  return path
    .map(String)
    .map((part) => (/^[!-~]([ -~]{0,58}[!-~])?$/.test(part) ? part : JSON.stringify(part.slice(0, 60))))
    .join('.')
}
