import type { SessionResponse, SignInRequest, TokenRequest } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue, isErrorResponse, isSessionResponse } from '@latchkey/wire'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { parseRetryAfter } from './retry.ts'
import { combineSignals } from './platform.ts'

/** Asks the BFF at an address of the page's own origin. Throws {@link AuthError}. */
export async function sendBffRequest(
  platform: Platform,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  signal?: AbortSignal,
  request?: SignInRequest | TokenRequest,
): Promise<SessionResponse> {
  const requestLabel = `${method} ${path}: `
  const response = await platform
    .fetch(platform.location.origin + path, {
      method,
      headers: { [csrfHeader]: csrfHeaderValue, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      // Within ten seconds no caller waits any more.
      signal: combineSignals(platform.AbortSignal.timeout(9_500), signal),
      // What was begun (a sign-out, a rotation) goes on when the page is closed over it.
      keepalive: true,
    })
    .catch((cause: unknown) => {
      throw new AuthError('network_error', `${requestLabel}network_error`, { cause })
    })
  const { ok, status, headers } = response
  const body: unknown = await response
    .json()
    .catch(() => method === 'DELETE' && status === 204 && { session: null })
  if (ok && isSessionResponse(body)) return body
  // An answer that the BFF did not write comes from a proxy before it: at most a reason to try again.
  const fallbackCode =
    status === 429 ? 'rate_limited' : status < 500 ? 'invalid_response' : 'temporarily_unavailable'
  const { error = fallbackCode, reason, challenge } = !ok && isErrorResponse(body) ? body : {}
  throw new AuthError(error, `${requestLabel}${status} ${error}`, {
    reason,
    challenge,
    retryAfter: parseRetryAfter(headers.get('retry-after'), platform),
  })
}
