import { createTokenHeaders } from '../authorization-server/token-headers.ts'
import type { Provider } from '../description/provider-description.ts'
import { serializeChallenges, parseOAuthChallenges } from './www-authenticate.ts'

const hopByHopHeaders =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.+)$/

/** Tells which headers are about one connection and go no further: the known ones, and those that `Connection` names. RFC 9110 §7.6.1. */
function createHopByHopMatcher(headers: Headers): (name: string) => boolean {
  const named = (headers.get('Connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return (name) => hopByHopHeaders.test(name) || named.includes(name)
}

/** What a page sends and the resource server must not get; the rest passes, since APIs have headers of their own. */
const removedRequestHeaders = [
  // The keys of the house, and what is between the page and us.
  /^(cookie2?|authorization|x-latchkey)$/,
  // They tell of the page and its browser, which are not the client here; some servers judge CORS by them.
  /^(origin|referer|sec-.+|access-control-.+|upgrade-insecure-requests|service-worker)$/,
  // Whoever believes them believes that a proxy he trusts wrote them: a browser may write anything (RFC 9700 §4.13).
  /^(forwarded|x-forwarded.*|via|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip)$/,
  /^(remote-user|x-(remote|forwarded|authenticated|auth-request)-.+)$/,
  // They change the path or the method behind the allow-list.
  /^(x-original-.+|x-rewrite-.+|x-http-method(-override)?|x-method-override)$/,
  // They belong to the message, which is written anew: Node's fetch decodes answers and counts bodies itself.
  /^(host|content-length|accept-encoding|expect)$/,
]

/** The headers of a request to the resource server: the page's, but for the {@link removedRequestHeaders} ones, and the token. */
export function filterRequestHeaders(
  page: Headers,
  accessToken: string,
  resource: Provider['resource'],
): Headers {
  const isHop = createHopByHopMatcher(page)
  const headers = new Headers()
  for (const [name, value] of page)
    if (!isHop(name) && !removedRequestHeaders.some((names) => names.test(name))) headers.append(name, value)
  for (const [name, value] of Object.entries(resource.headers)) {
    // What browsers say when nobody says anything.
    const unsaid = /^user-agent$/i.test(name) || (/^accept$/i.test(name) && headers.get(name) === '*/*')
    if (unsaid || !headers.has(name)) headers.set(name, value)
  }
  for (const [name, value] of Object.entries(createTokenHeaders(resource.tokenPlacement, accessToken)))
    headers.set(name, value)
  return headers
}

/** What the resource server may not say to a browser that takes it for the page's own server. */
const removedResponseHeaders = [
  // Cookies of our origin are ours.
  /^set-cookie2?$/,
  // Whom the page's origin is open to is not for the resource server to say.
  /^(access-control-.+|timing-allow-origin)$/,
  // They hold for the whole origin of the page, and some of them for months.
  /^(clear-site-data|strict-transport-security|expect-ct|public-key-pins.*|alt-svc|nel|report-to|reporting-endpoints)$/,
  /^(accept-ch|service-worker-allowed|origin-agent-cluster)$/,
  // A redirect by another name.
  /^refresh$/,
  // Orders to the server in front of us: to send a file of its own, or to keep what it may not keep.
  /^(x-accel-.+|x-sendfile|x-lighttpd-send-file|surrogate-.+|(.+-)?cdn-cache-control)$/,
  // Written anew.
  /^(location|www-authenticate|cache-control|vary|x-content-type-options)$/,
]

/** What Node's fetch decodes by itself. */
const decoded = /^\s*(x-gzip|gzip|deflate|br)\s*(,\s*(x-gzip|gzip|deflate|br)\s*)*$/i

/**
 * The headers of a resource server's answer as the browser gets them, but for `Location`. No shared cache may keep the
 * answer, and the browser's own keeps it for this cookie only.
 */
export function filterResponseHeaders(upstream: Headers): Headers {
  const isHop = createHopByHopMatcher(upstream)
  const isDecoded = decoded.test(upstream.get('Content-Encoding') ?? '')
  const headers = new Headers()
  for (const [name, value] of upstream) {
    if (isHop(name) || removedResponseHeaders.some((names) => names.test(name))) continue
    // They describe the body as it was before it was decoded.
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) continue
    headers.append(name, value)
  }
  headers.set('Cache-Control', createCacheControl(upstream.get('Cache-Control')))
  const vary = upstream.get('Vary')
  headers.set('Vary', `${vary === null ? '' : `${vary}, `}Cookie, Origin, Sec-Fetch-Site`)
  const challenge = upstream.get('WWW-Authenticate')
  // A challenge for Basic or Negotiate would open the browser's own dialog, over the page and for its origin.
  if (challenge !== null)
    headers.set('WWW-Authenticate', serializeChallenges(parseOAuthChallenges(challenge)) || 'Latchkey')
  // A page or picture with scripts, opened by its address, would run as part of the application; PDF viewers need more.
  if (!/^application\/pdf\b/i.test(headers.get('Content-Type') ?? ''))
    headers.append('Content-Security-Policy', 'sandbox')
  return headers
}

/** What the resource server says, for this browser alone; without a word from it, nothing is kept. */
function createCacheControl(upstreamValue: string | null): string {
  const directives = upstreamValue?.match(/[\w-]+(\s*=\s*("[^"]*"|[^\s,]*))?/g) ?? []
  const getDirectiveName = (one: string): string => one.replace(/\s*=.*/s, '').toLowerCase()
  if (directives.length === 0 || directives.some((one) => getDirectiveName(one) === 'no-store'))
    return 'no-store'
  const kept = directives.filter(
    (one) => !/^(public|private|s-maxage|proxy-revalidate)$/.test(getDirectiveName(one)),
  )
  return ['private', ...kept].join(', ')
}
