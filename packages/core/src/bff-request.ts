import type { SessionResponse, SignInRequest, TokenRequest } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue, isErrorResponse, isSessionResponse } from '@latchkey/wire'
import { diagnosis } from '#diagnosis'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { parseRetryAfter } from './retry.ts'
import { combineSignals } from './platform.ts'

/**
 * Sends a request to the BFF on the page's own origin and returns the parsed response; a sign-out has none.
 *
 * @param started the response to this request, where the page has sent it already
 * @throws {AuthError} with the BFF's `error_description` in its message
 */
export async function sendBffRequest(
  platform: Platform,
  method: 'GET' | 'POST' | 'DELETE',
  basePath: string,
  path: string,
  signal?: AbortSignal,
  request?: SignInRequest | TokenRequest,
  started?: Promise<Response>,
): Promise<SessionResponse> {
  const requestLabel = `${method} ${basePath}${path}`
  let response: Response
  try {
    response = await (started ??
      platform.fetch(platform.location.origin + basePath + path, {
        method,
        headers: { [csrfHeader]: csrfHeaderValue, 'content-type': 'application/json' },
        body: JSON.stringify(request),
        // A session from a cache of the browser may have ended.
        cache: 'no-store',
        // Every caller has a result within ten seconds.
        signal: combineSignals(platform.AbortSignal.timeout(9_500), signal),
        // A sign-out continues when the page is closed. Other requests need the quota of 64 KiB for nothing.
        keepalive: method === 'DELETE',
      }))
  } catch (cause) {
    throw new AuthError('network_error', `${requestLabel}: network_error`, { cause })
  }
  const { ok, status, headers } = response
  const body: unknown = await response.json().catch(() => null)
  if (ok && (isSessionResponse(body) || (method === 'DELETE' && status === 204)))
    return body as SessionResponse
  // A response that the BFF did not write comes from a proxy in front of it and never ends the session.
  const fallbackCode =
    status === 429 ? 'rate_limited' : status < 500 ? 'invalid_response' : 'temporarily_unavailable'
  const {
    error = fallbackCode,
    error_description,
    reason,
    challenge,
  } = !ok && isErrorResponse(body) ? body : {}
  if (error === fallbackCode || status === 404)
    diagnosis?.reportMissingBff(platform, requestLabel, basePath, response)
  const description = error_description ? `: ${error_description}` : ''
  throw new AuthError(error, `${requestLabel}: ${status} ${error}${description}`, {
    reason,
    challenge,
    retryAfter: parseRetryAfter(headers.get('retry-after'), platform),
  })
}
