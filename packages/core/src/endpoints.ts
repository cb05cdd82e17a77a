import type { SessionAnswer, SignInRequest, TokenRequest } from '@latchkey/wire'
import {
  csrfHeader,
  csrfHeaderValue,
  errorAnswerFrom,
  sessionAnswerFrom,
  sessionPath,
  tokenPath,
} from '@latchkey/wire'
import type { AuthErrorCode } from './errors.ts'
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { retryAfterFrom } from './retry.ts'

/** Milliseconds after which a request is given up, so that no caller waits for ever. */
const timeLimit = 9_500

/** The BFF as functions. Each throws {@link AuthError}, or the reason of the signal it was aborted with. */
export interface Endpoints {
  readonly restore: (signal: AbortSignal) => Promise<SessionAnswer>
  readonly signIn: (request: SignInRequest, signal: AbortSignal) => Promise<SessionAnswer>
  readonly newerToken: (request: TokenRequest, signal: AbortSignal) => Promise<SessionAnswer>
  readonly signOut: (everywhere: boolean, signal: AbortSignal) => Promise<void>
}

/** The endpoints below a base path of the page's own origin. */
export function createEndpoints(platform: Platform, basePath: string): Endpoints {
  const ask = async (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: SignInRequest | TokenRequest,
  ): Promise<SessionAnswer> => {
    const act = `${method} ${basePath}${path}`
    const limit = new AbortController()
    const giveUp = (): void => limit.abort(signal.reason)
    const cancelTimer = platform.setTimer(timeLimit, () =>
      limit.abort(new AuthError('network_error', `${act} took longer than ${timeLimit} ms`)),
    )
    signal.addEventListener('abort', giveUp)
    try {
      signal.throwIfAborted()
      const response = await platform.fetch(basePath + path, {
        method,
        headers: {
          accept: 'application/json',
          [csrfHeader]: csrfHeaderValue,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        cache: 'no-store',
        // The BFF answers with status codes; a redirect comes from something in between.
        redirect: 'error',
        signal: limit.signal,
        // A sign-out goes on when the page is closed over it.
        keepalive: method === 'DELETE',
      })
      if (response.status === 204) return { session: null }
      const text = await response.text()
      limit.signal.throwIfAborted()
      return judge(act, response, text)
    } catch (cause) {
      if (limit.signal.aborted) throw limit.signal.reason
      throw AuthError.is(cause) ? cause : new AuthError('network_error', `${act} got no answer`, { cause })
    } finally {
      cancelTimer()
      signal.removeEventListener('abort', giveUp)
    }
  }

  const judge = (act: string, response: Response, text: string): SessionAnswer => {
    const body = jsonFrom(text)
    const answer = response.ok ? sessionAnswerFrom(body) : null
    if (answer) return answer
    const error = response.ok ? null : errorAnswerFrom(body)
    const code = error?.error ?? codeOfForeignAnswer(response.status)
    throw new AuthError(code, `${act} answered ${response.status} ${code}`, {
      reason: error?.reason,
      challenge: error?.challenge,
      retryAfter:
        retryAfterFrom(response.headers.get('retry-after'), platform.wallNow()) ?? error?.retry_after,
    })
  }

  return {
    restore: (signal) => ask('GET', sessionPath, signal),
    signIn: (request, signal) => ask('POST', sessionPath, signal, request),
    newerToken: (request, signal) => ask('POST', tokenPath, signal, request),
    signOut: async (everywhere, signal) => {
      await ask('DELETE', sessionPath + (everywhere ? '?everywhere' : ''), signal)
    },
  }
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An answer that the BFF did not write comes from a proxy before it: at most a reason to try again. */
function codeOfForeignAnswer(status: number): AuthErrorCode {
  if (status === 429) return 'rate_limited'
  return status >= 500 || status === 408 || status === 425 ? 'temporarily_unavailable' : 'invalid_response'
}
