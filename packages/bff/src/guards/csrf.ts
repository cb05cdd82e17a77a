import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { BffError } from '../errors.ts'

/**
 * Refuses what our own page did not send: the header that no other origin can send without a preflight, and what the
 * browser itself says about where the request comes from. Sign-in is guarded as well, else somebody could be signed in
 * as another.
 *
 * A picture, a download and a page that the user opens cannot send the header. Where these may read, on the `open` paths
 * of the proxy, the browser's word that the page itself or the user asked is enough for a GET or HEAD.
 *
 * @param origin the configured origin of the page; without it, the request's own host is compared
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.3
 * @throws BffError `access_denied`
 */
export function assertSameOrigin(
  request: Request,
  url: URL,
  origin: string | undefined,
  allowWithoutHeader: boolean,
): void {
  const { headers, method } = request
  const site = headers.get('Sec-Fetch-Site')
  const reads = method === 'GET' || method === 'HEAD'
  if (headers.get(csrfHeader) !== csrfHeaderValue && !(allowWithoutHeader && reads && site !== null))
    throw createAccessDeniedError(`the header ${csrfHeader} is missing`)

  if (site !== null && site !== 'same-origin' && site !== 'none')
    throw createAccessDeniedError(
      `the browser says that the request is ${site === 'same-site' ? site : 'cross-site'}`,
    )

  const from = headers.get('Origin')
  if (from === null) {
    if (site === null && !reads)
      throw createAccessDeniedError('neither Origin nor Sec-Fetch-Site tells where the request comes from')
    return
  }
  if (origin === undefined ? getHost(from) !== url.host : from !== origin)
    throw createAccessDeniedError(
      origin === undefined
        ? 'Origin names another host than the request; behind a proxy that changes the host, set the option `origin` to the address of the page'
        : 'Origin is not the configured `origin`; it must be the address of the page, without a path',
    )
}

function getHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

function createAccessDeniedError(why: string): BffError {
  return new BffError('access_denied', 'The request does not come from our own page', {
    hint: `a request was refused: ${why}`,
  })
}
