import { z } from 'zod'
import { defaultBasePath } from '@latchkey/wire'
import type { Authorize } from './sessions/machine-session.ts'
import type { Hooks } from './authorization-server/hooks.ts'
import type { Logger } from './log.ts'
import type { Platform } from './platform.ts'
import type { Provider, ProviderDescription } from './description/provider-description.ts'
import { tryParseProvider } from './description/provider-description.ts'
import type { OptionIssue, ParsedOptions } from './option-issues.ts'
import { createIssueMessage, createOptionsError, parseOptions, addPathPrefix } from './option-issues.ts'
import type { ProxyRoute } from './proxy/proxy-routes.ts'
import { proxyRouteSchema } from './proxy/proxy-routes.ts'
import type { Secret } from './secret.ts'
import { minSecretCharacters } from './session-secrets.ts'
import type { Store } from './stores/store.ts'
import type { TrustProxy } from './guards/trust-proxy.ts'
import { parseTrustedRanges } from './guards/trust-proxy.ts'

/** The options of `createBff`. Only `provider` is required. */
export interface BffOptions {
  /** The authorization server: a preset of `@latchkey/bff/providers`, or a description of your own. */
  provider: ProviderDescription
  /** The path that the BFF is mounted at; `/auth` when absent. The name of its cookie contains the path. */
  basePath?: string
  /** What the browser gets: the access token (`token`, also when absent) or only the session cookie (`proxy`). */
  mode?: 'token' | 'proxy'
  /** What pages may request from the resource server below their own origin, through this BFF; nothing by default. */
  proxy?: ProxyRoute[]
  /**
   * Says which callers may use the machine token of a provider whose login is automatic. It runs on every request,
   * which it gets without the body; its result is not cached. Callers get 403 when it returns `null`, 500 when it throws.
   */
  authorize?: Authorize
  /**
   * Sends the machine token to the browsers of all callers that `authorize` accepts; `false` when absent. Everybody who
   * reads it there can act as the application until it expires. Mode `proxy` needs no such option.
   */
  dangerouslyGiveMachineTokenToBrowser?: boolean
  /** The session store; the memory of this process when absent. `close()` does not close a store that you pass in. */
  store?: Store
  /**
   * At least 32 characters, mixed into the keys of all sessions: a stolen cookie opens no stolen record without them. Of
   * a list, the first seals sessions and all open them. A function reads one of them once, at the first request.
   */
  secret?: Secret | Secret[]
  /** The origin of the page, for example `https://portal.example.com`, when a proxy in front changes the host. */
  origin?: string
  /**
   * Which proxies in front may say, in `Forwarded` or `X-Forwarded-*`, where a request comes from, and with which scheme
   * and host: addresses and ranges (`'10.0.0.0/8'`, `'fd00::/8'`, `'loopback'`, `'private'`), or how many proxies there
   * are, if no client can go around them. `false` when there are none. When absent, no such header is read, and an
   * address of this machine or a private network counts as unknown.
   */
  trustProxy?: TrustProxy
  /**
   * Seconds until a session ends: without use (`idle`, 43,200 when absent), at the latest (`absolute`, 604,800). A user
   * who has more than `perUser` sessions (50) loses the oldest at the next sign-in.
   */
  session?: { idle?: number; absolute?: number; perUser?: number }
  /**
   * Whether sign-ins are delayed after too many failures, by account and by address; `true` when absent. `false` is for a
   * server in front that does it.
   */
  throttle?: boolean
  /** Functions for what no description covers. */
  hooks?: Hooks
  /** Seconds within which the authorization server must respond; 8 when absent. */
  timeout?: number
  /** Receives log lines for the operator; the console when absent. */
  logger?: Logger
  /** Replaces time, network and randomness, for tests. */
  platform?: Partial<Platform>
}

const secondsMessage = createIssueMessage('a number of seconds above 0')
const countMessage = createIssueMessage('a whole number above 0')
const seconds = z.number({ error: secondsMessage }).positive({ error: secondsMessage })

const hookSchema = z.custom<() => void>(isFunction, { error: createIssueMessage('a function') }).optional()
const basePathMessage = createIssueMessage('a path such as "/auth", without a slash at its end')
const expectedSecret = `a string of at least ${minSecretCharacters} characters, a function that reads it, or a list of these`
const secretMessage = createIssueMessage(expectedSecret)
const expectedProxies =
  'how many proxies are in front, their addresses or ranges such as "loopback" or ["10.0.0.0/8"], or false for none'
const expectedOrigin = 'a scheme and a host, for example "https://portal.example.com", and nothing after them'

const resolvedOptions = z
  .strictObject({
    provider: z.unknown().optional(),
    basePath: z
      .string({ error: basePathMessage })
      .regex(/^(\/[\w.~-]+)+$/, { error: basePathMessage })
      .default(defaultBasePath),
    mode: z.enum(['token', 'proxy']).default('token'),
    proxy: z.array(proxyRouteSchema).default([]),
    authorize: z
      .custom<Authorize>(isFunction, { error: createIssueMessage('a function of the request') })
      .optional(),
    dangerouslyGiveMachineTokenToBrowser: z.boolean().default(false),
    secret: z
      .custom<Secret | Secret[]>((value) => [value].flat().length > 0 && [value].flat().every(isSecret), {
        error: (issue) =>
          hasShortText(issue.input) ? `is too short. Expected: ${expectedSecret}` : secretMessage(issue),
      })
      .transform((value) => [value].flat())
      .default([]),
    origin: z
      .string({ error: createIssueMessage(expectedOrigin) })
      .refine((text) => URL.canParse(text) && new URL(text).origin === text, {
        error: `is not valid. Expected: ${expectedOrigin}`,
      })
      .optional(),
    trustProxy: z.custom<TrustProxy>(isTrustProxy, { error: createIssueMessage(expectedProxies) }).optional(),
    session: z
      .strictObject({
        idle: seconds.default(43_200),
        absolute: seconds.default(604_800),
        perUser: z.int({ error: countMessage }).positive({ error: countMessage }).default(50),
      })
      .prefault({}),
    throttle: z.boolean().default(true),
    // setTimeout rings at once for more milliseconds than 32 bits can hold.
    timeout: seconds.max(2_147_483, { error: createIssueMessage('at most 2147483 seconds') }).default(8),
    hooks: z.strictObject({ transformRequest: hookSchema, transformResponse: hookSchema }).optional(),
    store: z.custom(isObject, { error: createIssueMessage('a store, for example memoryStore()') }).optional(),
    logger: z
      .custom(isLogger, { error: createIssueMessage('an object with the functions info, warn and error') })
      .optional(),
    platform: z.custom(isObject, { error: createIssueMessage('an object') }).optional(),
  })
  .refine(({ session }) => session.idle <= session.absolute, {
    path: ['session', 'idle'],
    error: 'is longer than session.absolute. Expected: at most as long',
  })

/** The valid options, with their defaults and the parsed provider; without the options that are not plain values. */
export type ResolvedOptions = Omit<
  z.output<typeof resolvedOptions>,
  'provider' | 'hooks' | 'store' | 'logger' | 'platform'
> & { provider: Provider }

/**
 * Checks the options of `createBff` and fills in their defaults.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 */
export function resolveOptions(options: BffOptions): ResolvedOptions {
  const { value, issues } = tryResolveOptions(options)
  if (issues) throw createOptionsError('The options of createBff', issues)
  return value
}

/** Like {@link resolveOptions}, but returns the issues. */
export function tryResolveOptions(options: BffOptions): ParsedOptions<ResolvedOptions> {
  const parsed = parseOptions(resolvedOptions, options)
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return { value: null, issues: parsed.issues ?? [] }
  const provider = tryParseProvider(options.provider)
  const issues = [...addPathPrefix(provider.issues ?? [], 'provider'), ...(parsed.issues ?? [])]
  if (parsed.issues || provider.issues) return { value: null, issues }
  const conflicts = findOptionConflicts(parsed.value, provider.value)
  return conflicts.length > 0
    ? { value: null, issues: conflicts }
    : { value: { ...parsed.value, provider: provider.value }, issues: null }
}

/** Finds options that are valid by themselves and contradict the provider. */
function findOptionConflicts(
  options: z.output<typeof resolvedOptions>,
  { id, login, resource }: Provider,
): OptionIssue[] {
  const { mode, authorize, dangerouslyGiveMachineTokenToBrowser: givesMachineToken } = options
  const { tokenPlacement } = resource
  const usesAuthorization =
    'header' in tokenPlacement &&
    tokenPlacement.header.toLowerCase() === 'authorization' &&
    tokenPlacement.scheme !== ''
  const isAutomatic = login.mode === 'automatic'
  const rules: [isBroken: boolean, option: keyof BffOptions, message: string][] = [
    [
      isAutomatic && !authorize,
      'authorize',
      `is missing. Expected: a function that says who may use the machine token of ${id}, whose login is automatic`,
    ],
    [
      !isAutomatic && authorize !== undefined,
      'authorize',
      `is not allowed. Expected: no such function, because users sign in to ${id} themselves`,
    ],
    [
      isAutomatic && mode === 'token' && !givesMachineToken,
      'mode',
      'is "token". Expected: "proxy", so that the machine token stays on this server (or set dangerouslyGiveMachineTokenToBrowser)',
    ],
    [
      !isAutomatic && givesMachineToken,
      'dangerouslyGiveMachineTokenToBrowser',
      `is true. Expected: false, because ${id} issues no machine token: each session has its own`,
    ],
    [
      mode === 'token' && !usesAuthorization,
      'mode',
      `is "token". Expected: "proxy", because requests to ${id} carry the token elsewhere than in Authorization`,
    ],
  ]
  return rules.filter(([isBroken]) => isBroken).map(([, option, message]) => ({ path: [option], message }))
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isSecret(value: unknown): boolean {
  return isFunction(value) || (typeof value === 'string' && value.length >= minSecretCharacters)
}

function hasShortText(value: unknown): boolean {
  return [value].flat().some((item) => typeof item === 'string' && item.length < minSecretCharacters)
}

function isTrustProxy(value: unknown): boolean {
  if (value === false) return true
  if (typeof value === 'number') return Number.isInteger(value) && value > 0
  const entries = [value].flat()
  const isRange = (entry: unknown): boolean => typeof entry === 'string' && parseTrustedRanges(entry) !== null
  return entries.length > 0 && entries.every(isRange)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isLogger(value: unknown): boolean {
  const logger = Object(value) as Record<keyof Logger, unknown>
  return isFunction(logger.info) && isFunction(logger.warn) && isFunction(logger.error)
}
