import { z } from 'zod'
import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { isForwardableHeader } from './headers.ts'
import { isPlainPath, isPlainQuery } from '../plain-url.ts'
import { isPathOfRoute, toCanonicalPath, toLenientSegments } from './request-path.ts'
import { validateRoute } from './validate-route.ts'

/** One proxy route: a path of the page's origin, and the URL of the resource server that it leads to. */
export interface ProxyRoute {
  /** A path outside the base path: `/api/me`, or `/api/items/*` for all paths below. */
  path: string
  /**
   * The target, ending in `/*` when `path` does: a URL, or a path on the host of the provider's base URL, which is the
   * first of `resource.baseUrls` or, with `baseUrlFrom`, the one in the token response. Default: the same as `path`.
   */
  to?: string | undefined
  /** The allowed methods; `GET` includes `HEAD`. `OPTIONS` is never forwarded, because it serves CORS. */
  methods: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  /**
   * Request headers of the page that this route forwards in addition to the usual ones, for example `['X-Tenant']`;
   * none by default. A name with `_` is not possible, because many servers read it as `-`.
   */
  requestHeaders?: string[] | undefined
  /** Whether pages may open WebSockets, whose handshake is a `GET`; `false` when absent. */
  webSocket?: boolean | undefined
  /** Seconds until the response must begin, from the end of the request body; 30 when absent. A body has no limit. */
  timeout?: number | undefined
  /** Bytes of a request body; a longer one gets 413. No limit when absent: long bodies are not kept in memory. */
  maxRequestBytes?: number | undefined
  /** Bytes of a response body, as sent; a longer one becomes a 502 or is cut. No limit when absent. */
  maxResponseBytes?: number | undefined
}

/** The types of a {@link ProxyRoute}; {@link createProxyMatcher} validates the values. */
export const proxyRouteSchema = z.strictObject({
  path: z.string(),
  to: z.string().optional(),
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])).min(1, 'must name a method'),
  // setTimeout rings at once for more milliseconds than 32 bits can hold.
  timeout: z.number().positive().max(2_147_483).optional(),
  webSocket: z.boolean().optional(),
  maxRequestBytes: z.number().int().min(0).optional(),
  maxResponseBytes: z.number().int().min(0).optional(),
  requestHeaders: z
    .array(
      z.string().refine(isForwardableHeader, {
        error:
          'is not a header that the proxy can forward. Expected: a name without "_" that is not set by the browser, a proxy or Latchkey',
      }),
    )
    .optional(),
})

/** The URL of a route at the resource server, in parts, which are slower to get from a `URL`. */
type RouteTarget = Pick<URL, 'origin' | 'host' | 'pathname'>

/** The URL at the resource server, in parts. */
export interface UpstreamTarget {
  origin: string
  host: string
  /** The path with the query. */
  path: string
}

/** The route of one request. */
export interface ProxyMatch {
  /** The path of the route, as configured. */
  route: string
  /** The methods that the route allows, and that every narrower route allows which a server could read in the path. */
  methods: string[]
  /** Whether that goes for WebSockets, too. */
  webSocket: boolean
  /** Seconds from the end of the request body until the response must begin. */
  timeout: number
  /** Bytes, or `Infinity`. */
  maxRequestBytes: number
  /** Bytes, or `Infinity`. */
  maxResponseBytes: number
  /** The names of further request headers to forward, in lower case. */
  requestHeaders: ReadonlySet<string>
  /**
   * Returns where the request goes.
   *
   * @param base the base URL of the session's API, if the token response named one
   * @throws BffError `invalid_request` when the path would leave the route
   */
  getTarget(base: string | null, query: string): UpstreamTarget
  /** Maps a URL of the resource server to a path of the page's origin, with query and fragment; `null` without a route. */
  toPageUrl(url: URL, base: string | null): string | null
}

/** Returns the most specific route that matches a path, or `null`. */
export type MatchProxyRoute = (pathname: string) => ProxyMatch | null

type Resource = Provider['resource']

interface Route {
  /** Without the star: ends in a slash when the route matches all paths below. */
  path: string
  /** Resolves the target, also without the star, for the base URL of a session. */
  resolveTarget: (base: string | null) => RouteTarget
  methods: string[]
  webSocket: boolean
  limits: Pick<ProxyMatch, 'timeout' | 'maxRequestBytes' | 'maxResponseBytes'>
  requestHeaders: ReadonlySet<string>
  /** The segments of the path, see {@link toLenientSegments}. */
  segments: string[]
  isTree: boolean
  /** The routes that may lie below this one. */
  candidates: Route[]
}

/**
 * Creates the allow-list of the proxy: a request without a route is not forwarded.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.6
 * @throws BffError `server_error`; the message names every wrong route and what is expected
 */
export function createProxyMatcher(
  proxyRoutes: ProxyRoute[],
  basePath: string,
  resource: Resource,
): MatchProxyRoute {
  const keys = proxyRoutes.map(({ path }) => createRouteKey(path))
  const issues = proxyRoutes.flatMap((route, index) => {
    const isDuplicate = keys.indexOf(createRouteKey(route.path)) < index
    const issue = isDuplicate
      ? 'is there twice, for a server that ignores case and path parameters. Expected: one route with all methods'
      : validateRoute(route, basePath, resource)
    return issue === null ? [] : [`  proxy.${index} (${route.path}): ${issue}`]
  })
  if (issues.length > 0)
    throw new BffError('server_error', `The options of createBff cannot be used:\n${issues.join('\n')}`)

  const routes = proxyRoutes
    .map(({ path, to = path, methods, webSocket = false, requestHeaders = [], ...limits }): Route => {
      const withHead = methods.includes('GET') ? [...new Set([...methods, 'HEAD'])] : methods
      const start = path.replace(/\*$/, '')
      return {
        path: start,
        resolveTarget: createTargetResolver(to.replace(/\*$/, ''), resource),
        methods: withHead,
        webSocket,
        limits: {
          timeout: limits.timeout ?? 30,
          maxRequestBytes: limits.maxRequestBytes ?? Infinity,
          maxResponseBytes: limits.maxResponseBytes ?? Infinity,
        },
        requestHeaders: new Set(requestHeaders.map((name) => name.toLowerCase())),
        segments: toLenientSegments(start),
        isTree: start.endsWith('/'),
        candidates: [],
      }
    })
    .toSorted((a, b) => b.path.length - a.path.length)
  for (const route of routes)
    if (route.isTree) route.candidates = routes.filter((other) => canBeNarrower(other, route))

  return (requestPath) => {
    const pathname = toCanonicalPath(requestPath)
    const route = routes.find(({ path }) => isPathOfRoute(path, pathname))
    if (!route) return null
    const narrower = findNarrowerRoutes(route, pathname)
    return {
      route: route.isTree ? `${route.path}*` : route.path,
      methods:
        narrower.length === 0
          ? route.methods
          : route.methods.filter((method) => narrower.every(({ methods }) => methods.includes(method))),
      webSocket: route.webSocket && narrower.every((other) => other.webSocket),
      ...route.limits,
      requestHeaders: route.requestHeaders,
      getTarget(base, query) {
        const { origin, host, pathname: targetPath } = route.resolveTarget(base)
        const path = targetPath + pathname.slice(route.path.length)
        if (isPlainPath(path) && isPlainQuery(query)) return { origin, host, path: path + query }
        const target = new URL(origin + path + query)
        // A path that the URL parser changes could leave the route. A server could read a path with two slashes at
        // its start as a host.
        if (target.origin !== origin || target.pathname !== path || path.startsWith('//'))
          throw new BffError('invalid_request', 'The path cannot be forwarded')
        return { origin, host, path: path + target.search }
      },
      toPageUrl(url, base) {
        for (const { path, resolveTarget } of routes) {
          const start = resolveTarget(base)
          if (start.origin !== url.origin || !isPathOfRoute(start.pathname, url.pathname)) continue
          return path + url.pathname.slice(start.pathname.length) + url.search + url.hash
        }
        return null
      },
    }
  }
}

/**
 * Finds the routes below a route that a server behind could read in a path: one that decodes, merges slashes, ignores
 * case, path parameters or a slash at the end, or takes `.json` at the end for a format. When no server does, the only
 * price is a rejected request.
 */
function findNarrowerRoutes({ candidates }: Route, pathname: string): Route[] {
  if (candidates.length === 0) return candidates
  const segments = toLenientSegments(pathname)
  const withoutFormat = [...segments.slice(0, -1), segments.at(-1)?.replace(/\.[^.]*$/, '') ?? '']
  const readings = [segments, withoutFormat.filter((segment) => segment !== '')]
  return candidates.filter((other) =>
    readings.some(
      (reading) =>
        (other.isTree || reading.length === other.segments.length) &&
        other.segments.every((segment, index) => reading[index] === segment),
    ),
  )
}

/** Whether a route has enough segments to lie below another. */
function canBeNarrower(other: Route, route: Route): boolean {
  const extraSegments = other.segments.length - route.segments.length
  return other !== route && (extraSegments > 0 || (extraSegments === 0 && !other.isTree))
}

/** Identifies a route for the most lenient server. */
function createRouteKey(path: string): string {
  return `${toLenientSegments(path.replace(/\/\*$/, '')).join('/')}${path.endsWith('/*') ? '/*' : ''}`
}

/** Resolves the target of a route; a path is resolved on the host of the session's base URL, or the provider's. */
function createTargetResolver(to: string, { baseUrls: [first] }: Resource): Route['resolveTarget'] {
  if (!to.startsWith('/')) {
    const target = parseTarget(to)
    return () => target
  }
  const ofProvider = first === undefined ? null : parseTarget(to, first)
  return (base) => (base === null && ofProvider ? ofProvider : parseTarget(to, base ?? first))
}

function parseTarget(to: string, base?: string): RouteTarget {
  const { origin, host, pathname } = new URL(to, base)
  return { origin, host, pathname }
}
