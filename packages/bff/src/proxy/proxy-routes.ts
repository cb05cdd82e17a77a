import { z } from 'zod'
import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { isAmbiguousPath } from './ambiguous-path.ts'

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
}

/** The types of a {@link ProxyRoute}; {@link createProxyMatcher} validates the values. */
export const proxyRouteSchema = z.strictObject({
  path: z.string(),
  to: z.string().optional(),
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])).min(1, 'must name a method'),
})

/** The route of one request. */
export interface ProxyMatch {
  methods: string[]
  /**
   * Returns the URL at the resource server.
   *
   * @param base the base URL of the session's API, if the token response named one
   * @throws BffError `invalid_request` when the path would leave the route
   */
  getTargetUrl(base: string | null, query: string): URL
  /** Maps a URL of the resource server to a path of the page's origin, with query and fragment; `null` without a route. */
  toPageUrl(url: URL, base: string | null): string | null
}

/** Returns the most specific route that matches a path, or `null`. */
export type MatchProxyRoute = (pathname: string) => ProxyMatch | null

type Resource = Provider['resource']

interface Route {
  /** Without the star: ends in a slash when the route matches all paths below. */
  path: string
  to: string
  methods: string[]
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
  const issues = proxyRoutes.flatMap((route, index) => {
    const isDuplicate = proxyRoutes.findIndex(({ path }) => path === route.path) < index
    const issue = isDuplicate
      ? 'is there twice. Expected: one route with all methods'
      : validateRoute(route, basePath, resource)
    return issue === null ? [] : [`  proxy.${index} (${route.path}): ${issue}`]
  })
  if (issues.length > 0)
    throw new BffError('server_error', `The options of createBff cannot be used:\n${issues.join('\n')}`)

  const routes = proxyRoutes
    .map(({ path, to = path, methods }): Route => {
      const withHead = methods.includes('GET') ? [...new Set([...methods, 'HEAD'])] : methods
      return { path: path.replace(/\*$/, ''), to: to.replace(/\*$/, ''), methods: withHead }
    })
    .toSorted((a, b) => b.path.length - a.path.length)

  return (pathname) => {
    const route = routes.find(({ path }) => matchesPath(path, pathname))
    if (!route) return null
    return {
      methods: route.methods,
      getTargetUrl(base, query) {
        const start = resolveRouteUrl(route.to, resource, base)
        const path = start.pathname + pathname.slice(route.path.length)
        const target = new URL(start.origin + path + query)
        // A path that the URL parser changes could leave the route.
        if (target.origin !== start.origin || target.pathname !== path)
          throw new BffError('invalid_request', 'The path cannot be forwarded')
        return target
      },
      toPageUrl(url, base) {
        for (const { path, to } of routes) {
          const start = resolveRouteUrl(to, resource, base)
          if (start.origin !== url.origin || !matchesPath(start.pathname, url.pathname)) continue
          return path + url.pathname.slice(start.pathname.length) + url.search + url.hash
        }
        return null
      },
    }
  }
}

/** Whether a path is that of a route or, when the route ends in a slash, lies below it. */
function matchesPath(path: string, pathname: string): boolean {
  return path.endsWith('/') ? pathname.startsWith(path) : pathname === path
}

/** Resolves the target of a route; a path is resolved on the host of the session's base URL, or the provider's. */
function resolveRouteUrl(to: string, { baseUrls: [first] }: Resource, base: string | null): URL {
  return to.startsWith('/') ? new URL(to, base ?? first) : new URL(to)
}

function isWithin(url: URL, base: string): boolean {
  const { origin, pathname } = new URL(base)
  const path = pathname.replace(/\/$/, '')
  return url.origin === origin && (url.pathname === path || url.pathname.startsWith(`${path}/`))
}

function validateRoute({ path, to = path }: ProxyRoute, basePath: string, resource: Resource): string | null {
  if (!/^(\/[\w~!$&'()+,;=:@.-]+)+(\/\*)?$/.test(path) || isAmbiguousPath(path))
    return 'path is not usable. Expected: a path such as "/api/me", or "/api/items/*" for all paths below'
  const start = path.replace(/\*$/, '')
  if (start === basePath || start.startsWith(`${basePath}/`) || matchesPath(start, `${basePath}/`))
    return `path overlaps the paths of the BFF itself. Expected: a path outside ${basePath}`
  if (path.endsWith('/*') !== to.endsWith('/*'))
    return '`path` and `to` do not match. Expected: both end in /*, or neither does'
  if (to.slice(0, -1).includes('*'))
    return '`to` has a misplaced star. Expected: a star only at the end, after a slash'
  if (to.includes('?') || to.includes('#')) return '`to` has a query or a fragment. Expected: neither'
  const { baseUrls, baseUrlFrom } = resource
  if (/^\/(?!\/)/.test(to)) {
    const [base] = baseUrls
    if (base === undefined)
      return baseUrlFrom
        ? null
        : '`to` is a path. Expected: a URL, because the provider has no resource.baseUrls'
    return isWithin(new URL(to.replace(/\*$/, ''), base), base)
      ? null
      : `\`to\` lies outside the provider's API. Expected: a path below ${base}`
  }
  const issue = validateEndpointUrl(to)
  if (issue !== null) return `\`to\` ${issue}`
  const url = new URL(to.replace(/\*$/, ''))
  return baseUrls.length === 0 || baseUrls.some((base) => isWithin(url, base))
    ? null
    : `\`to\` lies outside the provider's API. Expected: a URL below ${baseUrls.join(' or ')}`
}
