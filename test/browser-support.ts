import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { CompatData, CompatStatement, Identifier } from '@mdn/browser-compat-data'
import { root } from '../scripts/run.mjs'

// Too large for an import, which would compile it.
const compatData = createRequire(import.meta.url)('@mdn/browser-compat-data') as CompatData

/** The browsers of README.md, as the data calls them. Every other browser follows one of their engines. */
const browsers = { Chrome: 'chrome', Firefox: 'firefox', Safari: 'safari' } as const
type BrowserName = keyof typeof browsers

/** An API of browsers that a source file names, with the first version of each browser that has it. */
export interface UsedApi {
  readonly name: string
  readonly versions: Record<BrowserName, string>
}

/**
 * Members of objects, options and syntax, which the sources name without their interface. Interfaces and static members
 * need no entry: {@link listUsedApis} finds them by name. `compat` is the path in the data.
 */
const members: readonly { name: string; pattern: RegExp; compat: string }[] = [
  { name: 'inert', pattern: /\.inert\b/, compat: 'api.HTMLElement.inert' },
  { name: 'throwIfAborted()', pattern: /\.throwIfAborted\b/, compat: 'api.AbortSignal.throwIfAborted' },
  { name: 'abort(reason)', pattern: /\.abort\(\w/, compat: 'api.AbortController.abort.reason_parameter' },
  { name: 'signal.reason', pattern: /\bsignal\??\.reason\b/i, compat: 'api.AbortSignal.reason' },
  {
    name: 'addEventListener({ signal })',
    pattern: /addEventListener\([^)]*\{[^}]*\bsignal\b/,
    compat: 'api.EventTarget.addEventListener.options_parameter.options_signal_parameter',
  },
  {
    name: 'Error cause',
    pattern: /\{ cause\b/,
    compat: 'javascript.builtins.Error.Error.options_cause_parameter',
  },
  { name: 'keepalive', pattern: /\bkeepalive\b/, compat: 'api.Request.keepalive' },
  { name: 'showModal()', pattern: /\.showModal\b/, compat: 'api.HTMLDialogElement.showModal' },
  { name: 'popover', pattern: /\.(?:show|toggle)Popover\b/, compat: 'api.HTMLElement.showPopover' },
  { name: 'navigator.locks', pattern: /\bnavigator\.locks\b/, compat: 'api.LockManager' },
  { name: 'cookieStore', pattern: /\bcookieStore\b/, compat: 'api.CookieStore' },
  { name: 'navigation', pattern: /\bnavigation\.\w/, compat: 'api.Navigation' },
  { name: 'scheduler', pattern: /\bscheduler\.\w/, compat: 'api.Scheduler' },
  { name: 'userActivation', pattern: /\.userActivation\b/, compat: 'api.UserActivation' },
  { name: 'structuredClone()', pattern: /\bstructuredClone\b/, compat: 'api.structuredClone' },
  {
    name: 'requestIdleCallback()',
    pattern: /\brequestIdleCallback\b/,
    compat: 'api.Window.requestIdleCallback',
  },
  { name: 'randomUUID()', pattern: /\.randomUUID\b/, compat: 'api.Crypto.randomUUID' },
  { name: 'checkVisibility()', pattern: /\.checkVisibility\b/, compat: 'api.Element.checkVisibility' },
  { name: 'bytes()', pattern: /\.bytes\(\)/, compat: 'api.Response.bytes' },
  { name: 'at()', pattern: /\.at\(/, compat: 'javascript.builtins.Array.at' },
  { name: 'findLast()', pattern: /\.findLast\b/, compat: 'javascript.builtins.Array.findLast' },
  { name: 'toSorted()', pattern: /\.toSorted\b/, compat: 'javascript.builtins.Array.toSorted' },
  { name: 'toReversed()', pattern: /\.toReversed\b/, compat: 'javascript.builtins.Array.toReversed' },
  { name: 'toSpliced()', pattern: /\.toSpliced\b/, compat: 'javascript.builtins.Array.toSpliced' },
  { name: 'with()', pattern: /\.with\(/, compat: 'javascript.builtins.Array.with' },
  { name: 'replaceAll()', pattern: /\.replaceAll\b/, compat: 'javascript.builtins.String.replaceAll' },
  { name: 'isWellFormed()', pattern: /\.isWellFormed\b/, compat: 'javascript.builtins.String.isWellFormed' },
  {
    name: 'Set methods',
    pattern: /\.(?:isSubsetOf|intersection|difference)\b/,
    compat: 'javascript.builtins.Set.intersection',
  },
  {
    name: 'iterator helpers',
    pattern: /\.values\(\)\.(?:map|filter|some)\b/,
    compat: 'javascript.builtins.Iterator.map',
  },
  { name: '??=', pattern: /\?\?=/, compat: 'javascript.operators.nullish_coalescing_assignment' },
  { name: '||=', pattern: /\|\|=/, compat: 'javascript.operators.logical_or_assignment' },
  { name: '&&=', pattern: /&&=/, compat: 'javascript.operators.logical_and_assignment' },
  { name: '?.', pattern: /\?\.[\w[(]/, compat: 'javascript.operators.optional_chaining' },
  { name: '??', pattern: /\?\?/, compat: 'javascript.operators.nullish_coalescing' },
  {
    name: 'class fields',
    pattern: /\bclass \w+[^{]*\{\s+(?:readonly|override) /,
    compat: 'javascript.classes.public_class_fields',
  },
  { name: '#private', pattern: /\bthis\.#/, compat: 'javascript.classes.private_class_fields' },
  { name: 'static {}', pattern: /\bstatic \{/, compat: 'javascript.classes.static.initialization_blocks' },
  { name: 'await using', pattern: /\busing \w+ =/, compat: 'javascript.statements.using' },
  { name: 'lookbehind', pattern: /\(\?<[=!]/, compat: 'javascript.regular_expressions.lookbehind_assertion' },
  {
    name: 'regular expression flag v',
    pattern: /\/[a-z]*v[a-z]*\.(?:test|exec)\b/,
    compat: 'javascript.builtins.RegExp.unicodeSets',
  },
]

/** APIs that do not raise the floor, and what happens in a browser without them; empty if README need not say it. */
export const optionalApis: Record<string, string> = {
  keepalive: 'a sign-out that a closing tab interrupts is sent on the next visit',
  'AbortSignal.any': 'a listener stays on the signal that a caller passes until that aborts',
  // Only Chromium offers and saves passwords for a page.
  PasswordCredential: '',
  BroadcastChannel: 'other tabs notice a sign-out at their next request',
}

/** APIs for which a partial implementation is enough, and why. */
const partialApis: Record<string, string> = {
  'AbortSignal.timeout': 'The error has another name in older Chrome, and the client does not read it.',
}

/** Lists the APIs of browsers that a source text names. */
export function listUsedApis(source: string): UsedApi[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
  const interfaces = { ...compatData.javascript['builtins'], ...compatData.api } as Record<string, Identifier>
  const named = [...code.matchAll(/\b([A-Z]\w+)(?:\.(\w+))?/g)].flatMap(([, name = '', member]) => {
    const found = Object.hasOwn(interfaces, name) ? interfaces[name] : undefined
    const inner = found && member ? (found[`${member}_static`] ?? found[member]) : undefined
    return [describeApi(name, found), describeApi(`${name}.${member}`, inner)]
  })
  const listed = members
    .filter(({ pattern }) => pattern.test(code))
    .map(({ name, compat }) => describeApi(name, getCompat(compat)))
  const apis = [...named, ...listed].filter((api) => api !== null)
  return [...new Map(apis.map((api) => [api.name, api])).values()]
}

/** Returns the paths in {@link members} that the data does not have. */
export function listUnknownPaths(): string[] {
  return members.filter(({ compat }) => !getStatement(getCompat(compat))).map(({ compat }) => compat)
}

/** Lists the APIs that the packages use which a browser loads. */
export function listUsedApisOfPackages(): UsedApi[] {
  const files = ['wire', 'core', 'react'].flatMap((name) => {
    const folder = join(root, 'packages', name, 'src')
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !/^testing\b/.test(file))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
  })
  return listUsedApis(files.join('\n'))
}

const listFormat = new Intl.ListFormat('en-GB')

const browserNames = Object.keys(browsers) as BrowserName[]

/** Returns the API that a browser got last, of those that are not optional. */
function getNewest(apis: readonly UsedApi[], browser: BrowserName): UsedApi {
  const [newest] = apis
    .filter(({ name }) => !Object.hasOwn(optionalApis, name))
    .toSorted((left, right) => compareVersions(right.versions[browser], left.versions[browser]))
  if (!newest) throw new Error('No source file names an API of browsers')
  return newest
}

/** Formats what browsers above the floor may lack: one sentence for each optional API. */
export function formatOptionalApis(apis: readonly UsedApi[]): string[] {
  return apis.flatMap(({ name, versions }) => {
    const since = browserNames
      .filter((browser) => compareVersions(versions[browser], getNewest(apis, browser).versions[browser]) > 0)
      .map((browser) => `${browser} ${versions[browser]}`)
    return since.length === 0 || !optionalApis[name]
      ? []
      : [`Before ${listFormat.format(since)}, which brought \`${name}\`, ${optionalApis[name]}.`]
  })
}

/** Formats the oldest versions that have every API, each with the API that sets it. */
export function formatFloor(apis: readonly UsedApi[]): string {
  const newest = browserNames.map((browser) => {
    const { name, versions } = getNewest(apis, browser)
    return { text: `${browser} ${versions[browser]}`, api: `\`${name}\`` }
  })
  const [one, ...others] = new Set(newest.map(({ api }) => api))
  return others.length === 0
    ? `${newest.map(({ text }) => text).join(', ')} and newer, because of ${one}`
    : `${newest.map(({ text, api }) => `${text} (because of ${api})`).join(', ')} and newer`
}

function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}

function getCompat(path: string): Identifier | undefined {
  return path
    .split('.')
    .reduce<Identifier | undefined>((node, key) => node?.[key], compatData as unknown as Identifier)
}

function getStatement(node: Identifier | undefined): CompatStatement | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- the data's name
  return node?.__compat
}

function describeApi(name: string, node: Identifier | undefined): UsedApi | null {
  const support = getStatement(node)?.support
  if (!support) return null
  const version = (browser: BrowserName): string => {
    const statements = [support[browsers[browser]] ?? []].flat()
    const versions = statements
      .filter(({ flags, prefix, alternative_name }) => !flags && !prefix && !alternative_name)
      .filter(({ partial_implementation }) => !partial_implementation || Object.hasOwn(partialApis, name))
      .map(({ version_added }) => String(version_added).replace('≤', ''))
    const [first] = versions.toSorted(compareVersions)
    // No released version has it.
    return first !== undefined && /^\d/.test(first) ? first : '9999'
  }
  return {
    name,
    versions: { Chrome: version('Chrome'), Firefox: version('Firefox'), Safari: version('Safari') },
  }
}
