import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import type { RouteResponse } from '../route-response.ts'
import type { UpstreamResponse } from '../upstream.ts'
import { getRetryAfterSeconds } from '../authorization-server/retry-after.ts'
import { filterResponseHeaders } from './headers.ts'
import type { UpstreamTarget } from './proxy-routes.ts'

/** The input of {@link createProxyResponse}. */
export interface ProxyResponseInput {
  /** Where the request was sent. */
  target: UpstreamTarget
  resource: Provider['resource']
  /** Maps a URL of the resource server to a path of the page's origin; `null` when no route leads there. */
  toPageUrl: (url: URL) => string | null
}

/**
 * Creates the page's response from that of the resource server.
 *
 * @throws BffError `server_error` for a redirect to where no route leads
 */
export function createProxyResponse(upstream: UpstreamResponse, input: ProxyResponseInput): RouteResponse {
  const { status, statusText } = upstream
  const { tokenPlacement } = input.resource
  const headers = filterResponseHeaders(upstream.headers)
  // RFC 6750 §2.3: the response to a request with a token in its URL must not be stored.
  if ('query' in tokenPlacement) headers['cache-control'] = 'no-store'

  if (status === 429 && headers['retry-after'] === undefined) {
    const getHeader = (name: string): string | null => upstream.headers[name.toLowerCase()] ?? null
    const retryAfter = getRetryAfterSeconds({ retryAfter: null, headers: { get: getHeader } }, input.resource)
    if (retryAfter !== null) headers['retry-after'] = String(retryAfter)
  }

  // No server between here and the browser would know what to do with it.
  if (status > 599) {
    upstream.body?.cancel()
    throw new BffError('server_error', 'The resource server responded with an invalid status', {
      status: 502,
      hint: `Proxy request to ${input.target.host} failed with 502: the status of its response is above 599`,
    })
  }
  const location = rewriteLocation(upstream, input)
  if (location !== null) headers['location'] = location
  // Some runtimes report a redirect that they do not follow as status 0.
  if ((location === null && [301, 302, 303, 307, 308].includes(status)) || status < 200) {
    upstream.body?.cancel()
    throw new BffError('server_error', 'The resource server redirects to a URL outside the proxy routes', {
      status: 502,
      hint:
        `Proxy request to ${input.target.host} failed with 502: it responded with ${status} and a Location outside ` +
        'the proxy routes. Add a route for the target to the option `proxy`, or use token mode.',
    })
  }
  return {
    status,
    // Servers write no other characters in a reason phrase, which nothing reads.
    statusText: /^[ -~]*$/.test(statusText) ? statusText : '',
    headers,
    // They never have a body, so servers refuse one.
    body: [204, 205, 304].includes(status) ? null : upstream.body,
  }
}

function rewriteLocation(
  { headers: { location } }: UpstreamResponse,
  { target, resource, toPageUrl }: ProxyResponseInput,
): string | null {
  const targetUrl = target.origin + target.path
  if (location === undefined || !URL.canParse(location, targetUrl)) return null
  const url = new URL(location, targetUrl)
  const { tokenPlacement } = resource
  // A redirect that repeats the query of the request would give the token to the browser.
  if ('query' in tokenPlacement && url.searchParams.has(tokenPlacement.query))
    url.searchParams.delete(tokenPlacement.query)
  return toPageUrl(url)
}
