import type { ErrorCode, LoginRequiredReason } from '@latchkey/wire'
import { BffError } from '../errors.ts'
import type { LoadedSession } from './sessions.ts'

/** A session after a refresh was wanted; `failure` tells why it still holds the token it had. */
export interface RefreshResult {
  session: LoadedSession
  failure: BffError | null
}

/** The error that tells a browser to sign in again. */
export function createLoginRequiredError(reason: LoginRequiredReason): BffError {
  return new BffError('login_required', 'There is no session, or it has ended', { reason })
}

/** The session that was found; throws {@link createLoginRequiredError} when there is none. */
export function assertSession(found: LoadedSession | LoginRequiredReason): LoadedSession {
  if (typeof found === 'string') throw createLoginRequiredError(found)
  return found
}

/** The session as it is, since no newer token could be had; `retryAfter` in seconds. */
export function createFailedRefresh(
  session: LoadedSession,
  code: ErrorCode,
  retryAfter: number,
): RefreshResult {
  const failure =
    code === 'server_error'
      ? new BffError(code, 'The authorization server refuses this application', { status: 502 })
      : new BffError(code, 'The authorization server cannot issue a token at the moment', { retryAfter })
  return { session, failure }
}
