import { createTokenHeaders } from '../authorization-server/token-headers.ts'
import type { Provider } from '../description/provider-description.ts'
import { parseHeaderList } from './header-list.ts'
import { serializeChallenges, parseOAuthChallenges } from './www-authenticate.ts'

const hopByHopHeaders =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.+)$/

/** Creates a test for hop-by-hop headers: the known ones and those that `Connection` names (RFC 9110 §7.6.1). */
function createHopByHopMatcher(headers: Headers): (name: string) => boolean {
  const connectionHeaders = (headers.get('Connection') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
  return (name) => hopByHopHeaders.test(name) || connectionHeaders.includes(name)
}

/** Request headers of the page that every route forwards: what HTTP defines for APIs, and a few that are common. */
const forwardedRequestHeaders = new Set([
  ...[
    'accept',
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
  // Properties of the message, which fetch writes anew: it decodes responses and counts bodies itself.
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
  page: Headers,
  routeHeaders: ReadonlySet<string>,
  accessToken: string,
  resource: Provider['resource'],
): Headers {
  const isHop = createHopByHopMatcher(page)
  const headers = new Headers()
  for (const [name, value] of page)
    if (!isHop(name) && (forwardedRequestHeaders.has(name) || routeHeaders.has(name)))
      headers.append(name, value)
  for (const [name, value] of Object.entries(resource.headers)) {
    const isBrowserDefault =
      /^user-agent$/i.test(name) || (/^accept$/i.test(name) && headers.get(name) === '*/*')
    if (isBrowserDefault || !headers.has(name)) headers.set(name, value)
  }
  for (const [name, value] of Object.entries(createTokenHeaders(resource.tokenPlacement, accessToken)))
    headers.set(name, value)
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

/** The encodings that fetch decodes by itself. */
const decodedEncodings = /^\s*(x-gzip|gzip|deflate|br)\s*(,\s*(x-gzip|gzip|deflate|br)\s*)*$/i

/**
 * Creates the headers for the browser from a response of the resource server, except `Location`. Shared caches must not
 * store the response, and the browser's cache stores it for this cookie only.
 */
export function filterResponseHeaders(upstream: Headers): Headers {
  const isHop = createHopByHopMatcher(upstream)
  const isDecoded = decodedEncodings.test(upstream.get('Content-Encoding') ?? '')
  const headers = new Headers()
  for (const [name, value] of upstream) {
    if (isHop(name) || removedResponseHeaders.some((names) => names.test(name))) continue
    // They describe the body before it was decoded.
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) continue
    headers.append(name, value)
  }
  headers.set('Cache-Control', createCacheControl(upstream.get('Cache-Control')))
  const vary = upstream.get('Vary')
  headers.set('Vary', `${vary === null ? '' : `${vary}, `}Cookie, Origin, Sec-Fetch-Site`)
  const challenge = upstream.get('WWW-Authenticate')
  // A challenge for Basic or Negotiate would open the browser's sign-in dialog for the page's origin.
  if (challenge !== null)
    headers.set('WWW-Authenticate', serializeChallenges(parseOAuthChallenges(challenge)) || 'Latchkey')
  // An HTML page opened directly would run scripts as part of the application. PDF viewers do not work sandboxed.
  if (!/^application\/pdf\b/i.test(headers.get('Content-Type') ?? ''))
    headers.append('Content-Security-Policy', 'sandbox')
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
