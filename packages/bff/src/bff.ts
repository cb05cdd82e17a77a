import { createSecretKey } from 'node:crypto'
import { sessionPath, tokenPath } from '@latchkey/wire'
import { createMachineSessionLoader } from './sessions/machine-session.ts'
import { createAuthorizationServer } from './authorization-server/authorization-server.ts'
import { createBackgroundTasks } from './background-tasks.ts'
import { reportBff } from './bff-observer.ts'
import type { BffOptions } from './bff-options.ts'
import { resolveOptions } from './bff-options.ts'
import { createChallenges } from './sessions/challenges.ts'
import { createSessionCookie } from './sessions/session-cookie.ts'
import { getDefaultStore } from './stores/default-store.ts'
import { createEndpointResolver } from './authorization-server/discovery.ts'
import { BffError } from './errors.ts'
import { assertSameOrigin } from './guards/csrf.ts'
import { consoleLogger, describeError } from './log.ts'
import { memoryStore } from './stores/memory-store.ts'
import { nodePlatform } from './platform.ts'
import type { ProxyMatch } from './proxy/proxy-routes.ts'
import { createProxyMatcher } from './proxy/proxy-routes.ts'
import { createRefresh } from './sessions/refresh.ts'
import type { RevocableTokens } from './authorization-server/revocation.ts'
import { createTokenRevoker } from './authorization-server/revocation.ts'
import { getSessionAccess } from './routes/access.ts'
import type { SessionHandlers } from './routes/machine-handlers.ts'
import { createMachineHandlers } from './routes/machine-handlers.ts'
import type { RouteContext, RouteHandler } from './routes/route-context.ts'
import { handleProxy } from './routes/proxy.ts'
import { handleRestore } from './routes/restore.ts'
import { handleSignIn } from './routes/sign-in.ts'
import { handleSignOut } from './routes/sign-out.ts'
import { handleToken } from './routes/token.ts'
import { isLoopbackHost } from './endpoint-url.ts'
import { createSessions } from './sessions/sessions.ts'
import { createThrottle, noThrottle } from './guards/throttle.ts'
import { createHttpClient } from './authorization-server/http-client.ts'

/** A backend-for-frontend: a web-standard handler for everything below its base path, and for the paths of its proxy. */
export interface Bff {
  readonly basePath: string
  /** Whether a path (as in `URL.pathname`) is this BFF's to answer; the rest of the origin belongs to others. */
  readonly owns: (pathname: string) => boolean
  /** Answers every request; never throws. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Resolves when what runs in the background (giving tokens back) is done. The store is its maker's to close. */
  readonly close: () => Promise<void>
}

/** Seconds that the application's session lasts: it has no user who could leave it open. */
const machineSessionLimits = { idle: 31_536_000, absolute: 31_536_000 }

/** The routes where people sign in. */
const sessionRoutes: SessionHandlers = {
  restore: handleRestore,
  signIn: handleSignIn,
  signOut: handleSignOut,
  token: handleToken,
  access: getSessionAccess,
}

/** What every answer says, unless it says something else itself. */
const defaultHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Cookie, Origin, Sec-Fetch-Site',
}

/**
 * Makes a backend-for-frontend for one provider.
 *
 * @throws BffError `server_error` when an option or the provider's description cannot be used; the message names the
 *   field and the fix
 */
export function createBff(options: BffOptions): Bff {
  const resolvedOptions = resolveOptions(options)
  const { provider, basePath, mode, origin, session: limits, timeout, secret, throttle } = resolvedOptions
  const automatic = provider.login.mode === 'automatic'
  const matchProxyRoute = createProxyMatcher(resolvedOptions.proxy, basePath, provider.resource)
  const platform = { ...nodePlatform, ...options.platform }
  const logger = options.logger ?? consoleLogger
  const store = options.store ?? getDefaultStore() ?? memoryStore({ now: () => platform.now() })

  if (provider.signInGrant === 'password')
    logger.warn(
      `The provider ${provider.id} uses the password grant, which RFC 9700 §2.4 says must not be used: this server ` +
        'sees the passwords of its users. Use it only where the authorization server offers nothing better.',
    )

  const serverUrl = 'url' in provider.token ? provider.token.url : provider.token.discovery
  const providerKey = `${provider.id} ${serverUrl}`
  const background = createBackgroundTasks(logger)
  const httpClient = createHttpClient(platform, timeout)
  const resolveEndpoints = createEndpointResolver(provider, httpClient, platform, logger)
  const hooks = options.hooks ?? {}
  const server = createAuthorizationServer({
    provider,
    resolveEndpoints,
    httpClient,
    hooks,
    platform,
    logger,
  })
  const revokeTokens = createTokenRevoker(provider, resolveEndpoints, httpClient, platform, logger)
  const key = secret === undefined ? undefined : createSecretKey(Buffer.from(secret))
  const sessions = createSessions({
    store,
    limits: automatic ? machineSessionLimits : limits,
    provider: providerKey,
    secret: key,
    platform,
    // The application's token is in use elsewhere, whatever becomes of its record.
    onExpired: automatic ? () => {} : revoke,
  })
  const refresh = createRefresh({
    sessions,
    server,
    revoke,
    platform,
    logger,
    mayMeanInsufficientScope: provider.resource.tokenRejection.mayMeanInsufficientScope,
    maxWaitMs: timeout * 1000 + 1000,
  })
  const handlers = resolvedOptions.authorize
    ? createMachineHandlers(
        resolvedOptions.authorize,
        createMachineSessionLoader(sessions, provider, providerKey, platform),
      )
    : sessionRoutes
  const routes: Record<string, Record<string, RouteHandler>> = {
    [sessionPath]: { GET: handlers.restore, POST: handlers.signIn, DELETE: handlers.signOut },
    [tokenPath]: { POST: handlers.token },
  }
  const context: RouteContext = {
    provider,
    providerKey,
    mode,
    limits,
    server,
    sessions,
    challenges: createChallenges(store, providerKey, key, platform),
    throttle: throttle ? createThrottle(throttle, () => platform.now(), logger) : noThrottle,
    refresh,
    getAccess: (request) => handlers.access(context, request),
    revoke,
    background,
    platform,
    logger,
  }

  const bff: Bff = {
    basePath,
    owns: (pathname) => `${pathname}/`.startsWith(`${basePath}/`) || matchProxyRoute(pathname) !== null,
    async fetch(request) {
      const response = await respond(request).catch(createErrorResponse)
      for (const [name, value] of Object.entries(defaultHeaders))
        if (!response.headers.has(name)) response.headers.set(name, value)
      return response
    },
    close: () => background.whenIdle(),
  }
  reportBff(bff, options, resolvedOptions)
  return bff

  async function respond(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : ''
    const match = matchProxyRoute(url.pathname)
    const methods = match ? createProxyMethods(match) : Object.hasOwn(routes, path) ? routes[path] : undefined
    if (!methods) throw new BffError('invalid_request', 'There is nothing here', { status: 404 })
    const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    if (!route) {
      const allow = Object.keys(methods).join(', ')
      throw new BffError('invalid_request', `This path knows ${allow}`, { status: 405, allow })
    }
    assertSameOrigin(request, url, origin, match !== null)
    const page = origin === undefined ? url : new URL(origin)
    const secure = page.protocol === 'https:' || !isLoopbackHost(page.hostname)
    return route(context, { raw: request, url, cookie: createSessionCookie(basePath, secure) })
  }

  function createProxyMethods(match: ProxyMatch): Record<string, RouteHandler> {
    const route: RouteHandler = (_, request) => handleProxy(context, request, match)
    return Object.fromEntries(match.methods.map((method) => [method, route]))
  }

  /** The one place where errors become answers; what nobody foresaw is told to the log alone. */
  function createErrorResponse(error: unknown): Response {
    const known =
      error instanceof BffError
        ? error
        : new BffError('server_error', 'Something went wrong', { hint: describeError(error) })
    if (known.hint !== undefined) logger[known.status < 500 ? 'warn' : 'error'](known.hint)
    return known.toResponse()
  }

  function revoke(tokens: RevocableTokens): void {
    background.run('Giving a token back', () => revokeTokens(tokens))
  }
}
