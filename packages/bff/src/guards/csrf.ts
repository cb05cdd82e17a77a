import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { RouteRequest } from '../route-request.ts'

/** What a request is for: a route of the BFF itself, a resource of the API, or a WebSocket of the API. */
export type RequestKind = 'bff' | 'resource' | 'web-socket'

/**
 * Rejects requests of other origins. Checks the header `X-Latchkey`, which other origins cannot send without a preflight,
 * and what the browser says in `Sec-Fetch-Site` and `Origin`. Sign-in is checked as well: otherwise another site could
 * sign the user in to an attacker's account.
 *
 * @param origin the configured origin of the page; without it, the host of `Origin` must be the host of the request
 * @param kind `resource` for a proxy route: GET and HEAD need no header when `Sec-Fetch-Site` is `same-origin` or `none`,
 *   because images, downloads and pages that the user opens cannot send it. `web-socket`: no header is needed, because
 *   pages cannot set one, but `Origin` is (RFC 6455 §10.2)
 * @param warn receives a line for the operator; any site can cause many
 * @see OAuth 2.0 for Browser-Based Applications §6.1.3.3
 * @throws BffError `access_denied`
 */
export function assertSameOrigin(
  request: RouteRequest,
  origin: string | undefined,
  kind: RequestKind,
  warn: (line: string) => void,
): void {
  const violation = findViolation(request, origin, kind)
  if (!violation) return
  const [message, fix] = violation
  warn(`Request rejected with 403: ${message}. ${fix}`)
  throw new BffError('access_denied', message)
}

/** Returns what is wrong with a request, and what an operator can do; `null` when nothing is. */
function findViolation(
  request: RouteRequest,
  origin: string | undefined,
  kind: RequestKind,
): [message: string, fix: string] | null {
  const { method, url } = request
  const site = request.getHeader('sec-fetch-site')
  const isRead = method === 'GET' || method === 'HEAD'
  if (
    request.getHeader(csrfHeader) !== csrfHeaderValue &&
    kind !== 'web-socket' &&
    !(kind === 'resource' && isRead && site !== null)
  )
    return [
      `The request has no header X-Latchkey: ${csrfHeaderValue}`,
      'The client of @latchkey/core sends it. If yours does, check that no proxy in front removes it.',
    ]

  if (site !== null && site !== 'same-origin' && site !== 'none')
    return [
      `The request is ${site === 'same-site' ? 'same-site' : 'cross-site'}, not same-origin`,
      'Serve the page and the BFF from one origin.',
    ]

  const requestOrigin = request.getHeader('origin')
  if (requestOrigin === null) {
    if (kind === 'web-socket' || (site === null && !isRead))
      return [
        kind === 'web-socket'
          ? 'The WebSocket request has no Origin'
          : 'The request has neither Origin nor Sec-Fetch-Site',
        'Browsers send Origin. Check that no proxy in front removes it; clients that are not browsers must send it.',
      ]
    return null
  }
  if (
    origin === undefined &&
    // Most requests: without parsing a URL.
    requestOrigin !== `${url.protocol}//${url.host}` &&
    getHost(requestOrigin) !== url.host
  )
    return [
      'Origin names another host than the request',
      'If a proxy in front changes the host, make it keep the host (nginx: proxy_set_header Host $http_host), or set ' +
        'the option `origin` to the origin of the page.',
    ]
  if (origin !== undefined && requestOrigin !== origin)
    return [
      'Origin is not the configured origin',
      'Set the option `origin` to the origin of the page, as browsers show it: scheme, host and port, without a path.',
    ]
  return null
}

/** Returns the host of an origin as browsers write it, or `null`. */
function getHost(origin: string): string | null {
  if (!URL.canParse(origin)) return null
  const url = new URL(origin)
  return url.origin === origin ? url.host : null
}
