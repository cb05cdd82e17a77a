import type { Provider } from '../description/provider-description.ts'
import { validateEndpointUrl } from '../endpoint-url.ts'
import { isAmbiguousPath, isPathOfRoute } from './request-path.ts'

/** Returns what is wrong with the paths of a proxy route, or `null`. */
export function validateRoute(
  { path, to = path }: { path: string; to?: string | undefined },
  basePath: string,
  resource: Provider['resource'],
): string | null {
  if (!/^(\/[\w~!$&'()+,;=:@.-]+)+(\/\*)?$/.test(path) || isAmbiguousPath(path))
    return 'path is not usable. Expected: a path such as "/api/me", or "/api/items/*" for all paths below'
  const start = path.replace(/\*$/, '')
  if (start === basePath || start.startsWith(`${basePath}/`) || isPathOfRoute(start, `${basePath}/`))
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

function isWithin(url: URL, base: string): boolean {
  const { origin, pathname } = new URL(base)
  const path = pathname.replace(/\/$/, '')
  return url.origin === origin && (url.pathname === path || url.pathname.startsWith(`${path}/`))
}
