import { createTokenHeaders } from '../authorization-server/token-headers.ts'
import type { Provider } from '../description/provider-description.ts'
import type { RouteRequest } from '../route-request.ts'
import { parseHeaderList } from './header-list.ts'
import { serializeChallenges, parseOAuthChallenges } from './www-authenticate.ts'

const hopByHopHeaders =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.+)$/

/** Creates a test for the hop-by-hop headers that `Connection` names (RFC 9110 §7.6.1). */
function createConnectionMatcher(connection: string | null | undefined): (name: string) => boolean {
  if (
    connection === null ||
    connection === undefined ||
    connection === 'keep-alive' ||
    connection === 'close'
  )
    return () => false
  const names = connection.split(',').map((name) => name.trim().toLowerCase())
  return (name) => names.includes(name)
}

/** Request headers of the page that every route forwards: what HTTP defines for APIs, and a few that are common. */
const forwardedRequestHeaders = new Set([
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'cache-control',
    'pragma',
    'prefer',
    'priority',
    'save-data',
    'user-agent',
  ],
  ...['content-type', 'content-encoding', 'content-language', 'content-disposition', 'content-range'],
  ...['content-md5', 'content-digest', 'repr-digest', 'digest', 'want-content-digest', 'want-repr-digest'],
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'],
  ...['last-event-id', 'idempotency-key', 'x-requested-with', 'x-request-id', 'x-correlation-id'],
  ...['traceparent', 'tracestate'],
])

/** Request headers that no route can forward. */
const removedRequestHeaders = [
  // Credentials of the page's session with the BFF.
  /^(cookie2?|authorization|x-latchkey)$/,
  // They describe the page and its browser, which are not the client here; some servers decide CORS by them.
  /^(origin|referer|sec-.+|access-control-.+|upgrade-insecure-requests|service-worker)$/,
  // Servers trust these headers because a trusted proxy sets them, but a browser can send any value (RFC 9700 §4.13).
  /^(forwarded|x-forwarded.*|via|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip)$/,
  /^(remote-user|x-(remote|forwarded|authenticated|auth-request)-.+)$/,
  // They could change the path or the method after the allow-list was checked.
  /^(x-original-.+|x-rewrite-.+|x-http-method(-override)?|x-method-override)$/,
  // Properties of the message, which is written anew.
  /^(host|content-length|accept-encoding|expect)$/,
]

/**
 * Whether a route can forward a request header. A name with `_` cannot pass: CGI, WSGI and Rack read it as `-`, so that
 * it would be another header there.
 */
export function isForwardableHeader(name: string): boolean {
  const lowerCase = name.toLowerCase()
  return (
    /^[\w!#$%&'*+.^`|~-]+$/.test(lowerCase) &&
    !lowerCase.includes('_') &&
    !hopByHopHeaders.test(lowerCase) &&
    !removedRequestHeaders.some((names) => names.test(lowerCase))
  )
}

/**
 * Creates the headers for the resource server: those of the page that are on the list, those of the provider, and the
 * token.
 *
 * @param routeHeaders the further names of the route, in lower case
 */
export function filterRequestHeaders(
  page: RouteRequest,
  routeHeaders: ReadonlySet<string>,
  accessToken: string,
  resource: Provider['resource'],
): Record<string, string> {
  const isHop = createConnectionMatcher(page.getHeader('connection'))
  const headers: Record<string, string> = {}
  const forward = (name: string): void => {
    const value = page.getHeader(name)
    if (value !== null && !isHop(name)) headers[name] = value
  }
  forwardedRequestHeaders.forEach(forward)
  routeHeaders.forEach(forward)
  for (const [providerName, value] of Object.entries(resource.headers)) {
    const name = providerName.toLowerCase()
    const isBrowserDefault = name === 'user-agent' || (name === 'accept' && headers[name] === '*/*')
    if (isBrowserDefault) headers[name] = value
    else headers[name] ??= value
  }
  const { refreshIf, ignoreIf } = resource.tokenRejection
  // These rules read the body of a response.
  if (refreshIf || ignoreIf) headers['accept-encoding'] = 'identity'
  for (const [name, value] of Object.entries(createTokenHeaders(resource.tokenPlacement, accessToken)))
    headers[name.toLowerCase()] = value
  return headers
}

/** Response headers that the browser must not get: it would apply them to the page's own origin. */
const removedResponseHeaders = [
  // Only the BFF and the application set cookies on this origin.
  /^set-cookie2?$/,
  // The resource server must not open the page's origin to other origins.
  /^(access-control-.+|timing-allow-origin)$/,
  // They apply to the whole origin of the page, some of them for months.
  /^(clear-site-data|strict-transport-security|expect-ct|public-key-pins.*|alt-svc|nel|report-to|reporting-endpoints)$/,
  /^(accept-ch|service-worker-allowed|origin-agent-cluster)$/,
  // It redirects.
  /^refresh$/,
  // Instructions to a server in front of the BFF: to send one of its files, or to cache a private response.
  /^(x-accel-.+|x-sendfile|x-lighttpd-send-file|surrogate-.+|(.+-)?cdn-cache-control)$/,
  // Set below, or by createProxyResponse and the router.
  /^(location|www-authenticate|cache-control|vary|x-content-type-options)$/,
]

/** Whether names were removed before: resource servers send the same ones again and again. */
const removalByName = new Map<string, boolean>()
/** A resource server chooses the names. */
const maxRememberedNames = 500

function isRemovedResponseHeader(name: string): boolean {
  const known = removalByName.get(name)
  if (known !== undefined) return known
  const isRemoved = hopByHopHeaders.test(name) || removedResponseHeaders.some((names) => names.test(name))
  if (removalByName.size < maxRememberedNames) removalByName.set(name, isRemoved)
  return isRemoved
}

/**
 * Creates the headers for the browser from a response of the resource server, except `Location`. Shared caches must not
 * store the response, and the browser's cache stores it for this cookie only.
 */
export function filterResponseHeaders(upstream: Record<string, string>): Record<string, string> {
  const isHop = createConnectionMatcher(upstream['connection'])
  const headers: Record<string, string> = {}
  for (const name of Object.keys(upstream))
    if (!isRemovedResponseHeader(name) && !isHop(name)) headers[name] = upstream[name] ?? ''
  headers['cache-control'] = createCacheControl(upstream['cache-control'] ?? null)
  const { vary, 'www-authenticate': challenge, 'content-security-policy': policy } = upstream
  headers['vary'] = `${vary === undefined ? '' : `${vary}, `}Cookie, Origin, Sec-Fetch-Site`
  // A challenge for Basic or Negotiate would open the browser's sign-in dialog for the page's origin.
  if (challenge !== undefined)
    headers['www-authenticate'] = serializeChallenges(parseOAuthChallenges(challenge)) || 'Latchkey'
  // An HTML page opened directly would run scripts as part of the application. PDF viewers do not work sandboxed.
  if (!/^application\/pdf\b/i.test(headers['content-type'] ?? ''))
    headers['content-security-policy'] = policy === undefined ? 'sandbox' : `${policy}, sandbox`
  return headers
}

/** Makes the `Cache-Control` of the resource server private; `no-store` when there is none or it is malformed. */
function createCacheControl(upstreamValue: string | null): string {
  const directives = parseHeaderList(upstreamValue)
  const getName = (directive: string): string => directive.replace(/\s*=.*/s, '').toLowerCase()
  const names = directives.map(getName)
  if (names.length === 0 || names.includes('no-store') || !names.every((name) => /^[\w-]+$/.test(name)))
    return 'no-store'
  const privateDirectives = directives.filter(
    (directive) => !/^(public|private|s-maxage|proxy-revalidate)$/.test(getName(directive)),
  )
  return ['private', ...privateDirectives].join(', ')
}
