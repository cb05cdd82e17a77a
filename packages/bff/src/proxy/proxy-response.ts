import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from '../authorization-server/retry-after.ts'
import { filterResponseHeaders } from './headers.ts'

/** The input of {@link createProxyResponse}. */
export interface ProxyResponseInput {
  /** The URL that the request was sent to. */
  target: URL
  resource: Provider['resource']
  /** Maps a URL of the resource server to a path of the page's origin; `null` when no route leads there. */
  toPageUrl: (url: URL) => string | null
}

/**
 * Creates the page's response from that of the resource server.
 *
 * @throws BffError `server_error` for a redirect to where no route leads
 */
export async function createProxyResponse(upstream: Response, input: ProxyResponseInput): Promise<Response> {
  const { status, statusText } = upstream
  const { tokenPlacement } = input.resource
  const headers = filterResponseHeaders(upstream.headers)
  // RFC 6750 §2.3: the response to a request with a token in its URL must not be stored.
  if ('query' in tokenPlacement) headers.set('Cache-Control', 'no-store')

  const retryAfter = getRetryAfterSeconds({ retryAfter: null, headers: upstream.headers }, input.resource)
  if (status === 429 && !headers.has('Retry-After') && retryAfter !== null)
    headers.set('Retry-After', String(retryAfter))

  // No server between here and the browser would know what to do with it.
  if (status > 599) {
    await cancelBody(upstream)
    throw new BffError('server_error', 'The resource server responded with an invalid status', {
      status: 502,
      hint: `Proxy request to ${input.target.host} failed with 502: the status of its response is above 599`,
    })
  }
  const location = rewriteLocation(upstream, input)
  if (location !== null) headers.set('Location', location)
  // Some runtimes report a redirect that they do not follow as status 0.
  if ((location === null && [301, 302, 303, 307, 308].includes(status)) || status < 200) {
    await cancelBody(upstream)
    throw new BffError('server_error', 'The resource server redirects to a URL outside the proxy routes', {
      status: 502,
      hint:
        `Proxy request to ${input.target.host} failed with 502: it responded with ${status} and a Location outside ` +
        'the proxy routes. Add a route for the target to the option `proxy`, or use token mode.',
    })
  }
  // The constructor throws for these statuses when there is a body.
  const body = [204, 205, 304].includes(status) ? null : upstream.body
  // It throws for other characters in a reason phrase, which nothing reads.
  return new Response(body, { status, statusText: /^[ -~]*$/.test(statusText) ? statusText : '', headers })
}

async function cancelBody({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => {})
}

function rewriteLocation(
  { headers }: Response,
  { target, resource, toPageUrl }: ProxyResponseInput,
): string | null {
  const location = headers.get('Location')
  if (location === null || !URL.canParse(location, target)) return null
  const url = new URL(location, target)
  const { tokenPlacement } = resource
  // A redirect that repeats the query of the request would give the token to the browser.
  if ('query' in tokenPlacement && url.searchParams.has(tokenPlacement.query))
    url.searchParams.delete(tokenPlacement.query)
  return toPageUrl(url)
}
