import type { SessionAnswer, SignInRequest, TokenRequest } from '@latchkey/wire'
import { csrfHeader, csrfHeaderValue, isErrorAnswer, isSessionAnswer } from '@latchkey/wire'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { retryAfterFrom } from './retry.ts'
import { either } from './platform.ts'

/** Asks the BFF at an address of the page's own origin. Throws {@link AuthError}. */
export async function ask(
  platform: Platform,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  signal?: AbortSignal,
  request?: SignInRequest | TokenRequest,
): Promise<SessionAnswer> {
  const act = `${method} ${path}: `
  const response = await platform
    .fetch(platform.location.origin + path, {
      method,
      headers: { [csrfHeader]: csrfHeaderValue, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      // Within ten seconds no caller waits any more.
      signal: either(platform.AbortSignal.timeout(9_500), signal),
      // What was begun (a sign-out, a rotation) goes on when the page is closed over it.
      keepalive: true,
    })
    .catch((cause: unknown) => {
      throw new AuthError('network_error', `${act}network_error`, { cause })
    })
  const { ok, status, headers } = response
  const body: unknown = await response
    .json()
    .catch(() => method === 'DELETE' && status === 204 && { session: null })
  if (ok && isSessionAnswer(body)) return body
  // An answer that the BFF did not write comes from a proxy before it: at most a reason to try again.
  const foreign =
    status === 429 ? 'rate_limited' : status < 500 ? 'invalid_response' : 'temporarily_unavailable'
  const { error = foreign, reason, challenge } = !ok && isErrorAnswer(body) ? body : {}
  throw new AuthError(error, `${act}${status} ${error}`, {
    reason,
    challenge,
    retryAfter: retryAfterFrom(headers.get('retry-after'), platform),
  })
}
