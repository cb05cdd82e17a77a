import { sessionPath, sessionsPath, tokenPath } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import { getRequestId } from '../events/request-id.ts'
import type { RequestKind } from '../guards/csrf.ts'
import { assertSameOrigin } from '../guards/csrf.ts'
import { describeError } from '../log.ts'
import { createRepeatLimiter } from '../repeated-lines.ts'
import type { MatchProxyRoute } from '../proxy/proxy-routes.ts'
import { assertWebSocket, isWebSocketRequest } from '../proxy/web-socket.ts'
import type { RouteRequest } from '../route-request.ts'
import type { RouteResponse } from '../route-response.ts'
import { createErrorResponse } from '../route-response.ts'
import type { SessionSecrets } from '../session-secrets.ts'
import type { HealthHandlers } from './health.ts'
import { healthPath } from './health.ts'
import type { SessionHandlers } from './machine-handlers.ts'
import { handleProxy } from './proxy.ts'
import type { RouteContext, RouteHandler } from './route-context.ts'

/** Set on every response that does not have them. */
const defaultHeaders = Object.entries({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  vary: 'Cookie, Origin, Sec-Fetch-Site',
})

/** The path of one session of the user. */
const sessionIdPattern = new RegExp(`^(${sessionsPath}/)[\\w-]+$`)

/** The options of {@link createRouter}. */
export interface RouterOptions {
  basePath: string
  /** The configured origin of the page; the request's origin when undefined. */
  origin: string | undefined
  handlers: SessionHandlers
  health: HealthHandlers
  matchProxyRoute: MatchProxyRoute
  /** Returns a request as the client sent it to the outermost proxy. */
  resolveClient: (request: RouteRequest) => RouteRequest
  /** No request is handled before they are loaded. */
  sessionSecrets: Pick<SessionSecrets, 'load'>
  context: RouteContext
}

/** Finds the handler of a request by path and method, after the CSRF check, and turns every error into a response. */
export interface Router {
  /** Whether a path lies below the base path or belongs to a proxy route. */
  owns: (pathname: string) => boolean
  handle: (request: RouteRequest) => Promise<RouteResponse>
}

export function createRouter(options: RouterOptions): Router {
  const { basePath, origin, handlers, health, matchProxyRoute, resolveClient, sessionSecrets, context } =
    options
  const routes: Record<string, Record<string, RouteHandler>> = {
    [sessionPath]: { GET: handlers.restore, POST: handlers.signIn, DELETE: handlers.signOut },
    [tokenPath]: { POST: handlers.token },
    [`${healthPath}live`]: { GET: health.live, HEAD: health.live },
    [`${healthPath}ready`]: { GET: health.ready, HEAD: health.ready },
    ...(handlers.sessions && {
      [sessionsPath]: { GET: handlers.sessions.list, DELETE: handlers.sessions.endOthers },
      [`${sessionsPath}/{session_id}`]: { DELETE: handlers.sessions.end },
    }),
  }

  const livePath = `${basePath}${healthPath}live`
  const warnAtMostOnceAMinute = createRepeatLimiter(context.logger, () => context.platform.now())

  return {
    owns: (pathname) => `${pathname}/`.startsWith(`${basePath}/`) || matchProxyRoute(pathname) !== null,
    async handle(received) {
      const request = resolveClient(received)
      try {
        // A process whose secrets cannot be read is alive, and not ready.
        const loading = request.url.pathname === livePath ? null : sessionSecrets.load()
        if (loading !== null) await loading
        return withDefaultHeaders(await respond(request))
      } catch (error) {
        const requestId = getRequestId(request, context.platform)
        const response = createErrorResponse(toBffError(error, requestId))
        response.headers['x-request-id'] = requestId
        return withDefaultHeaders(response)
      }
    },
  }

  /** Throws an error that needs no wait. */
  function respond(request: RouteRequest): Promise<RouteResponse> {
    const { method, url } = request
    const match = matchProxyRoute(url.pathname)
    if (match) {
      assertMethod(method, match.methods)
      const isWebSocket = isWebSocketRequest(request)
      rejectOtherOrigins(request, isWebSocket ? 'web-socket' : 'resource')
      if (isWebSocket) assertWebSocket(request, match)
      return handleProxy(context, request, match)
    }
    const pathBelow = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : ''
    const path = pathBelow.replace(sessionIdPattern, '$1{session_id}')
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined
    if (!methods) throw new BffError('invalid_request', 'The BFF has no route at this path', { status: 404 })
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!route) throw createMethodError(Object.keys(methods))
    // Monitoring sends no header.
    if (!path.startsWith(healthPath)) rejectOtherOrigins(request, 'bff')
    return route(context, request)
  }

  function rejectOtherOrigins(request: RouteRequest, kind: RequestKind): void {
    try {
      assertSameOrigin(request, origin, kind, warnAtMostOnceAMinute)
    } catch (error) {
      context.audit.record({ type: 'request.rejected', reason: 'access_denied' }, request)
      throw error
    }
  }

  /** Logs the hint of an error. Details of unexpected errors go to the log only. */
  function toBffError(error: unknown, requestId: string): BffError {
    const bffError =
      error instanceof BffError
        ? error
        : new BffError('server_error', 'The BFF failed unexpectedly; see its log', {
            hint: `Request failed with 500: ${describeError(error)}`,
          })
    if (bffError.hint !== undefined)
      context.logger[bffError.code === 'server_error' ? 'error' : 'warn'](bffError.hint, { requestId })
    return bffError
  }
}

function assertMethod(method: string, methods: string[]): void {
  if (!methods.includes(method)) throw createMethodError(methods)
}

function createMethodError(methods: string[]): BffError {
  const allow = methods.join(', ')
  return new BffError('invalid_request', `Method not allowed. Allowed: ${allow}`, { status: 405, allow })
}

function withDefaultHeaders(response: RouteResponse): RouteResponse {
  const { headers } = response
  for (const [name, value] of defaultHeaders) headers[name] ??= value
  return response
}
