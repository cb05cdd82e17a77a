import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { getRetryAfterSeconds } from '../authorization-server/retry-after.ts'
import { filterResponseHeaders } from './headers.ts'

/** What an answer of a resource server is judged by. */
export interface ProxyResponseInput {
  target: URL
  resource: Provider['resource']
  /** Where the page finds an address of the resource server; `null` when nowhere. */
  pageUrl: (address: URL) => string | null
}

/**
 * The answer of a resource server as the page gets it.
 *
 * @throws BffError `server_error` when it redirects to where no route leads
 */
export async function createProxyResponse(
  upstream: Response,
  question: ProxyResponseInput,
): Promise<Response> {
  const { status, statusText } = upstream
  const { tokenPlacement } = question.resource
  const headers = filterResponseHeaders(upstream.headers)
  // RFC 6750 §2.3: what was asked with a token in the URL is nobody's to keep.
  if ('query' in tokenPlacement) headers.set('Cache-Control', 'no-store')

  const wait = getRetryAfterSeconds({ retryAfter: null, headers: upstream.headers }, question.resource)
  if (status === 429 && !headers.has('Retry-After') && wait !== null) headers.set('Retry-After', String(wait))

  const location = rewriteLocation(upstream, question)
  if (location !== null) headers.set('Location', location)
  // Some runtimes hide a redirect that they do not follow behind the status 0.
  if ((location === null && [301, 302, 303, 307, 308].includes(status)) || status < 200) {
    await upstream.body?.cancel().catch(() => {})
    throw new BffError('server_error', 'The resource server redirects to where the proxy does not go', {
      status: 502,
      hint: `${question.target.host} answered ${status} with a Location outside the routes of the option proxy`,
    })
  }
  // Without a body by definition, and then a `Response` may have none.
  const body = [204, 205, 304].includes(status) ? null : upstream.body
  return new Response(body, { status, statusText, headers })
}

function rewriteLocation(
  { headers }: Response,
  { target, resource, pageUrl }: ProxyResponseInput,
): string | null {
  const location = headers.get('Location')
  if (location === null || !URL.canParse(location, target)) return null
  const address = new URL(location, target)
  const { tokenPlacement } = resource
  // A server that sends the browser on with the query it was asked with would send it the token.
  if ('query' in tokenPlacement && address.searchParams.has(tokenPlacement.query))
    address.searchParams.delete(tokenPlacement.query)
  return pageUrl(address)
}
