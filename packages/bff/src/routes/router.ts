import { sessionPath, tokenPath } from '@latchkey/wire'
import { isLoopbackHost } from '../endpoint-url.ts'
import { BffError } from '../errors.ts'
import { assertSameOrigin } from '../guards/csrf.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import type { MatchProxyRoute, ProxyMatch } from '../proxy/proxy-routes.ts'
import { createSessionCookie } from '../sessions/session-cookie.ts'
import type { SessionHandlers } from './machine-handlers.ts'
import { handleProxy } from './proxy.ts'
import type { RouteContext, RouteHandler, RouteRequest } from './route-context.ts'

/** Set on every response that does not have them. */
const defaultHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Cookie, Origin, Sec-Fetch-Site',
}

/** The options of {@link createRouter}. */
export interface RouterOptions {
  basePath: string
  /** The configured origin of the page; the request's origin when undefined. */
  origin: string | undefined
  handlers: SessionHandlers
  matchProxyRoute: MatchProxyRoute
  context: RouteContext
  logger: Logger
}

/** Finds the handler of a request by path and method, after the CSRF check, and turns every error into a response. */
export interface Router {
  /** Whether a path lies below the base path or belongs to a proxy route. */
  owns: (pathname: string) => boolean
  fetch: (request: Request) => Promise<Response>
  createRouteRequest: (request: Request) => RouteRequest
}

export function createRouter(options: RouterOptions): Router {
  const { basePath, origin, handlers, matchProxyRoute, context, logger } = options
  const routes: Record<string, Record<string, RouteHandler>> = {
    [sessionPath]: { GET: handlers.restore, POST: handlers.signIn, DELETE: handlers.signOut },
    [tokenPath]: { POST: handlers.token },
  }

  return {
    owns: (pathname) => `${pathname}/`.startsWith(`${basePath}/`) || matchProxyRoute(pathname) !== null,
    async fetch(request) {
      const response = await respond(request).catch(createErrorResponse)
      for (const [name, value] of Object.entries(defaultHeaders))
        if (!response.headers.has(name)) response.headers.set(name, value)
      return response
    },
    createRouteRequest,
  }

  async function respond(request: Request): Promise<Response> {
    const routeRequest = createRouteRequest(request)
    const { url } = routeRequest
    const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : ''
    const match = matchProxyRoute(url.pathname)
    const methods = match ? createProxyMethods(match) : Object.hasOwn(routes, path) ? routes[path] : undefined
    if (!methods) throw new BffError('invalid_request', 'The BFF has no route at this path', { status: 404 })
    const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    if (!route) {
      const allow = Object.keys(methods).join(', ')
      throw new BffError('invalid_request', `Method not allowed. Allowed: ${allow}`, { status: 405, allow })
    }
    assertSameOrigin(request, url, origin, match !== null)
    return route(context, routeRequest)
  }

  function createRouteRequest(raw: Request): RouteRequest {
    const url = new URL(raw.url)
    const page = origin === undefined ? url : new URL(origin)
    const secure = page.protocol === 'https:' || !isLoopbackHost(page.hostname)
    return { raw, url, cookie: createSessionCookie(basePath, secure) }
  }

  function createProxyMethods(match: ProxyMatch): Record<string, RouteHandler> {
    const route: RouteHandler = (_, request) => handleProxy(context, request, match)
    return Object.fromEntries(match.methods.map((method) => [method, route]))
  }

  /** Logs the hint of an error. Details of unexpected errors go to the log only. */
  function createErrorResponse(error: unknown): Response {
    const bffError =
      error instanceof BffError
        ? error
        : new BffError('server_error', 'The BFF failed unexpectedly; see its log', {
            hint: `Request failed with 500: ${describeError(error)}`,
          })
    if (bffError.hint !== undefined)
      logger[bffError.code === 'server_error' ? 'error' : 'warn'](bffError.hint)
    return bffError.toResponse()
  }
}
