import { z } from 'zod'
import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { isAmbiguousPath } from './ambiguous-path.ts'

/** One way through the proxy: what the page may ask for at its own origin, and where that lies. */
export interface ProxyRoute {
  /** A path outside the base path: `/api/me`, or `/api/items/*` for whatever lies below. */
  path: string
  /**
   * Where it leads, ending in `/*` where `path` does: a whole URL, or a path at the host of the provider's base, which
   * is the first of its `resource.bases` or, with `baseFrom`, the one that the token endpoint named. The same path when
   * absent.
   */
  to?: string | undefined
  /** What may be done there; `GET` stands for `HEAD` too. OPTIONS never passes: it asks about CORS. */
  methods: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
}

/** The shape of a {@link ProxyRoute}; {@link createProxyMatcher} judges what it says. */
export const proxyRouteSchema = z.strictObject({
  path: z.string(),
  to: z.string().optional(),
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])).min(1, 'must name a method'),
})

/** The way of one request. */
export interface ProxyMatch {
  methods: string[]
  /**
   * The address at the resource server; `base` is the one of the session, if it has one.
   *
   * @throws BffError `invalid_request` when the path would lead out of the route
   */
  getTargetUrl(base: string | null, query: string): URL
  /** Where the page finds an address of the resource server (path, query and fragment); `null` when nowhere. */
  toPageUrl(address: URL, base: string | null): string | null
}

/** Finds the way of a path: that of the most specific route, or `null`. */
export type MatchProxyRoute = (pathname: string) => ProxyMatch | null

type Resource = Provider['resource']

interface Route {
  /** Without the star, so that it ends in a slash when it stands for what lies below. */
  path: string
  to: string
  methods: string[]
}

/**
 * Makes the allow-list of the proxy. Nothing else passes, whatever the resource server has.
 *
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.6
 * @throws BffError `server_error` whose message names every route that is wrong, and what would be right
 */
export function createProxyMatcher(own: ProxyRoute[], basePath: string, resource: Resource): MatchProxyRoute {
  const issues = own.flatMap((route, place) => {
    const twice = own.findIndex(({ path }) => path === route.path) < place
    const fault = twice
      ? 'is there twice: name all its methods in one route'
      : validateRoute(route, basePath, resource)
    return fault === null ? [] : [`  ${route.path}: ${fault}`]
  })
  if (issues.length > 0)
    throw new BffError('server_error', `The option proxy of createBff cannot be used:\n${issues.join('\n')}`)

  const routes = own
    .map(({ path, to = path, methods }): Route => {
      const all = methods.includes('GET') ? [...new Set([...methods, 'HEAD'])] : methods
      return { path: path.replace(/\*$/, ''), to: to.replace(/\*$/, ''), methods: all }
    })
    .toSorted((one, other) => other.path.length - one.path.length)

  return (pathname) => {
    const route = routes.find(({ path }) => matchesPath(path, pathname))
    if (!route) return null
    return {
      methods: route.methods,
      getTargetUrl(base, query) {
        const start = resolveRouteUrl(route.to, resource, base)
        const path = start.pathname + pathname.slice(route.path.length)
        const target = new URL(start.origin + path + query)
        // The rest stands as it was sent, or not at all: what a parser changed could be another place.
        if (target.origin !== start.origin || target.pathname !== path)
          throw new BffError('invalid_request', 'The path cannot be passed on')
        return target
      },
      toPageUrl(address, base) {
        for (const { path, to } of routes) {
          const start = resolveRouteUrl(to, resource, base)
          if (start.origin !== address.origin || !matchesPath(start.pathname, address.pathname)) continue
          return path + address.pathname.slice(start.pathname.length) + address.search + address.hash
        }
        return null
      },
    }
  }
}

/** Whether a path is the one of a route or, where that ends in a slash, lies below it. */
function matchesPath(path: string, pathname: string): boolean {
  return path.endsWith('/') ? pathname.startsWith(path) : pathname === path
}

/** The address that a route begins with; a path stands at the host of the session's base, or of the provider's. */
function resolveRouteUrl(to: string, { baseUrls: [first] }: Resource, base: string | null): URL {
  return to.startsWith('/') ? new URL(to, base ?? first) : new URL(to)
}

function isWithin(address: URL, base: string): boolean {
  const { origin, pathname } = new URL(base)
  const path = pathname.replace(/\/$/, '')
  return address.origin === origin && (address.pathname === path || address.pathname.startsWith(`${path}/`))
}

function validateRoute({ path, to = path }: ProxyRoute, basePath: string, resource: Resource): string | null {
  if (!/^(\/[\w~!$&'()+,;=:@.-]+)+(\/\*)?$/.test(path) || isAmbiguousPath(path))
    return 'must be a path such as "/api/me", or "/api/items/*" for whatever lies below'
  const start = path.replace(/\*$/, '')
  if (start === basePath || start.startsWith(`${basePath}/`) || matchesPath(start, `${basePath}/`))
    return `must lie outside the base path ${basePath}, which is the BFF's own`
  if (path.endsWith('/*') !== to.endsWith('/*'))
    return 'must end in /* when `to` does, and not when it does not: what lies below one lies below the other'
  if (to.slice(0, -1).includes('*')) return '`to` may have a star only as the last character, after a slash'
  if (to.includes('?') || to.includes('#')) return '`to` must have no query (?…) and no fragment (#…)'
  const { baseUrls, baseUrlFrom } = resource
  if (/^\/(?!\/)/.test(to)) {
    const [base] = baseUrls
    if (base === undefined)
      return baseUrlFrom ? null : '`to` must be a whole URL, because the provider names no resource.bases'
    return isWithin(new URL(to.replace(/\*$/, ''), base), base) ? null : `\`to\` must lie below ${base}`
  }
  const fault = validateEndpointUrl(to)
  if (fault !== null) return `\`to\` ${fault}`
  const address = new URL(to.replace(/\*$/, ''))
  return baseUrls.length === 0 || baseUrls.some((base) => isWithin(address, base))
    ? null
    : `\`to\` must lie below ${baseUrls.join(' or ')}, where this provider's tokens may go`
}
