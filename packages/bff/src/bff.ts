import { createSecretKey } from 'node:crypto'
import { sessionPath, tokenPath } from '@latchkey/wire'
import { createApplication } from './sessions/machine-session.ts'
import { createAuthorizationServer } from './authorization-server/authorization-server.ts'
import { createBackground } from './background-tasks.ts'
import type { BffOptions } from './bff-options.ts'
import { settingsFrom } from './bff-options.ts'
import { createChallenges } from './sessions/challenges.ts'
import { sessionCookie } from './sessions/session-cookie.ts'
import { defaultStore } from './stores/default-store.ts'
import { createEndpoints } from './authorization-server/discovery.ts'
import { BffError } from './errors.ts'
import { guard } from './guards/csrf.ts'
import { consoleLogger, told } from './log.ts'
import { memoryStore } from './stores/memory-store.ts'
import { nodePlatform } from './platform.ts'
import type { Passage } from './proxy/proxy-routes.ts'
import { createProxyRoutes } from './proxy/proxy-routes.ts'
import { createRefresh } from './sessions/refresh.ts'
import type { Tokens } from './authorization-server/revocation.ts'
import { createRevocation } from './authorization-server/revocation.ts'
import { sessionAccess } from './routes/access.ts'
import type { CallerRoutes } from './routes/machine-handlers.ts'
import { createApplicationRoutes } from './routes/machine-handlers.ts'
import type { House, Route } from './routes/route-context.ts'
import { proxy } from './routes/proxy.ts'
import { restore } from './routes/restore.ts'
import { signIn } from './routes/sign-in.ts'
import { signOut } from './routes/sign-out.ts'
import { token } from './routes/token.ts'
import { isLoopback } from './endpoint-url.ts'
import { createSessions } from './sessions/sessions.ts'
import { createThrottle, noThrottle } from './guards/throttle.ts'
import { createUpstream } from './authorization-server/http-client.ts'

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
const endless = { idle: 31_536_000, absolute: 31_536_000 }

/** The routes where people sign in. */
const sessionRoutes: CallerRoutes = { restore, signIn, signOut, token, access: sessionAccess }

/** What every answer says, unless it says something else itself. */
const standing = {
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
  const settings = settingsFrom(options)
  const { provider, basePath, mode, origin, session: limits, timeout, secret, throttle } = settings
  const automatic = provider.login.mode === 'automatic'
  const passageOf = createProxyRoutes(settings.proxy, basePath, provider.resource)
  const platform = { ...nodePlatform, ...options.platform }
  const logger = options.logger ?? consoleLogger
  const store = options.store ?? defaultStore() ?? memoryStore({ now: () => platform.now() })

  if (provider.primary === 'password')
    logger.warn(
      `The provider ${provider.id} uses the password grant, which RFC 9700 §2.4 says must not be used: this server ` +
        'sees the passwords of its users. Use it only where the authorization server offers nothing better.',
    )

  const place = 'url' in provider.token ? provider.token.url : provider.token.discovery
  const providerKey = `${provider.id} ${place}`
  const background = createBackground(logger)
  const upstream = createUpstream(platform, timeout)
  const endpoints = createEndpoints(provider, upstream, platform, logger)
  const hooks = options.hooks ?? {}
  const server = createAuthorizationServer({ provider, endpoints, upstream, hooks, platform, logger })
  const giveBack = createRevocation(provider, endpoints, upstream, platform, logger)
  const key = secret === undefined ? undefined : createSecretKey(Buffer.from(secret))
  const sessions = createSessions({
    store,
    limits: automatic ? endless : limits,
    provider: providerKey,
    secret: key,
    platform,
    // The application's token is in use elsewhere, whatever becomes of its record.
    onOutlived: automatic ? () => {} : revoke,
  })
  const refresh = createRefresh({
    sessions,
    server,
    revoke,
    platform,
    logger,
    unauthorizedMayMeanScope: provider.resource.unauthorized.mayMeanScope,
    longestWait: timeout * 1000 + 1000,
  })
  const serving = settings.authorize
    ? createApplicationRoutes(
        settings.authorize,
        createApplication(sessions, provider, providerKey, platform),
      )
    : sessionRoutes
  const routes: Record<string, Record<string, Route>> = {
    [sessionPath]: { GET: serving.restore, POST: serving.signIn, DELETE: serving.signOut },
    [tokenPath]: { POST: serving.token },
  }
  const house: House = {
    provider,
    providerKey,
    mode,
    limits,
    server,
    sessions,
    challenges: createChallenges(store, providerKey, key, platform),
    throttle: throttle ? createThrottle(throttle, () => platform.now(), logger) : noThrottle,
    refresh,
    access: (call) => serving.access(house, call),
    revoke,
    background,
    platform,
    logger,
  }

  return {
    basePath,
    owns: (pathname) => `${pathname}/`.startsWith(`${basePath}/`) || passageOf(pathname) !== null,
    async fetch(request) {
      const answer = await respond(request).catch(toResponse)
      for (const [name, value] of Object.entries(standing))
        if (!answer.headers.has(name)) answer.headers.set(name, value)
      return answer
    },
    close: () => background.settled(),
  }

  async function respond(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : ''
    const passage = passageOf(url.pathname)
    const methods = passage ? passed(passage) : Object.hasOwn(routes, path) ? routes[path] : undefined
    if (!methods) throw new BffError('invalid_request', 'There is nothing here', { status: 404 })
    const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    if (!route) {
      const allow = Object.keys(methods).join(', ')
      throw new BffError('invalid_request', `This path knows ${allow}`, { status: 405, allow })
    }
    guard(request, url, origin, passage !== null)
    const page = origin === undefined ? url : new URL(origin)
    const secure = page.protocol === 'https:' || !isLoopback(page.hostname)
    return route(house, { request, url, cookie: sessionCookie(basePath, secure) })
  }

  function passed(passage: Passage): Record<string, Route> {
    const route: Route = (_, call) => proxy(house, call, passage)
    return Object.fromEntries(passage.methods.map((method) => [method, route]))
  }

  /** The one place where errors become answers; what nobody foresaw is told to the log alone. */
  function toResponse(error: unknown): Response {
    const known =
      error instanceof BffError
        ? error
        : new BffError('server_error', 'Something went wrong', { hint: told(error) })
    if (known.hint !== undefined) logger[known.status < 500 ? 'warn' : 'error'](known.hint)
    return known.toResponse()
  }

  function revoke(tokens: Tokens): void {
    background.run('Giving a token back', () => giveBack(tokens))
  }
}
