import { createMachineSession } from './sessions/machine-session.ts'
import { createClientReader } from './authorization-server/client-reader.ts'
import { createAuthorizationServer } from './authorization-server/authorization-server.ts'
import { createRouteRequest, createWebResponse } from './adapters/web.ts'
import { createBackgroundTasks } from './background-tasks.ts'
import type { Bff } from './bff.ts'
import { reportBff } from './bff-observer.ts'
import type { BffOptions } from './bff-options.ts'
import { resolveOptions } from './bff-options.ts'
import { reportConfigurationChange } from './configuration-change.ts'
import { createChallenges } from './sessions/challenges.ts'
import { getDefaultStore } from './stores/default-store.ts'
import { createEndpointResolver } from './authorization-server/discovery.ts'
import { consoleLogger } from './log.ts'
import { wrapStore } from './stores/call-store.ts'
import { memoryStore } from './stores/memory-store.ts'
import { resolvePlatform } from './platform.ts'
import { createProxyMatcher } from './proxy/proxy-routes.ts'
import { createRefresh } from './sessions/refresh.ts'
import type { RevocableTokens } from './authorization-server/revocation.ts'
import { createAuditLog } from './events/audit-log.ts'
import { createHealthHandlers } from './routes/health.ts'
import { createTokenRevoker } from './authorization-server/revocation.ts'
import { createMachineHandlers } from './routes/machine-handlers.ts'
import type { RouteRequest } from './route-request.ts'
import type { RouteResponse } from './route-response.ts'
import type { RouteContext } from './routes/route-context.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { createRouter } from './routes/router.ts'
import { createSignInMethods } from './routes/sign-in-methods.ts'
import { createCookieResolver } from './sessions/session-cookie.ts'
import type { SessionData } from './sessions/session-data.ts'
import { createSessionClock } from './sessions/moments.ts'
import { createOpenStreams, withStreamEnds } from './sessions/open-streams.ts'
import { createSessionList } from './sessions/session-list.ts'
import { createSessions } from './sessions/create-sessions.ts'
import { createSessionAdmin } from './session-admin.ts'
import { createPlainHttpWarning } from './guards/plain-http.ts'
import { createSessionSecrets } from './session-secrets.ts'
import { createSignInKeys } from './guards/sign-in-keys.ts'
import { createThrottle, noThrottle } from './guards/throttle.ts'
import { createClientResolver } from './guards/trust-proxy.ts'
import { createRepeatLimiter } from './repeated-lines.ts'
import { logStartupWarnings, logStoreWarnings } from './startup-warnings.ts'
import { createHttpClient, withFailureTracking } from './authorization-server/http-client.ts'

/** Milliseconds for which the store keeps the configuration, to report its next change. */
const configurationMaxAgeMs = 31_536_000_000

/** Seconds; a machine session has no user who could leave it open. */
const machineSessionLimits = { idle: 31_536_000, absolute: 31_536_000, perUser: 1 }

/**
 * Creates a backend-for-frontend for one provider.
 *
 * @throws BffError `server_error` when an option or the provider's description is wrong; the message names every wrong
 *   field and what is expected
 * @example
 *   const bff = createBff({ provider: axosoft({ site: 'https://acct.axosoft.com', clientId, clientSecret }) })
 *   export default bff // bff.fetch(request) responds to /auth/*
 */
export function createBff(options: BffOptions): Bff {
  const resolvedOptions = resolveOptions(options)
  const { provider, basePath, mode, origin, trustProxy, session: limits, timeout, secret } = resolvedOptions
  const isAutomatic = provider.login.mode === 'automatic'
  const matchProxyRoute = createProxyMatcher(resolvedOptions.proxy, basePath, provider.resource)
  const platform = resolvePlatform(options.platform)
  const { instrument } = options
  const logger = options.logger ?? consoleLogger
  const chosenStore = options.store ?? getDefaultStore()
  const store = wrapStore(chosenStore ?? memoryStore({ now: () => platform.now() }), platform, instrument)
  logStartupWarnings(resolvedOptions, chosenStore !== undefined, platform, logger)

  const serverUrl = 'url' in provider.token ? provider.token.url : provider.token.discovery
  const providerKey = `${provider.id} ${serverUrl.replace(/\/+$/, '')}`
  const background = createBackgroundTasks(platform, logger)
  const clock = createSessionClock(platform, logger)
  const httpClient = withFailureTracking(createHttpClient(platform, timeout))
  /** Milliseconds that a grant takes at most, with the writes around it. */
  const maxGrantMs = timeout * 1000 + 1000
  const clientReader = createClientReader(provider, timeout, platform, logger)
  const resolveEndpoints = createEndpointResolver(provider, httpClient, platform, logger)
  const hooks = options.hooks ?? {}
  const serverAccess = { provider, resolveEndpoints, httpClient, clientReader, instrument, logger }
  const server = createAuthorizationServer({
    ...serverAccess,
    hooks,
    revoke,
    platform: { ...platform, now: () => clock.read().latest },
  })
  const revokeTokens = createTokenRevoker({ ...serverAccess, platform })
  const sessionSecrets = createSessionSecrets(secret, timeout, platform)
  const secrets = sessionSecrets.keys
  const audit = createAuditLog({
    onEvent: options.onEvent,
    provider: provider.id,
    basePath,
    platform,
    logger,
  })
  const openStreams = createOpenStreams(platform)
  const sessions = withStreamEnds(
    createSessions({
      store,
      limits: isAutomatic ? machineSessionLimits : limits,
      provider: providerKey,
      basePath,
      secrets,
      clock,
      platform,
      logger,
      // A machine session is created again.
      keepsReasons: !isAutomatic,
      // A machine token may be in use elsewhere, so an expired record must not revoke it.
      onExpired: isAutomatic ? () => {} : revokeAtSameHost,
      onEnded: audit.recordEnd,
    }),
    openStreams,
  )
  const sessionList = createSessionList(store, limits.perUser, openStreams, clock, audit.recordEnd)
  const refresh = createRefresh({
    sessions,
    server,
    revoke,
    reissues: provider.refresh.mode !== 'keep_alive',
    background,
    clock,
    platform,
    logger,
    audit,
    mayMeanInsufficientScope: provider.resource.tokenRejection.mayMeanInsufficientScope,
    maxWaitMs: maxGrantMs,
    instrument,
  })
  const handlers = resolvedOptions.authorize
    ? createMachineHandlers(
        resolvedOptions.authorize,
        createMachineSession(sessions, provider, providerKey, clientReader, clock, platform),
      )
    : sessionRoutes
  const context: RouteContext = {
    provider,
    providerKey,
    mode,
    signInMethods: createSignInMethods(provider),
    limits,
    server,
    sessions,
    sessionList,
    openStreams,
    challenges: createChallenges(store, providerKey, secrets, clock, platform),
    throttle: resolvedOptions.throttle
      ? createThrottle({
          // The memory of a store for sessions would not outlive the process either.
          store: store.isVolatile === true ? null : store,
          createKeys: createSignInKeys(providerKey, secrets, trustProxy !== undefined),
          platform,
          logger,
        })
      : noThrottle,
    audit,
    getSessionCookie: createCookieResolver(basePath, origin),
    warnOfPlainHttp: createPlainHttpWarning(logger),
    refresh,
    getAccess: (request) => handlers.access(context, request),
    revoke,
    background,
    clock,
    platform,
    instrument,
    logger,
  }

  let isStoreChecked = store.isVolatile === true
  const resolveClient = createClientResolver(
    trustProxy,
    createRepeatLimiter(logger, () => platform.now()),
  )
  const router = createRouter({
    basePath,
    origin,
    handlers,
    health: createHealthHandlers({
      store,
      background,
      platform,
      logger,
      isServerFailing: httpClient.isFailing,
    }),
    matchProxyRoute,
    resolveClient,
    sessionSecrets,
    context,
  })

  const bff: Bff = {
    basePath,
    owns: router.owns,
    fetch: async (request) => createWebResponse(await handle(createRouteRequest(request))),
    handle,
    async session(request) {
      await sessionSecrets.load()
      return handlers.readState(context, resolveClient(createRouteRequest(request)))
    },
    admin: createSessionAdmin(sessionList, providerKey),
    async close() {
      await Promise.all([openStreams.close(timeout * 1000), background.close(maxGrantMs)])
    },
  }
  reportBff(bff, options, resolvedOptions)
  return bff

  function handle(request: RouteRequest): Promise<RouteResponse> {
    const response = router.handle(request)
    return isStoreChecked ? response : response.finally(checkStore)
  }

  function checkStore(): void {
    if (isStoreChecked) return
    isStoreChecked = true
    background.run('Comparison of the configuration', reportChange)
    background.run('Check of the session store', () => logStoreWarnings(store, platform, logger))
  }

  function reportChange(): Promise<void> {
    const {
      client,
      refresh: { mode: refreshMode },
    } = provider
    const configuration = { basePath, providerKey, clientId: client?.id, refreshMode, secrets }
    const expiresAt = clock.read().latest + configurationMaxAgeMs
    return reportConfigurationChange(configuration, store, expiresAt, logger)
  }

  /** Tokens of an earlier provider are sent only to its own host. */
  function revokeAtSameHost(data: SessionData): void {
    const issuer = data.provider.split(' ').at(-1) ?? ''
    if (URL.canParse(issuer) && new URL(issuer).host === new URL(serverUrl).host) revoke(data)
    else logger.warn('Tokens of an earlier provider not revoked: they are of another host.')
  }

  function revoke(tokens: RevocableTokens): void {
    background.run('Token revocation', () => revokeTokens(tokens))
  }
}
