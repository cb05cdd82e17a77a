import { BffError } from '../errors.ts'
import type { Provider } from '../description/provider-description.ts'
import { waitFrom } from '../authorization-server/retry-after.ts'
import { responseHeaders } from './headers.ts'

/** What an answer of a resource server is judged by. */
export interface Question {
  target: URL
  resource: Provider['resource']
  /** Where the page finds an address of the resource server; `null` when nowhere. */
  pageAddress: (address: URL) => string | null
}

/**
 * The answer of a resource server as the page gets it.
 *
 * @throws BffError `server_error` when it redirects to where no route leads
 */
export async function answerFrom(upstream: Response, question: Question): Promise<Response> {
  const { status, statusText } = upstream
  const { attach } = question.resource
  const headers = responseHeaders(upstream.headers)
  // RFC 6750 §2.3: what was asked with a token in the URL is nobody's to keep.
  if ('query' in attach) headers.set('Cache-Control', 'no-store')

  const wait = waitFrom({ retryAfter: null, headers: upstream.headers }, question.resource)
  if (status === 429 && !headers.has('Retry-After') && wait !== null) headers.set('Retry-After', String(wait))

  const location = locationFor(upstream, question)
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

function locationFor({ headers }: Response, { target, resource, pageAddress }: Question): string | null {
  const location = headers.get('Location')
  if (location === null || !URL.canParse(location, target)) return null
  const address = new URL(location, target)
  const { attach } = resource
  // A server that sends the browser on with the query it was asked with would send it the token.
  if ('query' in attach && address.searchParams.has(attach.query)) address.searchParams.delete(attach.query)
  return pageAddress(address)
}
