import { z } from 'zod'
import { defaultBasePath } from '@latchkey/wire'
import type { Authorize } from './sessions/machine-session.ts'
import { BffError } from './errors.ts'
import type { Hooks } from './authorization-server/hooks.ts'
import type { Logger } from './log.ts'
import type { Platform } from './platform.ts'
import type { Provider, ProviderDescription } from './description/provider-description.ts'
import { parseProvider } from './description/provider-description.ts'
import type { ProxyRoute } from './proxy/proxy-routes.ts'
import { proxyRouteSchema } from './proxy/proxy-routes.ts'
import type { Store } from './stores/store.ts'
import type { ThrottleOptions } from './guards/throttle.ts'

/** What `createBff` needs to know; only `provider` has no default. */
export interface BffOptions {
  /** The authorization server: from a function of `@latchkey/bff/providers`, or your own description. */
  provider: ProviderDescription
  /** Where the BFF is mounted; `/auth` when absent. Its cookie is named after it. */
  basePath?: string
  /** What the browser gets: the access token (`token`, the default), or only its cookie. */
  mode?: 'token' | 'proxy'
  /** What pages may request from the resource server below their own origin, through this BFF; nothing by default. */
  proxy?: ProxyRoute[]
  /**
   * Who may use the token of the application, for a provider whose login is automatic: asked at every request, which
   * comes without its body. What it throws admits nobody.
   */
  authorize?: Authorize
  /**
   * Lets a token of the whole application into the browser of everybody whom `authorize` admits. Whoever reads it there
   * is the application, for as long as it lives: mode `proxy` does without.
   */
  dangerouslyGiveMachineTokenToBrowser?: boolean
  /** Where sessions are kept; this process's memory when absent. You made it, you close it. */
  store?: Store
  /** Mixed into the key of every session, so that a stolen cookie needs it too; at least 32 characters. */
  secret?: string
  /** The address of the page, for example `https://portal.example.com`, where a proxy in front changes the host. */
  origin?: string
  /** Seconds until a session ends: unused (12 hours), and at the latest (7 days). */
  session?: { idle?: number; absolute?: number }
  /**
   * How sign-ins are held up when too many have failed, by account and by address, in the memory of this process.
   * `false` leaves it to something in front.
   */
  throttle?: false | ThrottleOptions
  /** For what no field of the description can say. */
  hooks?: Hooks
  /** Seconds that the authorization server has for an answer; 8 when absent. */
  timeout?: number
  /** Where notes for the operator go; the console when absent. */
  logger?: Logger
  /** Time, network and randomness, for tests. */
  platform?: Partial<Platform>
}

const seconds = z.number().positive()

const throttleSchema: z.ZodType<ThrottleOptions> = z.strictObject({
  clientAddress: z
    .custom<NonNullable<ThrottleOptions['clientAddress']>>((own) => typeof own === 'function')
    .exactOptional(),
})

const resolvedOptions = z
  .strictObject({
    basePath: z
      .string()
      .regex(/^(\/[\w.~-]+)+$/, 'must begin with a slash and not end with one, for example "/auth"')
      .default(defaultBasePath),
    mode: z.enum(['token', 'proxy']).default('token'),
    proxy: z.array(proxyRouteSchema).default([]),
    authorize: z.custom<Authorize>((own) => typeof own === 'function', 'must be a function').optional(),
    dangerouslyGiveMachineTokenToBrowser: z.boolean().default(false),
    secret: z.string().min(32, 'must have at least 32 characters').optional(),
    origin: z
      .string()
      .refine((text) => URL.canParse(text) && new URL(text).origin === text, {
        error:
          'must be a scheme and a host, for example "https://portal.example.com", and nothing after them',
      })
      .optional(),
    session: z
      .strictObject({ idle: seconds.default(43_200), absolute: seconds.default(604_800) })
      .prefault({}),
    throttle: z
      .union([z.literal(false), throttleSchema], {
        error: 'must be false, or an object in which clientAddress is a function of the request',
      })
      .default({}),
    timeout: seconds.default(8),
    provider: z.unknown().optional(),
    hooks: z.unknown().optional(),
    store: z.unknown().optional(),
    logger: z.unknown().optional(),
    platform: z.unknown().optional(),
  })
  .refine(({ session }) => session.idle <= session.absolute, {
    path: ['session', 'idle'],
    error: 'must not be longer than session.absolute',
  })

/** The options that are plain values, checked, with their defaults; and the provider. */
export type ResolvedOptions = Omit<
  z.output<typeof resolvedOptions>,
  'provider' | 'hooks' | 'store' | 'logger' | 'platform'
> & { provider: Provider }

/**
 * Checks the options.
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 */
export function resolveOptions(options: BffOptions): ResolvedOptions {
  const provider = parseProvider(options.provider)
  const read = resolvedOptions.safeParse(options)
  const issues = read.success
    ? findOptionConflicts(read.data, provider)
    : read.error.issues.map(({ path, message }) => `${path.join('.') || 'the options'}: ${message}`)
  if (read.success && issues.length === 0) return { ...read.data, provider }
  const all = issues.map((fault) => `\n  ${fault}`).join('')
  throw new BffError('server_error', `The options of createBff cannot be used:${all}`)
}

/** What is right by itself, and does not go with this provider. */
function findOptionConflicts(
  own: z.output<typeof resolvedOptions>,
  { id, login, resource }: Provider,
): string[] {
  const { mode, authorize, dangerouslyGiveMachineTokenToBrowser: given } = own
  const { tokenPlacement } = resource
  const byAuthorization =
    'header' in tokenPlacement &&
    tokenPlacement.header.toLowerCase() === 'authorization' &&
    tokenPlacement.scheme !== ''
  const automatic = login.mode === 'automatic'
  const rules: [broken: boolean, fault: string][] = [
    [
      automatic && !authorize,
      `authorize: must be given: ${id} signs the application in, and somebody has to say who may use its token`,
    ],
    [!automatic && authorize !== undefined, 'authorize: must be absent: whoever signs in is admitted'],
    [
      automatic && mode === 'token' && !given,
      'mode: must be "proxy", so that the token of the application stays here (or say dangerouslyGiveMachineTokenToBrowser)',
    ],
    [
      !automatic && given,
      'dangerouslyGiveMachineTokenToBrowser: must be absent: each session has its own token',
    ],
    [
      mode === 'token' && !byAuthorization,
      `mode: must be "proxy": the token of ${id} does not go into Authorization, where a page would put it`,
    ],
  ]
  return rules.filter(([broken]) => broken).map(([, fault]) => fault)
}
