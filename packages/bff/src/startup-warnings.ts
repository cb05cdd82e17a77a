import { isStandardClientSecret } from './authorization-server/client-authentication.ts'
import type { ResolvedOptions } from './bff-options.ts'
import type { Logger } from './log.ts'
import { warnOnce } from './log.ts'
import type { Platform } from './platform.ts'
import type { Store } from './stores/store.ts'

/**
 * Warns of options that work but are risky or useless, once per process.
 *
 * @param hasStore whether sessions are kept in a store that the deployer or the host of the process chose
 */
export function logStartupWarnings(
  { provider, basePath, mode, proxy, origin, trustProxy }: ResolvedOptions,
  hasStore: boolean,
  platform: Platform,
  logger: Logger,
): void {
  const warn = (key: string, message: string): void => warnOnce(logger, platform.loggedKeys, key, message)

  if (provider.signInGrant === 'password')
    warn(
      `password grant ${provider.id}`,
      `Password grant in use: RFC 9700 §2.4 forbids it, because this server sees the passwords of its users. Use ` +
        `another grant for the provider ${provider.id} as soon as its authorization server offers one.`,
    )

  if (!isStandardClientSecret(provider.client?.secret ?? ''))
    warn(
      `client secret ${provider.id}`,
      `The client secret of the provider ${provider.id} contains characters that RFC 6749 appendix A.2 does not allow, ` +
        'and that most servers reject. Create a secret of letters and digits at the server. Until then clientAuth: ' +
        "'post' works with most servers.",
    )

  const isProduction = platform.env('NODE_ENV') === 'production'

  if (isProduction && origin === undefined && trustProxy === undefined)
    warn(
      `address ${basePath}`,
      'The address of the page and those of clients are unknown behind a proxy, although NODE_ENV is production. Set the ' +
        "option `trustProxy` to the proxies in front, for example 'loopback' for nginx on this machine, or to false when " +
        'there are none. Otherwise the throttle cannot tell clients apart. And set the option `origin` to the origin of ' +
        'the page if a proxy changes the host.',
    )

  // A restart loses a machine token as well, but the next request gets another one.
  if (!hasStore && provider.login.mode !== 'automatic' && isProduction)
    warn(
      'memory store',
      'Sessions are kept in memory, although NODE_ENV is production: a restart signs every user out, and several ' +
        'processes do not share them. Set the option `store`, for example to embeddedStore({ path }) from ' +
        '@latchkey/bff/embedded, or to postgresStore or redisStore for several machines.',
    )

  if (mode === 'proxy' && proxy.length === 0)
    warn(
      `proxy routes ${basePath}`,
      'Pages cannot reach any API: in proxy mode they get no token, and the option `proxy` has no routes. Add one, ' +
        "for example proxy: [{ path: '/api/*', to: 'https://api.example.com/*', methods: ['GET'] }].",
    )
}

/** Warns of settings of the store that lose sessions, once per process. */
export async function logStoreWarnings(store: Store, platform: Platform, logger: Logger): Promise<void> {
  // A server may refuse to say how it is set up.
  const warnings = (await store.listWarnings?.().catch(() => [])) ?? []
  for (const warning of warnings) warnOnce(logger, platform.loggedKeys, `store ${warning}`, warning)
}
